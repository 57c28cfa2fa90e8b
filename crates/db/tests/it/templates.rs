//! Templates: what the provider has, told once when it changes.

use hoopoe_db::{
    DbError, Id, contract,
    ids::TenantId,
    model::ParameterFormat,
    templates::{self, NewContent, News, ProviderTemplate},
    testing::{NOW, seed},
};

use crate::people::names;

fn template(provider_id: &str, status: &str) -> ProviderTemplate {
    ProviderTemplate {
        provider_id: provider_id.into(),
        name: format!("order_{provider_id}"),
        language: "en_US".into(),
        category: "UTILITY".into(),
        status: status.into(),
        quality: None,
        parameter_format: ParameterFormat::Positional,
        components: "[{\"type\":\"BODY\",\"text\":\"Hello {{1}}\"}]".into(),
        rejected_reason: None,
    }
}

contract! {
    async fn a_sync_tells_what_changed_and_removes_what_is_gone(db: Db) {
        let tenant = seed(&db).await.tenant;
        let sync = async |found: &[ProviderTemplate]| {
            let mut tx = db.begin().await.unwrap();
            templates::replace_templates(&mut tx, &tenant, "w1", found, NOW).await.unwrap();
            names(&tx.commit(NOW).await.unwrap()).len()
        };
        assert_eq!(sync(&[template("1", "PENDING"), template("2", "APPROVED")]).await, 2);
        assert_eq!(sync(&[template("1", "PENDING"), template("2", "APPROVED")]).await, 0, "nothing is news");
        assert_eq!(sync(&[template("1", "APPROVED")]).await, 2, "one changed, one is gone");
        let all = templates::list_templates(&db, &tenant, "w1").await.unwrap();
        assert_eq!((all.len(), all[0].status.as_str()), (1, "APPROVED"));
        assert!(templates::list_templates(&db, &tenant, "w2").await.unwrap().is_empty());
        let stranger = TenantId::new(NOW);
        assert!(matches!(templates::get_template(&db, &stranger, &all[0].id).await, Err(DbError::NotFound)));
        assert_eq!(templates::get_template(&db, &tenant, &all[0].id).await.unwrap(), all[0]);
    }

    async fn news_change_what_they_tell_and_nothing_else(db: Db) {
        let tenant = seed(&db).await.tenant;
        let mut tx = db.begin().await.unwrap();
        let stored = templates::upsert_templates(&mut tx, &tenant, "w1", &[template("1", "PENDING")], NOW).await.unwrap();
        let news = News { provider_id: "1".into(), status: Some("REJECTED".into()), rejected_reason: Some("SCAM".into()), ..News::default() };
        assert!(templates::apply_news(&mut tx, &tenant, "w1", &news, NOW).await.unwrap());
        let news = News { provider_id: "1".into(), quality: Some("GREEN".into()), ..News::default() };
        assert!(templates::apply_news(&mut tx, &tenant, "w1", &news, NOW).await.unwrap());
        let unknown = News { provider_id: "9".into(), ..News::default() };
        assert!(!templates::apply_news(&mut tx, &tenant, "w1", &unknown, NOW).await.unwrap());
        tx.commit(NOW).await.unwrap();
        let now = templates::get_template(&db, &tenant, &stored[0].id).await.unwrap();
        assert_eq!((now.status.as_str(), now.rejected_reason.as_deref(), now.quality.as_deref()), ("REJECTED", Some("SCAM"), Some("GREEN")));
        let mut tx = db.begin().await.unwrap();
        templates::delete_template(&mut tx, &tenant, &now.id).await.unwrap();
        assert!(matches!(templates::delete_template(&mut tx, &tenant, &now.id).await, Err(DbError::NotFound)));
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant template:changed"]);
    }

    async fn new_content_is_put_into_the_components(db: Db) {
        let tenant = seed(&db).await.tenant;
        let mut tx = db.begin().await.unwrap();
        let stored = templates::upsert_templates(&mut tx, &tenant, "w1", &[template("1", "APPROVED")], NOW).await.unwrap();
        let content = NewContent { body: "Hi {{1}}".into(), footer: Some("Bye".into()), ..NewContent::default() };
        let mut news = News { provider_id: "1".into(), content: Some(content), ..News::default() };
        assert!(templates::apply_news(&mut tx, &tenant, "w1", &news, NOW).await.unwrap());
        assert!(!templates::apply_news(&mut tx, &tenant, "w2", &news, NOW).await.unwrap());
        news.provider_id = "9".into();
        assert!(!templates::apply_news(&mut tx, &tenant, "w1", &news, NOW).await.unwrap());
        assert_eq!(names(&tx.commit(NOW).await.unwrap()).len(), 2, "stored, then changed");
        let now = templates::get_template(&db, &tenant, &stored[0].id).await.unwrap();
        assert_eq!(now.status, "APPROVED");
        assert_eq!(now.components.0.get(), r#"[{"text":"Hi {{1}}","type":"BODY"},{"text":"Bye","type":"FOOTER"}]"#);
    }
}
