//! Linked devices: who has an account, which phone it is, and what the protocol keeps.

use hoopoe_db::{
    Db, DbError, Id, Millis, accounts,
    accounts::{AccountChange, NewAccount, StateChange},
    contract,
    ids::{AccountId, TenantId},
    ingest::IdentityKey,
    linked::{
        self, Holder, Linked, Owned,
        values::{self, Value},
    },
    model::{AccountState, Channel, IdentityKind},
    testing::{NOW, Seed, number, seed},
};

use crate::people::{group_of, identity, names, person, thread};

const LATER: Millis = NOW + 1000;

async fn add(db: &Db, seed: &Seed) -> AccountId {
    let new = NewAccount {
        id: AccountId::new(NOW),
        channel: Channel::Linked,
        name: "Phone",
        color: "#112233",
        phone: None,
        phone_number_id: None,
        waba_id: None,
        meta_app_id: None,
        access_token: None,
        graph_url: None,
        state: AccountState::NeedsQr,
    };
    let mut tx = db.begin().await.unwrap();
    let account = accounts::insert_account(&mut tx, &seed.tenant, &new, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    account.id
}

fn holder(seed: &Seed, account_id: &AccountId, node: &str) -> Holder {
    Holder {
        tenant_id: seed.tenant.clone(),
        account_id: account_id.clone(),
        node_id: node.into(),
    }
}

/// An account that node `n1` has.
async fn claimed(db: &Db, seed: &Seed) -> Holder {
    let holder = holder(seed, &add(db, seed).await, "n1");
    assert!(linked::claim(db, &holder, NOW, LATER).await.unwrap());
    holder
}

async fn link(db: &Db, holder: &Holder, phone: &str) -> (Linked, Vec<String>) {
    let mut tx = db.begin().await.unwrap();
    let jid = format!("{phone}:1@s.whatsapp.net");
    let linked = linked::link(&mut tx, holder, phone, &jid, NOW)
        .await
        .unwrap();
    (linked, names(&tx.commit(NOW).await.unwrap()))
}

async fn reset(db: &Db, holder: &Holder) {
    let mut tx = db.begin().await.unwrap();
    linked::reset(&mut tx, &holder.tenant_id, &holder.account_id, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn set(db: &Db, holder: &Holder, state: AccountState) -> usize {
    let mut tx = db.begin().await.unwrap();
    let change = StateChange {
        state,
        reason: None,
        access_token: None,
        claimed_by: Some(&holder.node_id),
    };
    accounts::update_state(&mut tx, &holder.tenant_id, &holder.account_id, &change, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap().len()
}

fn value<'a>(name: &'a str, value: &'a str, stamp: i64) -> Value<'a> {
    Value { name, value, stamp }
}

async fn put(db: &Db, holder: &Holder, kind: &str, all: &[Value<'_>]) {
    values::put(db, holder, kind, all, NOW).await.unwrap();
}

async fn kept(db: &Db, holder: &Holder, kind: &str) -> Vec<String> {
    let all = values::list(db, holder, kind, "").await.unwrap();
    all.into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

contract! {
    async fn an_account_is_had_by_one_node_until_its_lease_ends(db: Db) {
        let seed = seed(&db).await;
        let account = add(&db, &seed).await;
        let (one, other) = (holder(&seed, &account, "n1"), holder(&seed, &account, "n2"));
        assert!(linked::claim(&db, &one, NOW, LATER).await.unwrap());
        assert!(linked::claim(&db, &one, NOW, LATER).await.unwrap(), "a node may claim again");
        assert!(!linked::claim(&db, &other, NOW, LATER).await.unwrap());
        let device = linked::get_device(&db, &seed.tenant, &account, NOW).await.unwrap();
        assert_eq!(device.claimed_by.as_deref(), Some("n1"));
        let device = linked::get_device(&db, &seed.tenant, &account, LATER).await.unwrap();
        assert_eq!(device.claimed_by, None, "the lease is over");
        assert!(linked::claim(&db, &other, LATER, LATER + 1).await.unwrap());
        let owned = [Owned { tenant_id: seed.tenant.clone(), id: account.clone() }];
        assert_eq!(linked::renew(&db, "n1", &owned, LATER, LATER + 9).await.unwrap(), []);
        assert_eq!(linked::renew(&db, "n2", &owned, LATER, LATER + 9).await.unwrap(), [account]);
        assert!(!linked::claim(&db, &one, LATER + 8, LATER + 9).await.unwrap());
        linked::release(&db, &one, NOW).await.unwrap();
        assert!(!linked::claim(&db, &one, LATER + 8, LATER + 9).await.unwrap(), "nobody gives back what another has");
        linked::release(&db, &other, NOW).await.unwrap();
        assert!(linked::claim(&db, &one, LATER + 8, LATER + 9).await.unwrap());
    }

    async fn only_linked_accounts_can_be_claimed(db: Db) {
        let seed = seed(&db).await;
        assert!(!linked::claim(&db, &holder(&seed, &seed.account, "n1"), NOW, LATER).await.unwrap(), "a number of the Cloud API");
        let account = add(&db, &seed).await;
        let stranger = Holder { tenant_id: TenantId::new(NOW), ..holder(&seed, &account, "n1") };
        assert!(!linked::claim(&db, &stranger, NOW, LATER).await.unwrap());
        assert!(matches!(linked::get_device(&db, &stranger.tenant_id, &account, NOW).await, Err(DbError::NotFound)));
        assert!(matches!(linked::get_device(&db, &seed.tenant, &seed.account, NOW).await, Err(DbError::NotFound)));
    }

    async fn accounts_that_are_linked_wait_for_a_node_unless_they_are_at_an_end(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        let waiting = async |now| {
            let all = linked::list_waiting(&db, now).await.unwrap();
            all.into_iter().map(|owned| owned.id).collect::<Vec<_>>()
        };
        set(&db, &holder, AccountState::Connected).await;
        assert_eq!(waiting(LATER).await, [], "no phone was linked yet");
        link(&db, &holder, "+4930901820").await;
        assert_eq!(waiting(NOW).await, [], "a node has it");
        let mine = vec![holder.account_id.clone()];
        for state in [AccountState::Connected, AccountState::Connecting, AccountState::Disconnected] {
            set(&db, &holder, state).await;
            assert_eq!(waiting(LATER).await, mine, "{state:?}");
        }
        for state in [AccountState::Replaced, AccountState::LoggedOut, AccountState::Banned, AccountState::Outdated] {
            set(&db, &holder, state).await;
            assert_eq!(waiting(LATER).await, [], "{state:?}");
        }
    }

    async fn what_a_node_says_that_lost_an_account_counts_for_nothing(db: Db) {
        let seed = seed(&db).await;
        let one = claimed(&db, &seed).await;
        let other = Holder { node_id: "n2".into(), ..one.clone() };
        put(&db, &one, "session", &[value("a", "1", 0), value("b", "2", 0)]).await;
        assert_eq!(set(&db, &one, AccountState::Connecting).await, 1);
        assert!(linked::claim(&db, &other, LATER, LATER + 1).await.unwrap());
        assert_eq!(set(&db, &one, AccountState::Connected).await, 0);
        let late = values::put(&db, &one, "session", &[value("a", "old", 0)], NOW).await;
        assert!(matches!(late, Err(DbError::NotFound)), "{late:?}");
        values::delete(&db, &one, "session", &["a"], NOW).await.unwrap();
        values::delete_prefix(&db, &one, "session", "", NOW).await.unwrap();
        assert_eq!(values::delete_before(&db, &one, "session", 9, NOW).await.unwrap(), 0);
        assert_eq!(values::take(&db, &one, "session", "a", NOW).await.unwrap(), None);
        linked::update_traffic(&db, &one, NOW, NOW).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let late = linked::link(&mut tx, &one, "+4930901820", "x", NOW).await;
        assert!(matches!(late, Err(DbError::NotFound)), "{late:?}");
        drop(tx);
        assert_eq!(kept(&db, &other, "session").await, ["a=1", "b=2"]);
        let device = linked::get_device(&db, &seed.tenant, &one.account_id, NOW).await.unwrap();
        assert_eq!((device.last_traffic_at, device.phone, device.state), (None, None, AccountState::Connecting));
    }

    async fn the_last_account_linked_to_a_phone_takes_the_others_place(db: Db) {
        let seed = seed(&db).await;
        let (first, second) = (claimed(&db, &seed).await, claimed(&db, &seed).await);
        put(&db, &first, "session", &[value("a", "1", 0)]).await;
        assert_eq!(link(&db, &first, "+4930901820").await, (Linked::Yes { replaced: vec![] }, vec!["tenant account:updated".to_owned()]));
        let (linked, told) = link(&db, &second, "+4930901820").await;
        assert_eq!(linked, Linked::Yes { replaced: vec![first.account_id.clone()] });
        assert_eq!(told, ["tenant account:updated", "tenant account:updated"]);
        let gone = linked::get_device(&db, &seed.tenant, &first.account_id, NOW).await.unwrap();
        assert_eq!((gone.state, gone.device_jid, gone.claimed_by), (AccountState::Replaced, None, None));
        assert_eq!(gone.phone.as_deref(), Some("+4930901820"), "its conversations are that phone's");
        assert_eq!(kept(&db, &first, "session").await, Vec::<String>::new());
        let stays = linked::get_device(&db, &seed.tenant, &second.account_id, NOW).await.unwrap();
        assert_eq!(stays.device_jid.as_deref(), Some("+4930901820:1@s.whatsapp.net"));
        let elsewhere = hoopoe_db::testing::seed(&db).await;
        let theirs = claimed(&db, &elsewhere).await;
        assert_eq!(link(&db, &theirs, "+4930901820").await.0, Linked::Yes { replaced: vec![] }, "another organisation's matter");
    }

    async fn an_account_stays_the_phone_that_it_was(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        link(&db, &holder, "+4930901820").await;
        assert_eq!(link(&db, &holder, "+4930901821").await, (Linked::OtherPhone { phone: "+4930901820".into() }, vec![]));
        assert_eq!(link(&db, &holder, "+4930901820").await.0, Linked::Yes { replaced: vec![] });
    }

    async fn a_reset_forgets_the_link_and_the_node(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        link(&db, &holder, "+4930901820").await;
        set(&db, &holder, AccountState::LoggedOut).await;
        put(&db, &holder, "session", &[value("a", "1", 0)]).await;
        linked::update_traffic(&db, &holder, NOW + 5, NOW + 5).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let account = linked::reset(&mut tx, &seed.tenant, &holder.account_id, LATER).await.unwrap();
        let foreign = linked::reset(&mut tx, &TenantId::new(NOW), &holder.account_id, LATER).await;
        assert!(matches!(foreign, Err(DbError::NotFound)), "{foreign:?}");
        let cloud = linked::reset(&mut tx, &seed.tenant, &seed.account, LATER).await;
        assert!(matches!(cloud, Err(DbError::NotFound)), "{cloud:?}");
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["tenant account:updated"]);
        assert_eq!((account.state, account.state_since), (AccountState::NeedsQr, LATER));
        let device = linked::get_device(&db, &seed.tenant, &holder.account_id, NOW).await.unwrap();
        assert_eq!((device.device_jid, device.claimed_by, device.last_traffic_at), (None, None, Some(NOW + 5)));
        assert_eq!(kept(&db, &holder, "session").await, Vec::<String>::new());
        let late = values::put(&db, &holder, "session", &[value("a", "1", 0)], NOW).await;
        assert!(matches!(late, Err(DbError::NotFound)), "the node that had it writes no more: {late:?}");
    }

    async fn a_node_that_is_alone_begins_without_the_leases_of_its_former_life(db: Db) {
        let seed = seed(&db).await;
        let former = claimed(&db, &seed).await;
        let next = Holder { node_id: "n2".into(), ..former.clone() };
        assert!(!linked::claim(&db, &next, NOW, LATER).await.unwrap());
        linked::release_all(&db, NOW).await.unwrap();
        assert!(linked::claim(&db, &next, NOW, LATER).await.unwrap());
    }

    async fn of_accounts_of_one_phone_the_linked_one_stays_and_without_one_the_newest(db: Db) {
        let seed = seed(&db).await;
        let replace = async |tenant: &TenantId| {
            let mut tx = db.begin().await.unwrap();
            let replaced = linked::replace_duplicates(&mut tx, tenant, LATER).await.unwrap();
            (replaced, names(&tx.commit(LATER).await.unwrap()))
        };
        let (first, second, alone) = (claimed(&db, &seed).await, claimed(&db, &seed).await, claimed(&db, &seed).await);
        link(&db, &alone, "+4930901999").await;
        link(&db, &second, "+4930901820").await;
        put(&db, &second, "session", &[value("a", "1", 0)]).await;
        // What an account was before links replaced one another: of the same phone, and waiting for a code.
        link(&db, &first, "+4930901820").await;
        reset(&db, &second).await;
        assert_eq!(replace(&TenantId::new(NOW)).await.0, []);
        assert_eq!(replace(&seed.tenant).await, (vec![second.account_id.clone()], vec!["tenant account:updated".to_owned()]));
        let gone = linked::get_device(&db, &seed.tenant, &second.account_id, NOW).await.unwrap();
        assert_eq!((gone.state, gone.device_jid), (AccountState::Replaced, None));
        assert_eq!(replace(&seed.tenant).await, (vec![], vec![]), "once");
        reset(&db, &second).await;
        reset(&db, &first).await;
        assert_eq!(replace(&seed.tenant).await.0, std::slice::from_ref(&first.account_id), "nobody is linked: the newest stays");
        let stays = linked::get_device(&db, &seed.tenant, &second.account_id, NOW).await.unwrap();
        assert_eq!(stays.state, AccountState::NeedsQr);
    }

    async fn linked_devices_are_counted_and_begin_slowly(db: Db) {
        let seed = seed(&db).await;
        let count = async || {
            let mut tx = db.begin().await.unwrap();
            accounts::count_linked(&mut tx, &seed.tenant).await.unwrap()
        };
        assert_eq!(count().await, 0);
        let account = add(&db, &seed).await;
        assert_eq!(count().await, 1);
        let account = accounts::get_account(&db, &seed.tenant, &account).await.unwrap();
        assert_eq!((account.rate_per_second, account.capabilities.window, account.ignore_groups), (1, false, false));
        let change = AccountChange { ignore_groups: Some(true), ..AccountChange::default() };
        let mut tx = db.begin().await.unwrap();
        let changed = accounts::update_account(&mut tx, &seed.tenant, &account.id, &change, NOW).await.unwrap();
        assert!(changed.ignore_groups);
        accounts::delete_account(&mut tx, &seed.tenant, &account.id, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(count().await, 0);
    }

    async fn a_removed_account_keeps_no_keys(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        link(&db, &holder, "+4930901820").await;
        put(&db, &holder, "session", &[value("a", "1", 0)]).await;
        let mut tx = db.begin().await.unwrap();
        accounts::delete_account(&mut tx, &seed.tenant, &holder.account_id, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM linked_values").await, 0);
        assert!(!linked::claim(&db, &holder, LATER, LATER).await.unwrap());
        let next = claimed(&db, &seed).await;
        assert_eq!(link(&db, &next, "+4930901820").await.0, Linked::Yes { replaced: vec![] }, "the phone is free again");
    }

    async fn values_are_kept_by_account_kind_and_name(db: Db) {
        let seed = seed(&db).await;
        let (holder, other) = (claimed(&db, &seed).await, claimed(&db, &seed).await);
        put(&db, &holder, "session", &[value("a", "1", 3), value("b%_", "2", 2), value("bc", "3", 1)]).await;
        put(&db, &holder, "key", &[value("a", "k", 0)]).await;
        put(&db, &other, "session", &[value("a", "other", 0)]).await;
        put(&db, &holder, "session", &[value("a", "new", 4)]).await;
        assert_eq!(values::find(&db, &holder, "session", "a").await.unwrap().as_deref(), Some("new"));
        assert_eq!(values::find(&db, &holder, "session", "z").await.unwrap(), None);
        assert_eq!(kept(&db, &holder, "session").await, ["a=new", "b%_=2", "bc=3"]);
        let some = values::list(&db, &holder, "session", "b%").await.unwrap();
        assert_eq!(some, [("b%_".to_owned(), "2".to_owned())], "a prefix is no pattern");
        assert_eq!(values::find_last(&db, &holder, "session").await.unwrap().as_deref(), Some("a"));
        assert_eq!(values::find_last(&db, &holder, "none").await.unwrap(), None);
        assert_eq!(values::delete_before(&db, &holder, "session", 2, NOW).await.unwrap(), 1);
        values::delete(&db, &holder, "session", &["b%_", "z"], NOW).await.unwrap();
        assert_eq!(kept(&db, &holder, "session").await, ["a=new"]);
        assert_eq!(values::take(&db, &holder, "session", "a", NOW).await.unwrap().as_deref(), Some("new"));
        assert_eq!(values::take(&db, &holder, "session", "a", NOW).await.unwrap(), None);
        put(&db, &holder, "map", &[value("x1", "1", 0), value("x2", "1", 0), value("y", "1", 0)]).await;
        values::delete_prefix(&db, &holder, "map", "x", NOW).await.unwrap();
        assert_eq!(kept(&db, &holder, "map").await, ["y=1"]);
        assert_eq!(kept(&db, &other, "session").await, ["a=other"]);
        let stranger = Holder { tenant_id: TenantId::new(NOW), ..other.clone() };
        assert_eq!(values::find(&db, &stranger, "session", "a").await.unwrap(), None);
        assert!(values::put(&db, &stranger, "session", &[value("a", "1", 0)], NOW).await.is_err());
    }

    async fn as_many_values_as_a_first_link_makes_are_kept_at_once(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        let names: Vec<String> = (0..812).map(|number| format!("{number:010}")).collect();
        let all: Vec<Value<'_>> = (0..).zip(&names).map(|(stamp, name)| value(name, "sealed", stamp)).collect();
        put(&db, &holder, "key", &all).await;
        assert_eq!(kept(&db, &holder, "key").await.len(), 812);
        assert_eq!(values::find_last(&db, &holder, "key").await.unwrap().as_deref(), Some("0000000811"));
    }

    async fn somebody_is_known_by_any_of_their_ids_with_their_conversation(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+40721000001").await.summary.id;
        let group = group_of(&db, &ana).await;
        identity(&db, &seed.tenant, &ana, "lid", "77", Some(&group)).await;
        let key = |kind, value: &str| IdentityKey { kind, scope: String::new(), value: value.into() };
        let find = async |tenant: &TenantId, keys: &[IdentityKey]| linked::find_known(&db, tenant, &seed.account, keys).await.unwrap();
        let both = [key(IdentityKind::Phone, "50"), key(IdentityKind::Lid, "77")];
        let known = find(&seed.tenant, &both).await.unwrap();
        assert_eq!((known.contact_id, known.name.as_str(), known.conversation_id), (ana.clone(), "Ana", None));
        let thread = thread(&db, &seed.tenant, &seed.account, &ana, &group, "phone").await;
        let known = find(&seed.tenant, &[key(IdentityKind::Phone, "40721000001")]).await.unwrap();
        assert_eq!(known.conversation_id, Some(thread));
        assert!(find(&TenantId::new(NOW), &both).await.is_none(), "of another tenant");
        assert!(find(&seed.tenant, &[key(IdentityKind::Phone, "77")]).await.is_none(), "a LID is no phone");
        assert!(find(&seed.tenant, &[]).await.is_none());
    }

    async fn how_far_the_past_came_only_rises_and_begins_anew_with_another_link(db: Db) {
        let seed = seed(&db).await;
        let holder = claimed(&db, &seed).await;
        link(&db, &holder, "+4930901820").await;
        let note = async |percent, conversations, is_news| {
            let mut tx = db.begin().await.unwrap();
            let account = linked::note_history(&mut tx, &holder, percent, conversations, is_news, LATER).await.unwrap();
            let told = !tx.commit(LATER).await.unwrap().is_empty();
            (account.history_percent, account.history_conversations, told)
        };
        assert_eq!(note(None, 3, false).await, (Some(0), Some(3), false));
        assert_eq!(note(Some(40), 2, true).await, (Some(40), Some(5), true));
        assert_eq!(note(Some(20), 0, false).await, (Some(40), Some(5), false));
        let account = accounts::get_account(&db, &seed.tenant, &holder.account_id).await.unwrap();
        assert_eq!((account.history_percent, account.history_at), (Some(40), Some(LATER)));
        link(&db, &holder, "+4930901820").await;
        let account = accounts::get_account(&db, &seed.tenant, &holder.account_id).await.unwrap();
        assert_eq!((account.history_percent, account.history_conversations), (None, None));
        let other = Holder { node_id: "n2".into(), ..holder.clone() };
        let mut tx = db.begin().await.unwrap();
        let refused = linked::note_history(&mut tx, &other, None, 1, true, LATER).await;
        assert!(matches!(refused, Err(DbError::NotFound)));
    }
}
