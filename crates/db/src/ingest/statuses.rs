//! Statuses of messages that we sent: merged by rank whatever their order, every time stamp kept, those without a message parked. Those of messages
//! to groups are told of each member, and go on to [`recipients`].

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Incoming, IncomingUpdate, IngestError, Round,
    by_provider_id::{self, MessageKey, by_provider_id},
    ledger::Member,
    parked::{self, ParkedStatus},
    previews, recipients,
    stamps::Stamps,
};
use crate::{
    Millis, conversations,
    event::{Audience, Draft, Event, MessageStatusChanged},
    ids::{AccountId, ConversationId, MessageId, TenantId},
    model::MessageStatus,
    outbox,
    sql::{Rows, batch, execute},
};

/// A message whose status rose, or that reached more members of its group.
#[derive(Debug)]
pub(super) struct Moved {
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    pub change: MessageStatusChanged,
}

/// Applies the batch's statuses and those that had waited; parks those whose message is not here.
pub(super) async fn apply(
    round: &mut Round<'_>,
    batch: &[Incoming],
    waited: &[ParkedStatus],
) -> Result<Vec<Moved>, IngestError> {
    let all = collect(batch, waited);
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (news, of_groups) = sort(&all);
    let keys = || news.keys().chain(of_groups.keys());
    let mut found = by_provider_id::find::<Target>(round, &FIND, keys()).await?;
    let callbacks = callbacks(&all, &found);
    if outbox::attach(round.tx, &callbacks, round.now).await? {
        found = by_provider_id::find::<Target>(round, &FIND, keys()).await?;
    }
    let orphans: Vec<&ParkedStatus> = all
        .iter()
        .filter(|status| !found.contains_key(&status.key()))
        .collect();
    parked::park(round, &orphans, &[]).await?;
    let mut moved = write(round, &news, &found).await?;
    moved.extend(recipients::apply(round, &of_groups, &found).await?);
    follow(round, &moved).await?;
    Ok(moved)
}

/// Each message's statuses folded into one, except those that are told of a group's members. No message is of both kinds.
fn sort(all: &[ParkedStatus]) -> (BTreeMap<MessageKey, Stamps>, recipients::News<'_>) {
    let mut of_groups = recipients::News::new();
    for (status, member) in all
        .iter()
        .filter_map(|one| Some((one, one.member.as_ref()?)))
    {
        let news = of_groups.entry(status.key()).or_default();
        news.push((status, member));
    }
    let mut news: BTreeMap<MessageKey, Stamps> = BTreeMap::new();
    let single = all.iter().filter(|status| status.member.is_none());
    for (key, status) in single.map(|status| (status.key(), status)) {
        if !of_groups.contains_key(&key) {
            let stamps = news.entry(key).or_default();
            stamps.note(status.status, status.at, status.error.as_ref());
        }
    }
    (news, of_groups)
}

/// Of the statuses whose message has not been told the provider's id, those that name the message itself.
fn callbacks(all: &[ParkedStatus], found: &BTreeMap<MessageKey, Target>) -> Vec<outbox::Callback> {
    let mut named: BTreeMap<MessageId, outbox::Callback> = BTreeMap::new();
    for status in all {
        let Some((id, attempt)) = status.callback.as_deref().and_then(read_callback) else {
            continue;
        };
        let key = status.key();
        if found.contains_key(&key) {
            continue;
        }
        let callback = outbox::Callback {
            tenant_id: key.0,
            account_id: key.1,
            provider_id: key.2,
            message_id: id.clone(),
            attempt,
        };
        let held = named.entry(id).or_insert_with(|| callback.clone());
        if held.attempt < attempt {
            *held = callback;
        }
    }
    named.into_values().collect()
}

/// Message and attempt, as `outbox::callback` writes them.
pub(super) fn read_callback(text: &str) -> Option<(MessageId, i64)> {
    let (id, attempt) = text.split_once('.')?;
    Some((id.parse().ok()?, attempt.parse().ok()?))
}

fn collect(batch: &[Incoming], waited: &[ParkedStatus]) -> Vec<ParkedStatus> {
    let fresh = batch.iter().filter_map(|incoming| match &incoming.update {
        IncomingUpdate::Status(status) => Some(ParkedStatus {
            tenant_id: incoming.tenant_id.clone(),
            account_id: incoming.account_id.clone(),
            provider_id: status.provider_id.clone(),
            status: status.status,
            at: status.at,
            error: status.error.clone(),
            callback: status.callback.clone(),
            member: status.member.as_ref().map(Member::from),
        }),
        _ => None,
    });
    fresh.chain(waited.iter().cloned()).collect()
}

by_provider_id!(FIND, "m.id, m.conversation_id, m.status_rank");

/// A message that a status speaks of.
#[derive(sqlx::FromRow)]
pub(super) struct Target {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub status_rank: i64,
}

impl Target {
    /// Not one of the customer's.
    pub(super) fn is_ours(&self) -> bool {
        self.status_rank < MessageStatus::Received.rank()
    }
}

batch!(
    WRITE,
    "UPDATE messages SET
       status = CASE WHEN r.rank > messages.status_rank THEN r.status ELSE messages.status END,
       status_rank = CASE WHEN r.rank > messages.status_rank THEN r.rank ELSE messages.status_rank END,
       sent_at = COALESCE(messages.sent_at, r.sent_at),
       delivered_at = COALESCE(messages.delivered_at, r.delivered_at),
       read_at = COALESCE(messages.read_at, r.read_at),
       played_at = COALESCE(messages.played_at, r.played_at),
       failed_at = COALESCE(messages.failed_at, r.failed_at),
       error = COALESCE(r.error, messages.error)
     FROM {rows: id TEXT, rank BIGINT, status TEXT, sent_at BIGINT, delivered_at BIGINT, read_at BIGINT, played_at BIGINT,
       failed_at BIGINT, error TEXT}
     WHERE messages.id = r.id AND messages.direction = 'out'"
);

async fn write(
    round: &mut Round<'_>,
    news: &BTreeMap<MessageKey, Stamps>,
    found: &BTreeMap<MessageKey, Target>,
) -> Result<Vec<Moved>, IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a MessageId,
        rank: i64,
        status: MessageStatus,
        sent_at: Option<Millis>,
        delivered_at: Option<Millis>,
        read_at: Option<Millis>,
        played_at: Option<Millis>,
        failed_at: Option<Millis>,
        error: Option<String>,
    }
    let mut rows = Vec::with_capacity(found.len());
    let mut moved = Vec::new();
    for (key, row) in found {
        let told = news.get(key).and_then(|news| Some((news, news.highest()?)));
        let Some((news, (status, at))) = told else {
            continue;
        };
        let error = news.error.as_ref().map(serde_json::to_string).transpose()?;
        rows.push(Row {
            id: &row.id,
            rank: status.rank(),
            status,
            sent_at: news.sent_at,
            delivered_at: news.delivered_at,
            read_at: news.read_at,
            played_at: news.played_at,
            failed_at: news.failed_at,
            error,
        });
        if status.rank() > row.status_rank {
            moved.push(Moved {
                tenant_id: key.0.clone(),
                account_id: key.1.clone(),
                change: MessageStatusChanged {
                    message_id: row.id.clone(),
                    conversation_id: row.conversation_id.clone(),
                    status,
                    at,
                    error: news
                        .error
                        .clone()
                        .filter(|_| status == MessageStatus::Failed),
                    attempts: None,
                    recipients: None,
                    send_at: None,
                },
            });
        }
    }
    if !rows.is_empty() {
        execute!(round.tx, &WRITE, Rows(&rows))?;
    }
    Ok(moved)
}

/// What else changes with a status: the window that is closed after all, the tick beside the conversation's last message.
async fn follow(round: &mut Round<'_>, moved: &[Moved]) -> Result<(), IngestError> {
    let closed = moved
        .iter()
        .filter(|moved| {
            let error = moved.change.error.as_ref();
            error.is_some_and(|error| error.code == outbox::WINDOW_CLOSED_CODE)
        })
        .map(|moved| {
            (
                moved.tenant_id.clone(),
                moved.change.conversation_id.clone(),
            )
        })
        .collect();
    conversations::close_windows(round.tx, &closed, round.now).await?;
    if !moved.is_empty() {
        let ticks: Vec<_> = moved
            .iter()
            .map(|m| {
                (
                    m.change.conversation_id.clone(),
                    m.change.message_id.clone(),
                    m.change.status,
                )
            })
            .collect();
        previews::follow_status(round, &ticks).await?;
    }
    Ok(())
}

/// Notes `message:status`.
pub(super) fn announce(round: &mut Round<'_>, moved: Vec<Moved>) {
    for Moved {
        tenant_id,
        account_id,
        change,
    } in moved
    {
        let audience = Audience::Account(account_id);
        round.tx.record(Draft {
            tenant_id,
            audience,
            event: Event::MessageStatus(change),
        });
    }
}
