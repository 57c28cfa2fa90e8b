//! Accounts, their members, and the Meta apps behind their webhooks.

use hoopoe_db::{
    Db, DbError, Id, accounts,
    accounts::{AccountChange, NewAccount, StateChange},
    contract,
    event::Committed,
    ids::{AccountId, MetaAppId, TenantId, UserId},
    meta_apps::{self, SealedMetaApp},
    model::{Account, AccountState, Channel},
    testing::{NOW, Seed, seed},
};

use crate::people::names;

fn new<'a>(number: &'a str, meta_app_id: Option<&'a MetaAppId>) -> NewAccount<'a> {
    NewAccount {
        id: AccountId::new(NOW),
        channel: Channel::Cloud,
        name: "Second",
        color: "#112233",
        phone: Some("+4930901820"),
        phone_number_id: Some(number),
        waba_id: Some("900"),
        meta_app_id,
        access_token: Some("sealed"),
        graph_url: None,
        state: AccountState::Connected,
    }
}

async fn connect(db: &Db, seed: &Seed, number: &str, app: Option<&MetaAppId>) -> Account {
    let mut tx = db.begin().await.unwrap();
    let account = accounts::insert_account(&mut tx, &seed.tenant, &new(number, app), NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    account
}

async fn add_app(db: &Db, seed: &Seed, hook: &str) -> SealedMetaApp {
    let app = SealedMetaApp {
        id: MetaAppId::new(NOW),
        tenant_id: seed.tenant.clone(),
        name: "App".into(),
        hook: hook.into(),
        app_secret: "sealed secret".into(),
        verify_token: "sealed token".into(),
        portfolio_id: Some("42".into()),
        created_at: NOW,
    };
    let mut tx = db.begin().await.unwrap();
    meta_apps::insert_meta_app(&mut tx, &app).await.unwrap();
    tx.commit(NOW).await.unwrap();
    app
}

fn data(event: &Committed) -> &str {
    event.envelope.data.get()
}

contract! {
    async fn an_account_is_stored_as_announced(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        let account = accounts::insert_account(&mut tx, &seed.tenant, &new("777", None), NOW).await.unwrap();
        assert_eq!(accounts::count_accounts(&mut tx, &seed.tenant).await.unwrap(), 2);
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant account:updated"]);
        assert_eq!(accounts::get_account(&db, &seed.tenant, &account.id).await.unwrap(), account);
        assert_eq!(accounts::list_accounts(&db, &seed.tenant).await.unwrap().last(), Some(&account));
        let provider = accounts::get_provider_access(&db, &seed.tenant, &account.id).await.unwrap();
        assert_eq!(provider.access_token.as_deref(), Some("sealed"));
        let leases = accounts::list_leases(&db, &seed.tenant).await.unwrap();
        assert_eq!((leases.len(), leases[0].claimed_by.clone(), leases[0].lease_until), (2, None, None));
    }

    async fn a_number_is_connected_once_per_tenant(db: Db) {
        let seed = seed(&db).await;
        let first = connect(&db, &seed, "777", None).await;
        let mut tx = db.begin().await.unwrap();
        let again = accounts::insert_account(&mut tx, &seed.tenant, &new("777", None), NOW).await;
        assert!(matches!(again, Err(DbError::Conflict("phone_number_id"))), "{again:?}");
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        let change = AccountChange { phone_number_id: Some("777"), ..AccountChange::default() };
        let moved = accounts::update_account(&mut tx, &seed.tenant, &seed.account, &change, NOW).await;
        assert!(matches!(moved, Err(DbError::Conflict("phone_number_id"))), "{moved:?}");
        drop(tx);
        let elsewhere = hoopoe_db::testing::seed(&db).await;
        assert_ne!(connect(&db, &elsewhere, "777", None).await.id, first.id);
    }

    async fn a_change_keeps_the_rest(db: Db) {
        let seed = seed(&db).await;
        let before = connect(&db, &seed, "777", None).await;
        let mut tx = db.begin().await.unwrap();
        let change = AccountChange { name: Some("Front desk"), color: Some("#ffffff"), ..AccountChange::default() };
        let after = accounts::update_account(&mut tx, &seed.tenant, &before.id, &change, NOW).await.unwrap();
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant account:updated"]);
        assert_eq!(after, Account { name: "Front desk".into(), color: "#ffffff".into(), ..before });
    }

    async fn a_state_is_announced_when_it_is_news(db: Db) {
        let seed = seed(&db).await;
        let set = async |state, reason, now| {
            let mut tx = db.begin().await.unwrap();
            let change = StateChange { state, reason, access_token: None, claimed_by: None };
            accounts::update_state(&mut tx, &seed.tenant, &seed.account, &change, now).await.unwrap();
            tx.commit(NOW).await.unwrap().len()
        };
        assert_eq!(set(AccountState::Connected, None, NOW + 1).await, 0);
        assert_eq!(set(AccountState::Error, Some("token expired"), NOW + 2).await, 1);
        assert_eq!(set(AccountState::Error, Some("number banned"), NOW + 3).await, 1);
        let account = accounts::get_account(&db, &seed.tenant, &seed.account).await.unwrap();
        assert_eq!((account.state, account.state_since), (AccountState::Error, NOW + 2));
        assert_eq!(account.state_reason.as_deref(), Some("number banned"));
        assert_eq!(set(AccountState::Connected, None, NOW + 4).await, 1);
    }

    async fn a_new_token_makes_an_account_work_and_what_was_learnt_of_the_old_one_counts_no_more(db: Db) {
        let seed = seed(&db).await;
        let account = connect(&db, &seed, "777", None).await;
        let refuse = async |token, now| {
            let mut tx = db.begin().await.unwrap();
            let change = StateChange { state: AccountState::Error, reason: Some("refused"), access_token: Some(token), claimed_by: None };
            accounts::update_state(&mut tx, &seed.tenant, &account.id, &change, now).await.unwrap();
            tx.commit(now).await.unwrap().len()
        };
        assert_eq!(refuse("sealed", NOW + 1).await, 1);
        let mut tx = db.begin().await.unwrap();
        let change = AccountChange { name: Some("Front desk"), ..AccountChange::default() };
        let renamed = accounts::update_account(&mut tx, &seed.tenant, &account.id, &change, NOW + 2).await.unwrap();
        assert_eq!((renamed.state, renamed.state_since), (AccountState::Error, NOW + 1), "a name mends nothing");
        let change = AccountChange { access_token: Some("sealed anew"), ..AccountChange::default() };
        let mended = accounts::update_account(&mut tx, &seed.tenant, &account.id, &change, NOW + 3).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!((mended.state, mended.state_reason, mended.state_since), (AccountState::Connected, None, NOW + 3));
        assert_eq!(refuse("sealed", NOW + 4).await, 0, "of the old token");
        assert_eq!(refuse("sealed anew", NOW + 5).await, 1);
    }

    async fn an_account_of_another_tenant_is_not_found_nor_changed(db: Db) {
        let seed = seed(&db).await;
        let stranger = TenantId::new(NOW);
        let mut tx = db.begin().await.unwrap();
        let change = AccountChange { name: Some("Mine"), ..AccountChange::default() };
        let refusals = [
            accounts::update_account(&mut tx, &stranger, &seed.account, &change, NOW).await.err(),
            accounts::delete_account(&mut tx, &stranger, &seed.account, NOW).await.err(),
            accounts::replace_members(&mut tx, &stranger, &seed.account, &[]).await.err(),
            accounts::get_account(&db, &stranger, &seed.account).await.err(),
            accounts::get_provider_access(&db, &stranger, &seed.account).await.err(),
            accounts::list_members(&db, &stranger, &seed.account).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(DbError::NotFound)), "{refusal:?}");
        }
        assert!(accounts::list_accounts(&db, &stranger).await.unwrap().is_empty());
        assert!(accounts::list_leases(&db, &stranger).await.unwrap().is_empty());
    }

    async fn members_are_replaced_and_those_concerned_are_told(db: Db) {
        let seed = seed(&db).await;
        let second = connect(&db, &seed, "777", None).await;
        let elsewhere = hoopoe_db::testing::seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        let members = [seed.agent.clone(), elsewhere.agent.clone(), UserId::new(NOW)];
        let changed = accounts::replace_members(&mut tx, &seed.tenant, &second.id, &members).await.unwrap();
        assert_eq!(changed, std::slice::from_ref(&seed.agent), "strangers are left out");
        let events = tx.commit(NOW).await.unwrap();
        assert_eq!(&*events[0].stream_id, format!("user:{}", seed.agent));
        assert_eq!(data(&events[0]), format!("{{\"account_ids\":[\"{}\",\"{}\"]}}", seed.account, second.id));
        assert_eq!(accounts::list_members(&db, &seed.tenant, &second.id).await.unwrap(), std::slice::from_ref(&seed.agent));
        let mut tx = db.begin().await.unwrap();
        let same = accounts::replace_members(&mut tx, &seed.tenant, &second.id, &members[..1]).await.unwrap();
        assert!(same.is_empty());
        assert!(tx.commit(NOW).await.unwrap().is_empty());
        let mut tx = db.begin().await.unwrap();
        accounts::replace_members(&mut tx, &seed.tenant, &second.id, &[]).await.unwrap();
        let events = tx.commit(NOW).await.unwrap();
        assert_eq!(data(&events[0]), format!("{{\"account_ids\":[\"{}\"]}}", seed.account));
    }

    async fn a_deleted_account_takes_its_members_along_and_is_announced(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        let audience = accounts::list_audience(&mut tx, &seed.tenant, &seed.account).await.unwrap();
        assert_eq!(audience, std::slice::from_ref(&seed.agent));
        accounts::delete_account(&mut tx, &seed.tenant, &seed.account, NOW).await.unwrap();
        accounts::announce_memberships(&mut tx, &seed.tenant, &audience).await.unwrap();
        let events = tx.commit(NOW).await.unwrap();
        assert_eq!(names(&events), ["tenant account:deleted", "user membership:changed"]);
        assert_eq!(data(&events[1]), "{\"account_ids\":[]}");
        assert!(accounts::list_accounts(&db, &seed.tenant).await.unwrap().is_empty());
    }

    async fn a_webhook_leads_to_its_app_and_numbers(db: Db) {
        let seed = seed(&db).await;
        let app = add_app(&db, &seed, "hook").await;
        let other = add_app(&db, &seed, "other").await;
        let account = connect(&db, &seed, "777", Some(&app.id)).await;
        connect(&db, &seed, "888", Some(&other.id)).await;
        let (found, numbers) = meta_apps::find_by_hook(&db, "hook").await.unwrap().unwrap();
        assert_eq!((found.id.clone(), found.tenant_id, found.app_secret), (app.id.clone(), seed.tenant.clone(), "sealed secret".into()));
        let number = numbers.iter().find(|number| number.phone_number_id == "777").unwrap();
        assert_eq!((&number.id, number.waba_id.as_deref()), (&account.id, Some("900")));
        assert!(numbers.iter().all(|number| number.phone_number_id != "888"));
        assert!(meta_apps::find_by_hook(&db, "nothing").await.unwrap().is_none());
        assert_eq!(meta_apps::list_meta_apps(&db, &seed.tenant).await.unwrap().len(), 2);
        assert_eq!(meta_apps::get_meta_app(&db, &seed.tenant, &app.id).await.unwrap().hook, "hook");
    }

    async fn a_meta_app_goes_when_no_number_uses_it(db: Db) {
        let seed = seed(&db).await;
        let app = add_app(&db, &seed, "hook").await;
        let account = connect(&db, &seed, "777", Some(&app.id)).await;
        let mut tx = db.begin().await.unwrap();
        let used = meta_apps::delete_meta_app(&mut tx, &seed.tenant, &app.id).await;
        assert!(matches!(used, Err(DbError::Conflict("meta_app_id"))), "{used:?}");
        accounts::delete_account(&mut tx, &seed.tenant, &account.id, NOW).await.unwrap();
        let stranger = TenantId::new(NOW);
        let strange = meta_apps::delete_meta_app(&mut tx, &stranger, &app.id).await;
        assert!(matches!(strange, Err(DbError::NotFound)), "{strange:?}");
        assert_eq!(meta_apps::delete_meta_app(&mut tx, &seed.tenant, &app.id).await.unwrap(), "hook");
        tx.commit(NOW).await.unwrap();
        let read = meta_apps::get_meta_app(&db, &seed.tenant, &app.id).await;
        assert!(matches!(read, Err(DbError::NotFound)));
    }
}
