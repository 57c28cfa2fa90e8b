//! The outbox: accepted once, claimed in order under a lease, settled whatever comes first.

mod change;
mod lanes;
mod later;
mod together;

use hoopoe_db::{
    Db, Id, accounts, contract, conversations,
    ids::{AccountId, ConversationId, MessageId, TenantId},
    ingest::{IncomingStatus, IncomingUpdate, Person},
    messages,
    model::{AttemptOutcome, Conversation, Direction, Message, MessageError, MessageStatus},
    outbox::{self, Due, Ended, Job, Lease, NewMessage, Outcome, Words},
    testing::{NOW, number},
};

use crate::{
    ingest::shop::{Shop, kinds, named, phone},
    people::names,
};

const WORDS: Words<'static> = Words {
    interrupted: "stopped",
    unknown: "nobody knows",
};

/// A shop to which Ana has written.
async fn open(db: &Db) -> (Shop, Conversation) {
    let shop = Shop::open(db).await;
    let ana = named(&[phone("40721000001")], "Ana");
    shop.takes(&[shop.text(&ana, "hello")]).await;
    let thread = shop.thread(&phone("40721000001")).await;
    (shop, thread)
}

fn new<'a>(shop: &'a Shop, thread: &'a Conversation, client_id: &'a str) -> NewMessage<'a> {
    NewMessage {
        conversation: thread,
        author_id: &shop.seed.agent,
        client_id,
        kind: "text",
        text: Some(client_id),
        content: "{}",
        quoted: None,
        file: None,
        send_at: None,
        payload: "{\"message\":{}}",
    }
}

async fn accept(shop: &Shop, new: &NewMessage<'_>, now: i64) -> Message {
    let mut tx = shop.db.begin().await.unwrap();
    let message = outbox::accept(&mut tx, shop.tenant(), new, now)
        .await
        .unwrap();
    tx.commit(now).await.unwrap();
    message.unwrap()
}

async fn due(shop: &Shop, now: i64) -> Vec<MessageId> {
    let found = outbox::find_due(&shop.db, shop.tenant(), shop.account(), &[], now, 100).await;
    found
        .unwrap()
        .into_iter()
        .map(|due: Due| due.message_id)
        .collect()
}

async fn claim_as(shop: &Shop, node: &str, ids: &[MessageId], now: i64) -> Vec<Job> {
    let lease = Lease {
        sending: now + 1_000,
        preparing: now + 10_000,
    };
    let whose = (shop.tenant(), shop.account());
    outbox::claim(&shop.db, whose, node, ids, now, lease)
        .await
        .unwrap()
}

async fn claim(shop: &Shop, id: &MessageId, now: i64) -> Job {
    claim_as(shop, "n1", std::slice::from_ref(id), now)
        .await
        .remove(0)
}

fn ended(job: &Job, outcome: Outcome, now: i64) -> Ended {
    Ended {
        message_id: job.message_id.clone(),
        tenant_id: job.tenant_id.clone(),
        target_id: job.target_id.clone(),
        account_id: job.account_id.clone(),
        attempt: job.attempt,
        started_at: job.started_at,
        ended_at: now,
        outcome,
    }
}

async fn settle(shop: &Shop, job: &Job, outcome: Outcome, now: i64) -> Vec<String> {
    let mut tx = shop.db.begin().await.unwrap();
    outbox::settle(&mut tx, &[ended(job, outcome, now)], now)
        .await
        .unwrap();
    names(&tx.commit(now).await.unwrap())
}

fn accepted(id: &str) -> Outcome {
    Outcome::Accepted {
        provider_id: id.to_owned(),
    }
}

fn error(code: i64) -> MessageError {
    MessageError {
        code,
        title: "no".into(),
        detail: "because".into(),
    }
}

async fn get(shop: &Shop, id: &MessageId) -> Message {
    messages::get(&shop.db, shop.tenant(), id).await.unwrap()
}

async fn expire(shop: &Shop, now: i64) {
    let mut tx = shop.db.begin().await.unwrap();
    outbox::expire(&mut tx, now, 500, WORDS).await.unwrap();
    tx.commit(now).await.unwrap();
}

/// A status that names our attempt, as Meta's do.
async fn status(shop: &Shop, provider_id: &str, callback: String, status: MessageStatus) {
    status_at(shop, None, provider_id, callback, status).await;
}

/// The same of one member of a group.
async fn status_at(
    shop: &Shop,
    member: Option<Person>,
    provider_id: &str,
    callback: String,
    status: MessageStatus,
) {
    let told = IncomingStatus {
        provider_id: provider_id.to_owned(),
        status,
        at: NOW + 5,
        error: (status == MessageStatus::Failed).then(|| error(131_026)),
        callback: Some(callback),
        recipient: Person::default(),
        member,
    };
    shop.takes(&[shop.update(IncomingUpdate::Status(told))])
        .await;
}

contract! {
    async fn an_accepted_message_is_stored_shown_and_queued_at_once(db: Db) {
        let (shop, thread) = open(&db).await;
        let mut tx = db.begin().await.unwrap();
        let message = outbox::accept(&mut tx, shop.tenant(), &new(&shop, &thread, "c1"), NOW + 9).await.unwrap().unwrap();
        let events = tx.commit(NOW + 9).await.unwrap();
        assert_eq!(kinds(&events), ["message:new"]);
        assert_eq!(get(&shop, &message.id).await, message, "what is announced is what was stored");
        let now = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap();
        let last = now.last_message.unwrap();
        assert_eq!((last.id, last.status, last.text.as_str()), (message.id.clone(), MessageStatus::Sending, "c1"));
        assert_eq!((now.message_count, now.version), (thread.message_count + 1, thread.version + 1));
        assert_eq!(due(&shop, NOW + 9).await, [message.id]);
        assert_eq!(number(&db, "SELECT messages_out FROM contacts").await, 1);
    }

    async fn a_client_id_is_accepted_once_per_account(db: Db) {
        let (shop, thread) = open(&db).await;
        let first = accept(&shop, &new(&shop, &thread, "c1"), NOW).await;
        let mut tx = db.begin().await.unwrap();
        let again = outbox::accept(&mut tx, shop.tenant(), &new(&shop, &thread, "c1"), NOW).await.unwrap();
        assert!(again.is_none());
        drop(tx);
        let found = outbox::find_by_client(&db, shop.tenant(), shop.account(), "c1").await.unwrap();
        assert_eq!(found.unwrap().id, first.id);
        let stranger = TenantId::new(NOW);
        assert!(outbox::find_by_client(&db, &stranger, shop.account(), "c1").await.unwrap().is_none());
        assert_eq!(number(&db, "SELECT count(*) FROM outbox").await, 1);
    }

    async fn several_that_accept_the_same_at_once_store_one(db: Db) {
        let (shop, thread) = open(&db).await;
        let one = async || {
            let mut tx = db.begin().await.unwrap();
            let message = outbox::accept(&mut tx, shop.tenant(), &new(&shop, &thread, "c1"), NOW).await.unwrap();
            if message.is_some() { tx.commit(NOW).await.unwrap(); }
            message.is_some()
        };
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        assert_eq!([a, b, c, d].iter().filter(|first| **first).count(), 1);
        assert_eq!(number(&db, "SELECT count(*) FROM messages WHERE direction = 'out'").await, 1);
    }

    async fn only_the_first_of_a_conversation_may_be_claimed_and_it_holds_back_the_others(db: Db) {
        let (shop, thread) = open(&db).await;
        let first = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let second = accept(&shop, &new(&shop, &thread, "c2"), NOW + 1).await.id;
        assert_eq!(due(&shop, NOW + 1).await, std::slice::from_ref(&first));
        assert!(claim_as(&shop, "n1", std::slice::from_ref(&second), NOW + 1).await.is_empty());
        let job = claim(&shop, &first, NOW + 1).await;
        assert_eq!((job.attempt, job.tries, job.media_id.is_none()), (1, 0, true));
        assert!(claim_as(&shop, "n2", std::slice::from_ref(&first), NOW + 1).await.is_empty(), "leased");
        assert!(due(&shop, NOW + 2).await.is_empty(), "nothing overtakes");
        let later = Outcome::Later { error: error(131_000), at: NOW + 50, held: false };
        settle(&shop, &job, later, NOW + 2).await;
        assert!(due(&shop, NOW + 49).await.is_empty(), "nor while it waits for another attempt");
        assert_eq!(outbox::next_due(&db, shop.tenant(), shop.account(), NOW + 2).await.unwrap(), Some(NOW + 50));
        let job = claim(&shop, &first, NOW + 50).await;
        assert_eq!((job.attempt, job.tries), (2, 1));
        assert_eq!(settle(&shop, &job, accepted("w1"), NOW + 51).await, ["account message:status"]);
        assert_eq!(due(&shop, NOW + 51).await, [second]);
    }

    async fn several_nodes_that_claim_at_once_share_the_work(db: Db) {
        let shop = Shop::open(&db).await;
        let mut ids = Vec::new();
        for nth in 0..6 {
            let digits = format!("4072100000{nth}");
            shop.takes(&[shop.text(&named(&[phone(&digits)], "x"), &format!("in{nth}"))]).await;
            let thread = shop.thread(&phone(&digits)).await;
            ids.push(accept(&shop, &new(&shop, &thread, &digits), NOW).await.id);
        }
        let (one, two) = tokio::join!(claim_as(&shop, "n1", &ids, NOW), claim_as(&shop, "n2", &ids, NOW));
        assert_eq!(one.len() + two.len(), 6);
        assert!(one.iter().all(|job| two.iter().all(|other| other.message_id != job.message_id)));
    }

    async fn what_the_provider_took_is_sent_and_every_attempt_is_kept(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        let running = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        assert_eq!((running.len(), running[0].ended_at, running[0].outcome), (1, None, None));
        let later = Outcome::Later { error: error(131_000), at: NOW + 1, held: false };
        settle(&shop, &job, later, NOW).await;
        let waiting = get(&shop, &id).await;
        assert_eq!((waiting.status, waiting.attempts, waiting.error), (MessageStatus::Sending, 1, Some(error(131_000))));
        let job = claim(&shop, &id, NOW + 1).await;
        settle(&shop, &job, accepted("w1"), NOW + 2).await;
        let sent = get(&shop, &id).await;
        assert_eq!((sent.status, sent.attempts, sent.error, sent.sent_at), (MessageStatus::Sent, 2, None, Some(NOW + 2)));
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.unwrap()).collect();
        assert_eq!(outcomes, [AttemptOutcome::Refused, AttemptOutcome::Accepted]);
        assert_eq!(attempts[0].retry_at, Some(NOW + 1));
        assert!(outbox::list_attempts(&db, &TenantId::new(NOW), &id).await.unwrap().is_empty());
        assert_eq!(number(&db, "SELECT count(*) FROM outbox WHERE due_at IS NULL AND state = 'done'").await, 1);
        accounts::touch(&db, Direction::Out, &[(shop.tenant().clone(), shop.account().clone(), NOW + 2)]).await.unwrap();
        assert_eq!(number(&db, "SELECT last_outbound_at FROM accounts").await, NOW + 2);
    }

    async fn a_status_that_names_the_attempt_settles_it_before_or_without_our_own_response(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Delivered).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Delivered);
        settle(&shop, &job, accepted("w1"), NOW + 9).await;
        let settled = get(&shop, &id).await;
        assert_eq!((settled.status, settled.attempts), (MessageStatus::Delivered, 1));
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Read).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Read);
        assert_eq!(number(&db, "SELECT count(*) FROM parked_updates").await, 0);
    }

    async fn a_status_without_a_word_of_ours_waits_for_our_response(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        shop.takes(&[shop.status("w1", MessageStatus::Delivered, 1)]).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Sending);
        let told = settle(&shop, &job, accepted("w1"), NOW + 9).await;
        assert_eq!(told, ["account message:status", "account message:status"]);
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Delivered);
        let preview = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap().last_message.unwrap();
        assert_eq!(preview.status, MessageStatus::Delivered);
    }

    async fn the_provider_closes_windows_and_takes_reactions_back(db: Db) {
        let (shop, thread) = open(&db).await;
        assert!(thread.window_expires_at.unwrap() > NOW + 1_000);
        let target = messages::list_newest_inbound(&db, shop.tenant(), &thread.id, 1).await.unwrap().remove(0);
        let most = messages::list_newest_inbound(&db, shop.tenant(), &thread.id, 9).await.unwrap();
        assert_eq!(most[0], target);
        assert!(messages::list_newest_inbound(&db, &TenantId::new(NOW), &thread.id, 9).await.unwrap().is_empty());
        let hello = shop.stored(&target).await;
        let quoted = messages::find_quoted(&db, shop.tenant(), &thread.id, &hello.id).await.unwrap().unwrap();
        assert_eq!(quoted.provider_id.as_deref(), Some(target.as_str()));
        let elsewhere = ConversationId::new(NOW);
        assert!(messages::find_quoted(&db, shop.tenant(), &elsewhere, &hello.id).await.unwrap().is_none());
        let react = async |client_id: &str| {
            let mut tx = db.begin().await.unwrap();
            let (place, said) = ((&hello.id, target.as_str()), (client_id, "👍"));
            let shown = outbox::accept_reaction(&mut tx, shop.tenant(), &thread, place, said, "{}", NOW + 9).await.unwrap();
            tx.commit(NOW + 9).await.unwrap();
            shown
        };
        assert_eq!(react("r1").await.unwrap().reactions[0].emoji, "👍");
        assert!(react("r1").await.is_none());
        let found = outbox::find_by_client(&db, shop.tenant(), shop.account(), "r1").await.unwrap().unwrap();
        assert_eq!(found.id, hello.id);
        let id = due(&shop, NOW + 9).await.remove(0);
        let job = claim(&shop, &id, NOW + 9).await;
        let told = settle(&shop, &job, Outcome::Refused(error(outbox::WINDOW_CLOSED_CODE)), NOW + 10).await;
        assert_eq!(told, ["account message:updated", "account conversation:updated"]);
        assert!(get(&shop, &hello.id).await.reactions.is_empty());
        let closed = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap();
        assert_eq!(closed.window_expires_at, Some(NOW + 10));
    }

    async fn what_is_done_is_forgotten_by_age_and_what_is_due_is_found_by_index(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        assert_eq!(outbox::prune(&db, NOW + 10).await.unwrap(), 0, "it is not done");
        let job = claim(&shop, &id, NOW).await;
        settle(&shop, &job, accepted("w1"), NOW).await;
        assert_eq!(outbox::prune(&db, NOW + 10).await.unwrap(), 1);
        let account: &AccountId = shop.account();
        let plan = outbox::explain_find_due(&db, shop.tenant(), account).await.unwrap();
        assert!(plan.contains("outbox_due") || plan.contains("outbox_sweep"), "{plan}");
    }
}
