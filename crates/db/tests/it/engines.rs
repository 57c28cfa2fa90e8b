//! The engines themselves: migrations, pings, and that a database of the future is refused.

use hoopoe_db::{
    DbError, contract, tenants,
    testing::{NOW, seed, sql, sqlite},
};

contract! {
    async fn a_fresh_database_is_at_the_newest_migration_and_answers(db: Db) {
        assert!(db.schema_version().await.unwrap().is_some());
        db.ping().await.unwrap();
        db.migrate().await.unwrap();
        assert!(db.is_current().await.unwrap());
        sql(&db, "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)").await;
        assert!(!db.is_current().await.unwrap());
    }

    async fn a_database_of_a_newer_program_is_refused(db: Db) {
        sql(&db, "UPDATE _sqlx_migrations SET version = 9000 WHERE version = 1").await;
        assert!(matches!(db.migrate().await, Err(DbError::TooNew { found: 9000, .. })));
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(db: Db) {
        let seed = seed(&db).await;
        drop(db.begin().await.unwrap());
        let events = db.begin().await.unwrap().commit(NOW).await.unwrap();
        assert!(events.is_empty());
        assert!(seed.tenant.to_string().starts_with("ten_"));
    }
}

#[tokio::test]
async fn after_a_full_disk_sqlite_goes_on_by_itself() {
    let database = sqlite().await;
    let db = &database.db;
    sql(db, "PRAGMA max_page_count = 1").await;
    let fill = async || {
        let mut tx = db.begin().await?;
        let text = "x".repeat(100_000);
        tenants::insert_tenant(&mut tx, &text, NOW).await?;
        tx.commit(NOW).await
    };
    let full = fill().await.unwrap_err();
    assert!(full.is_transient(), "{full}");
    // Where SQLite says so it has rolled back by itself, and the connection with this limit is one that is replaced.
    fill().await.unwrap();
    assert_eq!(tenants::list_tenants(db).await.unwrap().len(), 1);
}
