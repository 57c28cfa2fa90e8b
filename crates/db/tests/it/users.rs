//! Tenants and users: adding, changing, and what they may do.

use hoopoe_db::{
    Db, DbError, Id, Tx, contract,
    ids::{AccountId, TenantId, UserId},
    model::{Role, User},
    tenants,
    testing::{NOW, seed, sql},
    users::{self, NewUser, UserChange},
};

use crate::people::names;

async fn add(tx: &mut Tx, tenant: &TenantId, email: &str, role: Role) -> Result<User, DbError> {
    let new = NewUser {
        email,
        name: "Ana",
        role,
        locale: "en",
        password_hash: "hash",
    };
    users::insert_user(tx, tenant, &new, NOW).await
}

async fn add_alone(db: &Db, tenant: &TenantId, email: &str, role: Role) -> User {
    let mut tx = db.begin().await.unwrap();
    let user = add(&mut tx, tenant, email, role).await.unwrap();
    tx.commit(NOW).await.unwrap();
    user
}

contract! {
    async fn the_first_user_ends_the_emptiness(db: Db) {
        assert!(users::is_empty(&db).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        assert!(users::is_empty_locked(&mut tx).await.unwrap());
        let tenant = tenants::insert_tenant(&mut tx, "Shop", NOW).await.unwrap();
        add(&mut tx, &tenant.id, "ana@shop.example", Role::Admin).await.unwrap();
        assert!(!users::is_empty_locked(&mut tx).await.unwrap());
        tx.commit(NOW).await.unwrap();
        assert!(!users::is_empty(&db).await.unwrap());
        assert_eq!(tenants::get_tenant(&db, &tenant.id).await.unwrap().name, "Shop");
        assert_eq!(tenants::list_tenants(&db).await.unwrap().len(), 1);
    }

    async fn a_user_is_stored_as_announced(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        let user = add(&mut tx, &seed.tenant, "ana@shop.example", Role::Manager).await.unwrap();
        let events = tx.commit(NOW).await.unwrap();
        assert_eq!(names(&events), ["tenant user:updated"]);
        assert_eq!(users::get_user(&db, &seed.tenant, &user.id).await.unwrap(), user);
        assert_eq!(users::list_users(&db, &seed.tenant).await.unwrap().last(), Some(&user));
    }

    async fn an_address_belongs_to_one_user_in_all_tenants(db: Db) {
        let seed = seed(&db).await;
        add_alone(&db, &seed.tenant, "ana@shop.example", Role::Agent).await;
        let mut tx = db.begin().await.unwrap();
        let other = tenants::insert_tenant(&mut tx, "Other", NOW).await.unwrap();
        let refused = add(&mut tx, &other.id, "ana@shop.example", Role::Agent).await;
        assert!(matches!(refused, Err(DbError::Conflict("email"))), "{refused:?}");
    }

    async fn a_change_keeps_the_rest_and_ends_tokens_only_where_rights_change(db: Db) {
        let seed = seed(&db).await;
        let before = add_alone(&db, &seed.tenant, "ana@shop.example", Role::Agent).await;
        let version = async || users::find_grant(&db, &before.id).await.unwrap().unwrap().auth_version;
        let change = async |change: UserChange<'_>| {
            let mut tx = db.begin().await.unwrap();
            let user = users::update_user(&mut tx, &seed.tenant, &before.id, &change).await.unwrap();
            assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant user:updated"]);
            user
        };
        let renamed = change(UserChange { name: Some("Ann"), locale: Some("de"), ..UserChange::default() }).await;
        assert_eq!(renamed, User { name: "Ann".into(), locale: "de".into(), ..before.clone() });
        assert_eq!(version().await, 0);
        let locked = change(UserChange { role: Some(Role::Admin), disabled: Some(true), ..UserChange::default() }).await;
        assert_eq!((locked.role, locked.disabled), (Role::Admin, true));
        assert_eq!(version().await, 1);
        change(UserChange { password_hash: Some("new"), ..UserChange::default() }).await;
        assert_eq!(version().await, 2);
        let stored = users::find_credentials(&db, "ana@shop.example").await.unwrap().unwrap();
        assert_eq!((stored.password_hash.as_str(), stored.disabled), ("new", true));
        let by_id = users::find_credentials_by_id(&db, &before.id).await.unwrap().unwrap();
        assert_eq!(by_id.tenant_id, seed.tenant);
    }

    async fn a_user_of_another_tenant_is_not_found_nor_changed(db: Db) {
        let seed = seed(&db).await;
        let stranger = TenantId::new(NOW);
        let read = users::get_user(&db, &stranger, &seed.agent).await;
        assert!(matches!(read, Err(DbError::NotFound)));
        let mut tx = db.begin().await.unwrap();
        let change = UserChange { disabled: Some(true), ..UserChange::default() };
        let changed = users::update_user(&mut tx, &stranger, &seed.agent, &change).await;
        assert!(matches!(changed, Err(DbError::NotFound)));
        assert!(users::list_users(&db, &stranger).await.unwrap().is_empty());
        assert!(users::find_credentials(&db, "nobody@shop.example").await.unwrap().is_none());
        assert!(users::find_credentials_by_id(&db, &UserId::new(NOW)).await.unwrap().is_none());
    }

    async fn agents_see_their_accounts_and_managers_all_of_the_tenant(db: Db) {
        let seed = seed(&db).await;
        let other = AccountId::new(NOW);
        let elsewhere = hoopoe_db::testing::seed(&db).await;
        sql(&db, &format!(
            "INSERT INTO accounts (id, tenant_id, channel, name, color, state, state_since, created_at)
             VALUES ('{other}', '{}', 'cloud', 'Second', '#336699', 'connected', {NOW}, {NOW})", seed.tenant
        )).await;
        let agent = users::find_grant(&db, &seed.agent).await.unwrap().unwrap();
        assert_eq!((agent.role, agent.accounts), (Role::Agent, vec![seed.account.clone()]));
        assert_eq!(agent.tenant_id, seed.tenant);
        let manager = add_alone(&db, &seed.tenant, "ben@shop.example", Role::Manager).await;
        let grant = users::find_grant(&db, &manager.id).await.unwrap().unwrap();
        assert_eq!(grant.accounts, [seed.account, other]);
        assert!(!grant.accounts.contains(&elsewhere.account));
        assert!(users::find_grant(&db, &UserId::new(NOW)).await.unwrap().is_none());
    }

    async fn the_other_admins_who_can_log_in_are_counted(db: Db) {
        let seed = seed(&db).await;
        let ana = add_alone(&db, &seed.tenant, "ana@shop.example", Role::Admin).await;
        let ben = add_alone(&db, &seed.tenant, "ben@shop.example", Role::Admin).await;
        let mut tx = db.begin().await.unwrap();
        assert_eq!(users::count_other_admins(&mut tx, &seed.tenant, &ana.id).await.unwrap(), 1);
        let lock = UserChange { disabled: Some(true), ..UserChange::default() };
        users::update_user(&mut tx, &seed.tenant, &ben.id, &lock).await.unwrap();
        assert_eq!(users::count_other_admins(&mut tx, &seed.tenant, &ana.id).await.unwrap(), 0);
    }

    async fn what_waits_is_counted_per_tenant(db: Db) {
        let seed = seed(&db).await;
        let calm = tenants::get_backlog(&db, &seed.tenant).await.unwrap();
        assert_eq!((calm.media_pending, calm.media_failed, calm.dead_letters_open), (0, 0, 0));
        sql(&db, &format!(
            "INSERT INTO dead_letters (id, tenant_id, source, reason, detail, raw, fingerprint, received_at)
             VALUES ('dlt_1', '{}', 'cloud_webhook', 'failed', '', '', 'x', {NOW})", seed.tenant
        )).await;
        assert_eq!(tenants::get_backlog(&db, &seed.tenant).await.unwrap().dead_letters_open, 1);
        let stranger = TenantId::new(NOW);
        assert_eq!(tenants::get_backlog(&db, &stranger).await.unwrap(), calm);
    }
}
