//! Webhooks out: who delivers, what is taken from the log, and what becomes of deliveries.

use hoopoe_db::{
    Db, DbError, Engine, Id, Tx, contract, event,
    ids::{AccountId, DeliveryId, TenantId, WebhookId},
    model::{Delivery, DeliveryState, Webhook, WebhookEventType},
    saved_replies,
    testing::{NOW, Seed, seed, sql},
    webhooks::{
        self, DeliveryFilter, Ended, Fed, NewDelivery, NewWebhook, Replay, SealedWebhook,
        WebhookChange,
    },
};

const NODE: &str = "node_1";

async fn add(db: &Db, tenant: &TenantId, types: &[&str], accounts: &[AccountId]) -> SealedWebhook {
    let types: Vec<_> = types
        .iter()
        .map(|word| WebhookEventType::parse(word).unwrap())
        .collect();
    let new = NewWebhook {
        id: WebhookId::new(NOW),
        name: "Shop",
        url: "https://shop.example/hook",
        event_types: &types,
        account_ids: accounts,
        enabled: true,
        secret: "sealed",
        epoch: "one",
    };
    let mut tx = db.begin().await.unwrap();
    let webhook = webhooks::insert_webhook(&mut tx, tenant, &new, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    webhooks::get_webhook(db, tenant, &webhook.id)
        .await
        .unwrap()
}

/// An event on the tenant's stream.
async fn happens(db: &Db, tenant: &TenantId, name: &str) {
    let mut tx = db.begin().await.unwrap();
    saved_replies::insert_saved_reply(&mut tx, tenant, (name, "x", "x"), NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn list(db: &Db, of: &SealedWebhook, state: Option<DeliveryState>) -> Vec<Delivery> {
    let filter = DeliveryFilter {
        state,
        limit: 100,
        ..DeliveryFilter::default()
    };
    webhooks::list_deliveries(db, &of.tenant_id, &of.webhook.id, &filter)
        .await
        .unwrap()
        .0
}

async fn change(db: &Db, of: &SealedWebhook, change: &WebhookChange<'_>) -> Webhook {
    let mut tx = db.begin().await.unwrap();
    let webhook = webhooks::update_webhook(&mut tx, &of.tenant_id, &of.webhook.id, change, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    webhook
}

fn new(stream: &str, seq: i64) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::new(NOW),
        position: seq * 2,
        stream_id: stream.to_owned(),
        seq,
        kind: "contact:new".to_owned(),
        body: format!("{{\"n\":{seq}}}"),
        created_at: NOW + seq,
    }
}

/// Takes deliveries of one stream, from one number to another.
async fn take(db: &Db, of: &SealedWebhook, stream: &str, (from, to): (Option<i64>, i64)) -> bool {
    let fed = Fed {
        cursors: vec![(stream.to_owned(), from, to)],
        deliveries: (from.unwrap_or_default() + 1..=to)
            .map(|seq| new(stream, seq))
            .collect(),
        down_accounts: Vec::new(),
    };
    let mut tx: Tx = db.begin().await.unwrap();
    let good = webhooks::feed(&mut tx, of, NODE, &fed, NOW).await.unwrap();
    if good {
        tx.commit(NOW).await.unwrap();
    }
    good
}

async fn claimed(db: &Db, tenant: &TenantId) -> SealedWebhook {
    let of = add(db, tenant, &["*"], &[]).await;
    webhooks::claim(db, NODE, NOW, NOW + 10).await.unwrap();
    of
}

fn ended(id: &DeliveryId, error: Option<&str>, due_at: Option<i64>) -> Ended {
    let state = match (error, due_at) {
        (None, _) => DeliveryState::Delivered,
        (_, Some(_)) => DeliveryState::Waiting,
        _ => DeliveryState::Failed,
    };
    Ended {
        id: id.clone(),
        state,
        due_at,
        attempted_at: NOW,
        status: Some(500),
        response: Some("oops".to_owned()),
        error: error.map(str::to_owned),
        duration_ms: 7,
    }
}

contract! {
    async fn a_webhook_is_its_tenants_alone(db: Db) {
        let (one, other) = (seed(&db).await.tenant, seed(&db).await.tenant);
        let of = add(&db, &one, &["contact:new"], &[]).await;
        let id = &of.webhook.id;
        assert_eq!(webhooks::list_webhooks(&db, &one).await.unwrap(), std::slice::from_ref(&of.webhook));
        assert!(webhooks::list_webhooks(&db, &other).await.unwrap().is_empty());
        assert!(matches!(webhooks::get_webhook(&db, &other, id).await, Err(DbError::NotFound)));
        let mut tx = db.begin().await.unwrap();
        let none = WebhookChange::default();
        assert!(matches!(webhooks::update_webhook(&mut tx, &other, id, &none, NOW).await, Err(DbError::NotFound)));
        assert!(matches!(webhooks::delete_webhook(&mut tx, &other, id).await, Err(DbError::NotFound)));
        assert!(matches!(webhooks::replace_secret(&mut tx, &other, id, "x", NOW, NOW).await, Err(DbError::NotFound)));
        let rotated = webhooks::replace_secret(&mut tx, &one, id, "newer", NOW + 5, NOW).await.unwrap();
        assert_eq!(rotated.old_secret_until, Some(NOW + 5));
        tx.commit(NOW).await.unwrap();
        let sealed = webhooks::get_webhook(&db, &one, id).await.unwrap();
        assert_eq!((sealed.secret.as_str(), sealed.old_secret.as_deref()), ("newer", Some("sealed")));
        assert!(sealed.version > of.version);
        let mut tx = db.begin().await.unwrap();
        webhooks::delete_webhook(&mut tx, &one, id).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert!(webhooks::list_webhooks(&db, &one).await.unwrap().is_empty());
    }

    async fn what_is_switched_off_says_why_until_it_is_switched_on(db: Db) {
        let of = add(&db, &seed(&db).await.tenant, &["*"], &[]).await;
        let disable = async |of: &SealedWebhook| {
            let mut tx = db.begin().await.unwrap();
            let done = webhooks::disable_webhook(&mut tx, of, "Nothing arrived.", NOW).await.unwrap();
            tx.commit(NOW).await.unwrap();
            done
        };
        assert!(disable(&of).await);
        assert!(!disable(&of).await, "what was changed meanwhile is left alone");
        let off = webhooks::get_webhook(&db, &of.tenant_id, &of.webhook.id).await.unwrap().webhook;
        assert_eq!((off.enabled, off.disabled_reason.as_deref()), (false, Some("Nothing arrived.")));
        assert!(webhooks::claim(&db, NODE, NOW, NOW + 10).await.unwrap().is_empty());
        let on = change(&db, &of, &WebhookChange { enabled: Some(true), name: Some("Other"), ..WebhookChange::default() }).await;
        assert_eq!((on.enabled, on.disabled_reason, on.name.as_str(), on.url.as_str()), (true, None, "Other", "https://shop.example/hook"));
    }

    async fn one_node_delivers_until_its_lease_ends(db: Db) {
        let of = add(&db, &seed(&db).await.tenant, &["*"], &[]).await;
        let claim = async |node: &str, now: i64| webhooks::claim(&db, node, now, now + 10).await.unwrap().len();
        assert_eq!(claim("one", NOW).await, 1);
        assert_eq!(claim("one", NOW + 5).await, 1, "it renews");
        if db.engine() == Engine::Postgres {
            assert_eq!(claim("other", NOW + 14).await, 0);
            assert_eq!(claim("other", NOW + 15).await, 1);
            assert_eq!(claim("one", NOW + 16).await, 0);
            webhooks::release_all(&db, "other", NOW).await.unwrap();
            assert_eq!(claim("one", NOW + 16).await, 1);
        } else {
            assert_eq!(claim("other", NOW).await, 1, "there is one node, and what a former life had is its own");
            webhooks::release_all(&db, "other", NOW).await.unwrap();
        }
        assert_eq!(of.webhook.waiting, 0);
    }

    async fn it_is_told_of_what_happens_from_now_on(db: Db) {
        let Seed { tenant, account, .. } = seed(&db).await;
        happens(&db, &tenant, "before").await;
        let of = claimed(&db, &tenant).await;
        let behind = async || webhooks::list_behind(&db, NODE).await.unwrap();
        assert!(behind().await.is_empty());
        happens(&db, &tenant, "after").await;
        let stream = format!("tenant:{tenant}");
        let found = behind().await;
        assert_eq!(found.len(), 1);
        let (from, head) = (found[0].cursor.unwrap(), found[0].head);
        assert_eq!((found[0].stream_id.as_str(), head), (stream.as_str(), from + 1));
        let read = async |types: &str| webhooks::read(&db, &tenant, &stream, (from, head), types, 10).await.unwrap();
        assert_eq!(read("*").await.events[0].kind, "saved_reply:changed");
        assert_eq!(read(",saved_reply:changed,").await.events.len(), 1);
        let passed = read(",contact:new,").await;
        assert_eq!((passed.events.len(), passed.until, passed.reset), (0, head, false));
        let foreign = webhooks::read(&db, &TenantId::new(NOW), &stream, (from, head), "*", 10).await.unwrap();
        assert!(foreign.events.is_empty());
        // A stream that begins later is read from its beginning; an account's is left out once the webhook is for other accounts.
        sql(&db, &format!("INSERT INTO streams (id, tenant_id, head) VALUES ('account:{account}', '{tenant}', 3)")).await;
        sql(&db, &format!("INSERT INTO streams (id, tenant_id, head) VALUES ('user:x', '{tenant}', 3)")).await;
        let account_stream = format!("account:{account}");
        let fresh = behind().await.into_iter().find(|behind| behind.stream_id == account_stream).unwrap();
        assert_eq!((fresh.cursor, fresh.head), (None, 3));
        assert!(behind().await.iter().all(|behind| !behind.stream_id.starts_with("user:")), "streams of users are their own");
        assert!(take(&db, &of, &account_stream, (None, 3)).await);
        assert!(!behind().await.iter().any(|behind| behind.stream_id == account_stream));
    }

    async fn a_stream_that_began_while_it_was_switched_off_is_read_from_its_beginning(db: Db) {
        let Seed { tenant, account, .. } = seed(&db).await;
        let of = claimed(&db, &tenant).await;
        let stream = format!("account:{account}");
        change(&db, &of, &WebhookChange { enabled: Some(false), ..WebhookChange::default() }).await;
        sql(&db, &format!("INSERT INTO streams (id, tenant_id, head) VALUES ('{stream}', '{tenant}', 3)")).await;
        change(&db, &of, &WebhookChange { enabled: Some(true), ..WebhookChange::default() }).await;
        let behind = async || {
            let all = webhooks::list_behind(&db, NODE).await.unwrap();
            all.into_iter().find(|behind| behind.stream_id == stream).map(|behind| behind.cursor)
        };
        assert_eq!(behind().await, Some(None));
        let other = [AccountId::new(NOW)];
        change(&db, &of, &WebhookChange { account_ids: Some(&other), ..WebhookChange::default() }).await;
        assert!(!webhooks::follows(&other, &stream) && webhooks::follows(&[], &stream));
        change(&db, &of, &WebhookChange { account_ids: Some(&[]), ..WebhookChange::default() }).await;
        assert_eq!(behind().await, None, "what it begins to follow it is told of from now on");
    }

    async fn what_is_older_than_the_log_is_told_as_such(db: Db) {
        let tenant = seed(&db).await.tenant;
        for name in ["a", "b", "c"] {
            happens(&db, &tenant, name).await;
        }
        let stream = format!("tenant:{tenant}");
        let head = hoopoe_db::streams::head(&db, &stream).await.unwrap();
        let read = async |after: i64| webhooks::read(&db, &tenant, &stream, (after, head), "*", 10).await.unwrap();
        sql(&db, &format!("DELETE FROM events WHERE stream_id = '{stream}' AND seq < {head}")).await;
        let page = read(0).await;
        assert_eq!((page.reset, page.until, page.events.len()), (true, head - 1, 0));
        assert_eq!(read(head - 1).await.events.len(), 1);
        sql(&db, &format!("DELETE FROM events WHERE stream_id = '{stream}'")).await;
        let page = read(head - 1).await;
        assert_eq!((page.reset, page.until), (true, head));
    }

    async fn an_event_becomes_one_delivery_whoever_reads_it(db: Db) {
        let of = claimed(&db, &seed(&db).await.tenant).await;
        assert!(take(&db, &of, "account:x", (None, 2)).await);
        assert!(!take(&db, &of, "account:x", (None, 2)).await, "somebody was quicker");
        assert!(take(&db, &of, "account:x", (Some(2), 3)).await);
        assert!(!take(&db, &of, "account:x", (Some(2), 3)).await);
        assert_eq!(list(&db, &of, None).await.len(), 3);
        change(&db, &of, &WebhookChange { name: Some("x"), ..WebhookChange::default() }).await;
        assert!(!take(&db, &of, "account:x", (Some(3), 4)).await, "it was changed meanwhile");
        let of = webhooks::get_webhook(&db, &of.tenant_id, &of.webhook.id).await.unwrap();
        if db.engine() == Engine::Postgres {
            webhooks::claim(&db, "other", NOW + 10, NOW + 20).await.unwrap();
            assert!(!take(&db, &of, "account:x", (Some(3), 4)).await, "it is another node's");
            webhooks::claim(&db, NODE, NOW + 20, NOW + 30).await.unwrap();
        }
        assert!(take(&db, &of, "account:x", (Some(3), 4)).await);
    }

    async fn another_life_of_the_log_sets_all_cursors_to_its_heads(db: Db) {
        let tenant = seed(&db).await.tenant;
        let of = claimed(&db, &tenant).await;
        happens(&db, &tenant, "a").await;
        let mut tx = db.begin().await.unwrap();
        let heads = webhooks::reset_cursors(&mut tx, &of, "two", NOW).await.unwrap();
        let again = webhooks::reset_cursors(&mut tx, &of, "two", NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert!(heads.iter().any(|(stream, _)| *stream == format!("tenant:{tenant}")));
        assert!(again.is_empty());
        assert!(webhooks::list_behind(&db, NODE).await.unwrap().is_empty());
    }

    async fn a_lane_keeps_its_order_and_waits_for_its_first(db: Db) {
        let of = claimed(&db, &seed(&db).await.tenant).await;
        assert!(take(&db, &of, "account:x", (None, 3)).await);
        assert!(take(&db, &of, "account:y", (None, 1)).await);
        let lanes = async || {
            let lanes = webhooks::list_lanes(&db, &of).await.unwrap();
            lanes.into_iter().map(|lane| (lane.lane, lane.due_at - NOW, lane.waiting)).collect::<Vec<_>>()
        };
        assert_eq!(lanes().await, [("account:x".to_owned(), 0, 3), ("account:y".to_owned(), 0, 1)]);
        let due = async |now: i64| webhooks::list_due(&db, &of, "account:x", now, 10).await.unwrap();
        let first = due(NOW).await;
        assert_eq!(first.iter().map(|due| due.body.as_str()).collect::<Vec<_>>(), [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
        let settled = webhooks::settle(&db, &of, &[ended(&first[0].id, Some("No."), Some(NOW + 50))], NOW).await.unwrap();
        assert_eq!(settled.failing_since, Some(NOW));
        assert!(due(NOW + 49).await.is_empty(), "those behind wait as well");
        assert_eq!(due(NOW + 50).await.len(), 3);
        assert_eq!(lanes().await, [("account:y".to_owned(), 0, 1), ("account:x".to_owned(), 50, 3)]);
        let webhook = webhooks::get_webhook(&db, &of.tenant_id, &of.webhook.id).await.unwrap().webhook;
        assert_eq!((webhook.waiting, webhook.last_error.as_deref(), webhook.failing_since), (4, Some("No."), Some(NOW)));
        let both = [ended(&first[0].id, None, None), ended(&first[1].id, None, None)];
        let settled = webhooks::settle(&db, &of, &both, NOW + 60).await.unwrap();
        assert_eq!(settled.failing_since, None);
        let waiting = webhooks::count_waiting(&db, Some(&of.tenant_id)).await.unwrap();
        assert_eq!((waiting.deliveries, waiting.since, waiting.failing), (2, Some(NOW + 1), 0));
        assert_eq!(webhooks::count_waiting(&db, None).await.unwrap().deliveries, 2);
        assert_eq!(webhooks::count_waiting(&db, Some(&TenantId::new(NOW))).await.unwrap().deliveries, 0);
    }

    async fn what_was_given_up_is_sent_again_apart_from_what_is_new(db: Db) {
        let of = claimed(&db, &seed(&db).await.tenant).await;
        let (tenant, id) = (&of.tenant_id, &of.webhook.id);
        assert!(take(&db, &of, "account:x", (None, 4)).await);
        let due = webhooks::list_due(&db, &of, "account:x", NOW, 10).await.unwrap();
        let ends = [ended(&due[0].id, Some("No."), None), ended(&due[1].id, None, None)];
        webhooks::settle(&db, &of, &ends, NOW).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let skipped = webhooks::skip_delivery(&mut tx, tenant, id, &due[2].id, NOW).await.unwrap();
        assert_eq!((skipped.state, skipped.due_at), (DeliveryState::Skipped, None));
        assert!(matches!(webhooks::skip_delivery(&mut tx, tenant, id, &due[0].id, NOW).await, Err(DbError::Conflict(_))));
        let none = webhooks::replay(&mut tx, &TenantId::new(NOW), id, Replay { from: 0, to: i64::MAX, delivered: true }, NOW).await.unwrap();
        assert_eq!(none, 0);
        tx.commit(NOW).await.unwrap();
        webhooks::settle(&db, &of, &[ended(&due[2].id, None, None)], NOW).await.unwrap();
        let states = async || {
            let mut all = list(&db, &of, None).await;
            all.reverse();
            all.iter().map(|one| (one.state.as_str(), one.attempts)).collect::<Vec<_>>()
        };
        assert_eq!(states().await, [("failed", 1), ("delivered", 1), ("skipped", 0), ("waiting", 0)]);
        assert_eq!(list(&db, &of, Some(DeliveryState::Failed)).await.len(), 1);
        let again = async |delivered: bool| {
            let mut tx = db.begin().await.unwrap();
            let count = webhooks::replay(&mut tx, tenant, id, Replay { from: NOW, to: NOW + 2, delivered }, NOW).await.unwrap();
            tx.commit(NOW).await.unwrap();
            count
        };
        assert_eq!(again(false).await, 1);
        assert_eq!(again(true).await, 1);
        let lanes = webhooks::list_lanes(&db, &of).await.unwrap();
        assert_eq!(lanes.iter().map(|lane| (lane.lane.as_str(), lane.waiting)).collect::<Vec<_>>(), [("account:x", 1), ("again:account:x", 2)]);
        let mut tx = db.begin().await.unwrap();
        let replayed = webhooks::replay_delivery(&mut tx, tenant, id, &due[2].id, NOW).await.unwrap();
        assert_eq!((replayed.state, &replayed.id), (DeliveryState::Waiting, &due[2].id));
        assert!(matches!(webhooks::replay_delivery(&mut tx, &TenantId::new(NOW), id, &due[2].id, NOW).await, Err(DbError::NotFound)));
        tx.commit(NOW).await.unwrap();
        assert_eq!(webhooks::find_body(&db, tenant, id, &due[2].id).await.unwrap(), r#"{"n":3}"#);
        assert!(matches!(webhooks::find_body(&db, &TenantId::new(NOW), id, &due[2].id).await, Err(DbError::NotFound)));
        assert!(matches!(webhooks::get_delivery(&db, &TenantId::new(NOW), id, &due[2].id).await, Err(DbError::NotFound)));
    }

    async fn the_log_pages_and_forgets(db: Db) {
        let of = claimed(&db, &seed(&db).await.tenant).await;
        let (tenant, id) = (&of.tenant_id, &of.webhook.id);
        assert!(take(&db, &of, "account:x", (None, 5)).await);
        let due = webhooks::list_due(&db, &of, "account:x", NOW, 4).await.unwrap();
        let ends: Vec<_> = due.iter().map(|due| ended(&due.id, None, None)).collect();
        webhooks::settle(&db, &of, &ends, NOW).await.unwrap();
        let filter = DeliveryFilter { limit: 3, ..DeliveryFilter::default() };
        let (first, next) = webhooks::list_deliveries(&db, tenant, id, &filter).await.unwrap();
        let filter = DeliveryFilter { after: next.as_ref(), ..filter };
        let (rest, end) = webhooks::list_deliveries(&db, tenant, id, &filter).await.unwrap();
        assert_eq!((first.len(), rest.len(), end), (3, 2, None));
        assert!(first[2].id > rest[0].id, "newest first");
        let none = DeliveryFilter { kind: Some("message:new"), limit: 3, ..DeliveryFilter::default() };
        assert!(webhooks::list_deliveries(&db, tenant, id, &none).await.unwrap().0.is_empty());
        let test = Delivery { id: DeliveryId::new(NOW), kind: "webhook:test".to_owned(), ..first[2].clone() };
        webhooks::insert_delivery(&db, tenant, &test, "{}", NOW).await.unwrap();
        let stored = webhooks::get_delivery(&db, tenant, id, &test.id).await.unwrap();
        assert_eq!((stored.kind.as_str(), stored.attempts, stored.state), ("webhook:test", 1, DeliveryState::Delivered));
        assert!(!webhooks::prune_deliveries(&db, NOW, 3, 100).await.unwrap());
        assert_eq!(list(&db, &of, None).await.len(), 3, "all but the newest");
        assert!(!webhooks::prune_deliveries(&db, NOW + 1, 100, 100).await.unwrap());
        assert_eq!(list(&db, &of, None).await.iter().map(|one| one.state).collect::<Vec<_>>(), [DeliveryState::Waiting], "what waits stays");
    }
}

#[test]
fn every_event_but_those_of_users_can_be_chosen() {
    let words: Vec<_> = WebhookEventType::words().collect();
    for name in event::NAMES {
        let personal = ["membership:changed", "draft:changed"].contains(name);
        assert_eq!(words.contains(name), !personal, "{name}");
    }
    assert!(WebhookEventType::parse("message:nev").is_none());
}
