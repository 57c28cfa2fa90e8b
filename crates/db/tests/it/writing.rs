//! Drafts and saved replies.

use hoopoe_db::{
    DbError, Id, contract, drafts,
    ids::{ConversationId, TenantId},
    saved_replies::{self, Changes},
    testing::{NOW, seed},
};

use crate::people::names;

contract! {
    async fn a_draft_is_ones_own_and_told_to_oneself(db: Db) {
        let seed = seed(&db).await;
        let (tenant, user, thread) = (&seed.tenant, &seed.agent, ConversationId::new(NOW));
        for (text, at) in [("Dear", NOW), ("Dear Ana", NOW + 1)] {
            let mut tx = db.begin().await.unwrap();
            drafts::upsert_draft(&mut tx, tenant, user, &thread, text, None, at).await.unwrap();
            assert_eq!(names(&tx.commit(at).await.unwrap()), ["user draft:changed"]);
        }
        let draft = drafts::find_draft(&db, tenant, user, &thread).await.unwrap().unwrap();
        assert_eq!((draft.text.as_str(), draft.updated_at), ("Dear Ana", NOW + 1));
        assert!(drafts::find_draft(&db, &TenantId::new(NOW), user, &thread).await.unwrap().is_none());
        for told in [1, 0] {
            let mut tx = db.begin().await.unwrap();
            drafts::delete_draft(&mut tx, tenant, user, &thread).await.unwrap();
            assert_eq!(tx.commit(NOW).await.unwrap().len(), told);
        }
    }

    async fn a_shortcut_is_unique_in_its_tenant(db: Db) {
        let (one, other) = (seed(&db).await.tenant, seed(&db).await.tenant);
        let insert = async |tenant: &TenantId| {
            let mut tx = db.begin().await.unwrap();
            let reply = saved_replies::insert_saved_reply(&mut tx, tenant, ("hours", "Hours", "At nine."), NOW).await?;
            assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant saved_reply:changed"]);
            Ok::<_, DbError>(reply)
        };
        let reply = insert(&one).await.unwrap();
        assert!(matches!(insert(&one).await, Err(DbError::Conflict("shortcut"))));
        insert(&other).await.unwrap();
        let changes = Changes { text: Some("At ten."), ..Changes::default() };
        let mut tx = db.begin().await.unwrap();
        let missing = saved_replies::update_saved_reply(&mut tx, &other, &reply.id, &changes, NOW).await;
        assert!(matches!(missing, Err(DbError::NotFound)));
        let changed = saved_replies::update_saved_reply(&mut tx, &one, &reply.id, &changes, NOW + 1).await.unwrap();
        assert_eq!((changed.title.as_str(), changed.text.as_str()), ("Hours", "At ten."));
        tx.commit(NOW).await.unwrap();
        assert_eq!(saved_replies::list_saved_replies(&db, &one).await.unwrap(), [changed]);
        let mut tx = db.begin().await.unwrap();
        assert!(matches!(saved_replies::delete_saved_reply(&mut tx, &other, &reply.id).await, Err(DbError::NotFound)));
        saved_replies::delete_saved_reply(&mut tx, &one, &reply.id).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert!(saved_replies::list_saved_replies(&db, &one).await.unwrap().is_empty());
    }
}
