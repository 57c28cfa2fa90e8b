//! Settling: how attempts ended, many in one transaction. What the provider took is `sent`, and statuses that came before are applied.

use std::{
    collections::{BTreeSet, HashSet},
    sync::LazyLock,
};

use serde::Serialize;
use sqlx::Postgres;

use super::{Ended, Outcome, WINDOW_CLOSED_CODE, change, newest::show};
use crate::{
    Db, DbResult, Millis, Tx,
    columns::{Bind as _, Parameters},
    conversations,
    event::{Audience, Committed, Draft, Event, MessageStatusChanged},
    ids::{AccountId, ConversationId, MessageId, TenantId},
    ingest,
    model::{AttemptOutcome, MessageError, MessageStatus, ReactionBy},
    sql::{Conn, Lend as _, Rows, batch, execute, fetch_all, fetch_optional, id_rows},
    together::Together,
};

batch!(
    FREE,
    "UPDATE outbox SET state = r.state, due_at = r.due_at, held = r.held, claimed_by = NULL,
       tries = outbox.tries + CASE WHEN r.held THEN 0 ELSE 1 END
     FROM {rows: message_id TEXT, tenant_id TEXT, attempt BIGINT, state TEXT, due_at BIGINT, held BOOLEAN}
     WHERE outbox.message_id = r.message_id AND outbox.tenant_id = r.tenant_id AND outbox.attempt = r.attempt
       AND outbox.state IN ('preparing', 'sending', 'waiting')
     RETURNING outbox.message_id"
);

batch!(
    KEEP,
    "INSERT INTO outbox_attempts (message_id, number, tenant_id, started_at, ended_at, outcome, code, title, detail, retry_at)
     SELECT r.message_id, r.attempt, r.tenant_id, r.started_at, r.ended_at, r.outcome, r.code, r.title, r.detail, r.retry_at
     FROM {rows: message_id TEXT, attempt BIGINT, tenant_id TEXT, started_at BIGINT, ended_at BIGINT, outcome TEXT, code BIGINT,
       title TEXT, detail TEXT, retry_at BIGINT} WHERE true
     ON CONFLICT (message_id, number) DO UPDATE SET ended_at = excluded.ended_at, outcome = excluded.outcome, code = excluded.code,
       title = excluded.title, detail = excluded.detail, retry_at = excluded.retry_at
     WHERE outbox_attempts.outcome <> 'accepted' RETURNING message_id"
);

#[derive(Serialize)]
struct AttemptRow<'a> {
    message_id: &'a MessageId,
    tenant_id: &'a TenantId,
    attempt: i64,
    state: &'static str,
    due_at: Option<Millis>,
    held: bool,
    started_at: Millis,
    ended_at: Millis,
    outcome: AttemptOutcome,
    code: Option<i64>,
    title: Option<&'a str>,
    detail: Option<&'a str>,
    retry_at: Option<Millis>,
}

impl<'a> From<&'a Ended> for AttemptRow<'a> {
    fn from(ended: &'a Ended) -> Self {
        let (state, due_at) = ended.outcome.next();
        let error = ended.outcome.error();
        Self {
            message_id: &ended.message_id,
            tenant_id: &ended.tenant_id,
            attempt: ended.attempt,
            state,
            due_at,
            held: matches!(ended.outcome, Outcome::Later { held: true, .. }),
            started_at: ended.started_at,
            ended_at: ended.ended_at,
            outcome: ended.outcome.word(),
            code: error.map(|error| error.code),
            title: error.map(|error| error.title.as_str()),
            detail: error.map(|error| error.detail.as_str()),
            retry_at: due_at.filter(|_| state == "queued"),
        }
    }
}

batch!(
    MARK,
    "UPDATE messages SET
       provider_id = COALESCE(messages.provider_id, r.provider_id),
       status = CASE WHEN r.rank > messages.status_rank THEN r.status ELSE messages.status END,
       status_rank = CASE WHEN r.rank > messages.status_rank THEN r.rank ELSE messages.status_rank END,
       sent_at = COALESCE(messages.sent_at, r.sent_at),
       failed_at = COALESCE(messages.failed_at, r.failed_at),
       error = CASE WHEN r.provider_id IS NULL THEN r.error WHEN messages.status = 'failed' THEN messages.error ELSE NULL END,
       attempts = CASE WHEN r.attempt > messages.attempts THEN r.attempt ELSE messages.attempts END
     FROM {rows: message_id TEXT, tenant_id TEXT, provider_id TEXT, status TEXT, rank BIGINT, sent_at BIGINT, failed_at BIGINT,
       error TEXT, attempt BIGINT}
     WHERE messages.id = r.message_id AND messages.tenant_id = r.tenant_id
     RETURNING messages.id, messages.tenant_id, messages.account_id, messages.conversation_id, messages.status, messages.error,
       messages.attempts, messages.send_at"
);

#[derive(Serialize)]
struct MarkRow<'a> {
    message_id: &'a MessageId,
    tenant_id: &'a TenantId,
    provider_id: Option<&'a str>,
    status: MessageStatus,
    rank: i64,
    sent_at: Option<Millis>,
    failed_at: Option<Millis>,
    error: Option<String>,
    attempt: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct MarkedRow {
    pub id: MessageId,
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    pub conversation_id: ConversationId,
    #[sqlx(try_from = "String")]
    pub status: MessageStatus,
    pub error: Option<String>,
    pub attempts: i64,
    pub send_at: Option<Millis>,
}

impl<'a> TryFrom<&'a Ended> for MarkRow<'a> {
    type Error = crate::DbError;

    fn try_from(ended: &'a Ended) -> DbResult<Self> {
        let (provider_id, status) = match &ended.outcome {
            Outcome::Accepted { provider_id } => (Some(provider_id.as_str()), MessageStatus::Sent),
            Outcome::Refused(_) => (None, MessageStatus::Failed),
            Outcome::Later { .. } | Outcome::Unknown { .. } => (None, MessageStatus::Sending),
        };
        let error = ended.outcome.error();
        Ok(Self {
            message_id: &ended.message_id,
            tenant_id: &ended.tenant_id,
            provider_id,
            status,
            rank: status.rank(),
            sent_at: provider_id.map(|_| ended.ended_at),
            failed_at: (status == MessageStatus::Failed).then_some(ended.ended_at),
            error: error.map(serde_json::to_string).transpose()?,
            attempt: ended.attempt,
        })
    }
}

/// As [`settle`], in a transaction of its own that does not wait for the disk: call [`Db::flush`] before anybody is told. Its events.
pub async fn settle_unflushed(db: &Db, all: &[Ended], now: Millis) -> DbResult<Vec<Committed>> {
    let mut tx = db.begin_unflushed().await?;
    settle(&mut tx, all, now).await?;
    tx.commit_unflushed(now).await
}

/// Writes how attempts ended, each message at most once, and notes `message:status`. What was settled meanwhile by a status of the provider
/// stays as it is; of an attempt that somebody else took over, only an acceptance counts.
pub async fn settle(tx: &mut Tx, all: &[Ended], now: Millis) -> DbResult<()> {
    if all.is_empty() {
        return Ok(());
    }
    let is_accepted = |ended: &Ended| matches!(ended.outcome, Outcome::Accepted { .. });
    let is_message = |ended: &Ended| ended.target_id.is_none();
    if tx.is_postgres() && all.iter().all(|one| is_accepted(one) && is_message(one)) {
        return settle_accepted(tx, all, now).await;
    }
    let named = all.iter().map(|ended| &ended.message_id);
    let named = named.chain(all.iter().filter_map(|ended| ended.target_id.as_ref()));
    ingest::hold_conversations(tx, named, now).await?;
    let rows: Vec<AttemptRow> = all.iter().map(AttemptRow::from).collect();
    let freed = fetch_all!(tx, (MessageId,), &FREE, Rows(&rows))?;
    let held: HashSet<&MessageId> = freed.iter().map(|(id,)| id).collect();
    execute!(tx, &KEEP, Rows(&rows))?;
    let counted: Vec<&Ended> = all
        .iter()
        .filter(|ended| held.contains(&ended.message_id) || is_accepted(ended))
        .collect();
    let marked = fetch_all!(tx, MarkedRow, &MARK, Rows(&mark_rows(&counted)?))?;
    tell_marked(tx, marked, &counted, now).await?;
    take_parked(tx, &counted, now).await?;
    for ended in &counted {
        if held.contains(&ended.message_id) {
            follow(tx, ended, now).await?;
        }
    }
    Ok(())
}

static ACCEPTED: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[
            ("held", &ingest::OF_MESSAGES),
            ("freed", &FREE),
            ("kept", &KEEP),
            ("marked", &MARK),
        ],
        "SELECT * FROM marked",
    )
});

/// The common case on PostgreSQL: the provider took them all. One statement does what otherwise takes five.
async fn settle_accepted(tx: &mut Tx, all: &[Ended], now: Millis) -> DbResult<()> {
    let counted: Vec<&Ended> = all.iter().collect();
    let attempts: Vec<AttemptRow> = all.iter().map(AttemptRow::from).collect();
    let ids = id_rows(all.iter().map(|ended| &ended.message_id));
    let mut parameters = Parameters::<Postgres>::default();
    Rows(&ids).bind(&mut parameters, &&ingest::OF_MESSAGES)?;
    Rows(&attempts).bind(&mut parameters, &&FREE)?;
    Rows(&attempts).bind(&mut parameters, &&KEEP)?;
    Rows(&mark_rows(&counted)?).bind(&mut parameters, &&MARK)?;
    if let Conn::Postgres(conn) = tx.conn() {
        let marked = ACCEPTED.fetch_all(conn, parameters).await?;
        tell_marked(tx, marked, &counted, now).await?;
        take_parked(tx, &counted, now).await?;
    }
    Ok(())
}

fn mark_rows<'a>(counted: &[&'a Ended]) -> DbResult<Vec<MarkRow<'a>>> {
    let rows = counted.iter().map(|ended| MarkRow::try_from(*ended));
    rows.collect()
}

async fn tell_marked(
    tx: &mut Tx,
    marked: Vec<MarkedRow>,
    counted: &[&Ended],
    now: Millis,
) -> DbResult<()> {
    let ended_at = |id: &MessageId| {
        let ended = counted.iter().find(|ended| ended.message_id == *id);
        ended.map_or(now, |ended| ended.ended_at)
    };
    for row in &marked {
        if row.send_at.is_some()
            && row.status.rank() >= MessageStatus::Sent.rank()
            && row.error.is_none()
        {
            let place = (&row.tenant_id, &row.conversation_id);
            show(tx, place, &row.id, now).await?;
        }
    }
    announce(tx, marked, ended_at, now).await
}

/// Brings the ticks beside last messages up to date and notes `message:status`.
pub(super) async fn announce(
    tx: &mut Tx,
    marked: Vec<MarkedRow>,
    at: impl Fn(&MessageId) -> Millis,
    now: Millis,
) -> DbResult<()> {
    let ticks: Vec<_> = marked
        .iter()
        .map(|row| (row.conversation_id.clone(), row.id.clone(), row.status))
        .collect();
    ingest::follow_status(tx, &ticks, now).await?;
    for row in marked {
        let error = row.error.as_deref().map(serde_json::from_str).transpose()?;
        tx.record(Draft {
            tenant_id: row.tenant_id,
            audience: Audience::Account(row.account_id),
            event: Event::MessageStatus(MessageStatusChanged {
                at: at(&row.id),
                message_id: row.id,
                conversation_id: row.conversation_id,
                status: row.status,
                error,
                attempts: Some(row.attempts),
                recipients: None,
                send_at: row.send_at,
            }),
        });
    }
    Ok(())
}

/// Statuses and reactions that came before our response was stored.
async fn take_parked(tx: &mut Tx, counted: &[&Ended], now: Millis) -> DbResult<()> {
    let accepted: Vec<(&TenantId, &AccountId, &str)> = counted
        .iter()
        .filter_map(|ended| match &ended.outcome {
            Outcome::Accepted { provider_id } => {
                Some((&ended.tenant_id, &ended.account_id, provider_id.as_str()))
            }
            _ => None,
        })
        .collect();
    ingest::take_parked(tx, &accepted, now).await
}

/// What follows for other messages: a change is done or not, a reaction that was refused comes off again; and what was said of the window is
/// believed.
async fn follow(tx: &mut Tx, ended: &Ended, now: Millis) -> DbResult<()> {
    let refusal = match &ended.outcome {
        Outcome::Refused(error) => Some(error),
        _ => None,
    };
    if let Some(target) = &ended.target_id
        && !change::settle(tx, ended, target, now).await?
        && refusal.is_some()
    {
        take_back_reaction(tx, ended, target, now).await?;
    }
    match refusal {
        Some(error) => believe(tx, ended, error, now).await,
        None => Ok(()),
    }
}

async fn believe(tx: &mut Tx, ended: &Ended, error: &MessageError, now: Millis) -> DbResult<()> {
    if error.code != WINDOW_CLOSED_CODE {
        return Ok(());
    }
    let found = fetch_optional!(
        tx,
        (ConversationId,),
        "SELECT conversation_id FROM outbox WHERE message_id = $1 AND tenant_id = $2",
        &ended.message_id,
        &ended.tenant_id
    )?;
    let closed: BTreeSet<(TenantId, ConversationId)> = found
        .into_iter()
        .map(|(id,)| (ended.tenant_id.clone(), id))
        .collect();
    conversations::close_windows(tx, &closed, now).await
}

async fn take_back_reaction(
    tx: &mut Tx,
    ended: &Ended,
    target: &MessageId,
    now: Millis,
) -> DbResult<()> {
    let Some(provider_id) = change::provider_id_of(tx, &ended.tenant_id, target).await? else {
        return Ok(());
    };
    let change = ingest::Change::Reaction {
        emoji: String::new(),
        by: ReactionBy::Us,
        actor: "us".to_owned(),
        name: None,
    };
    let amendment = ingest::Amendment {
        provider_id,
        at: now,
        change,
    };
    ingest::amend(tx, &ended.tenant_id, &ended.account_id, amendment, now)
        .await
        .map(drop)
}
