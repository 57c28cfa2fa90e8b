//! Files that were put in, and what the provider has of them.

use hoopoe_db::{
    DbError, Id, contract,
    ids::{ConversationId, TenantId, UploadId},
    model::{Upload, UploadKind},
    testing::{NOW, seed},
    uploads::{self, Kept},
};

contract! {
    async fn a_file_is_kept_for_its_tenant_until_it_is_old(db: Db) {
        let seed = seed(&db).await;
        let kept = Kept {
            id: UploadId::new(NOW), account_id: seed.account.clone(), conversation_id: ConversationId::new(NOW), user_id: seed.agent.clone(),
            kind: UploadKind::Image, mime: "image/png".into(), size: 9, filename: Some("a.png".into()), width: Some(3), height: Some(2),
            duration_ms: None, sha256: "ab".into(), object_key: "t/ab".into(), thumbnail_key: None,
        };
        let mut tx = db.begin().await.unwrap();
        uploads::insert_upload(&mut tx, &seed.tenant, &kept, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(uploads::get_upload(&db, &seed.tenant, &kept.id).await.unwrap(), kept);
        let stranger = TenantId::new(NOW);
        assert!(matches!(uploads::get_upload(&db, &stranger, &kept.id).await, Err(DbError::NotFound)));
        assert_eq!(Upload::from(kept.clone()).preview_url, format!("/api/v1/uploads/{}", kept.id));
        assert_eq!(uploads::prune_uploads(&db, NOW).await.unwrap(), 0);
        assert_eq!(uploads::prune_uploads(&db, NOW + 1).await.unwrap(), 1);
    }

    async fn the_providers_copy_is_known_until_it_expires_or_is_forgotten(db: Db) {
        let seed = seed(&db).await;
        let (tenant, account, content) = (&seed.tenant, &seed.account, ("ab", "image/png"));
        uploads::upsert_provider_media(&db, tenant, account, content, "m1", NOW + 5).await.unwrap();
        uploads::upsert_provider_media(&db, tenant, account, content, "m2", NOW + 10).await.unwrap();
        let find = async |now| uploads::find_provider_media(&db, tenant, account, content, now).await.unwrap();
        assert_eq!(find(NOW + 9).await.as_deref(), Some("m2"));
        assert_eq!(find(NOW + 10).await, None);
        assert_eq!(uploads::find_provider_media(&db, tenant, account, ("ab", "image/jpeg"), NOW).await.unwrap(), None);
        uploads::forget_provider_media(&db, tenant, account, "ab").await.unwrap();
        assert_eq!(find(NOW).await, None);
        uploads::upsert_provider_media(&db, tenant, account, content, "m3", NOW + 5).await.unwrap();
        assert_eq!(uploads::prune_provider_media(&db, NOW + 5).await.unwrap(), 1);
    }
}
