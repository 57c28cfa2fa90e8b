//! What nobody holds any more: leases of nodes that died, outcomes that no status told. All found by index.

use crate::{
    Db, DbResult, Millis, Tx,
    ids::{AccountId, MessageId, TenantId},
    model::{AttemptOutcome, MessageError, MessageStatus},
    sql::{Rows, batch, execute, fetch_all},
};

use super::settle::{MarkedRow, announce};
use serde::Serialize;

/// Most rows that one sweep takes of each kind, so that writers wait little.
const AT_ONCE: i64 = 200;

/// Words of ours for what ends without a word of the provider.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// The server stopped while an attempt was under way.
    pub interrupted: &'a str,
    /// No status came in time.
    pub unknown: &'a str,
}

#[derive(sqlx::FromRow)]
struct ExpiredRow {
    message_id: MessageId,
    tenant_id: TenantId,
    attempt: i64,
    started_at: Option<Millis>,
}

/// Lets go of what a node that died held. A file that was going up is taken up again. An attempt that was under way may have reached the
/// provider: on the Cloud API it waits for a status; a linked device sends it once more, under the same id, which phones show once. What has waited
/// in vain is given up: its status is `unknown`, and a person decides. Returns whether there may be more.
pub async fn expire(
    tx: &mut Tx,
    now: Millis,
    unknown_after_ms: Millis,
    words: Words<'_>,
) -> DbResult<bool> {
    let abandoned = fetch_all!(
        tx,
        ExpiredRow,
        "UPDATE outbox SET state = 'queued', due_at = $1, claimed_by = NULL
         WHERE message_id IN (SELECT message_id FROM outbox WHERE due_at <= $1 AND state = 'preparing' ORDER BY due_at LIMIT $2)
         RETURNING message_id, tenant_id, attempt, started_at",
        now,
        AT_ONCE
    )?;
    keep(tx, &abandoned, AttemptOutcome::Abandoned, words, now).await?;
    let again = fetch_all!(
        tx,
        ExpiredRow,
        "UPDATE outbox SET state = 'queued', due_at = $1, claimed_by = NULL
         WHERE message_id IN (SELECT o.message_id FROM outbox o
           JOIN accounts a ON a.id = o.account_id AND a.tenant_id = o.tenant_id AND a.channel = 'linked'
           WHERE o.due_at <= $1 AND o.state = 'sending' ORDER BY o.due_at LIMIT $2)
         RETURNING message_id, tenant_id, attempt, started_at",
        now,
        AT_ONCE
    )?;
    keep(tx, &again, AttemptOutcome::Unknown, words, now).await?;
    let interrupted = fetch_all!(
        tx,
        ExpiredRow,
        "UPDATE outbox SET state = 'waiting', due_at = $1 + $3, claimed_by = NULL
         WHERE message_id IN (SELECT message_id FROM outbox WHERE due_at <= $1 AND state = 'sending' ORDER BY due_at LIMIT $2)
         RETURNING message_id, tenant_id, attempt, started_at",
        now,
        AT_ONCE,
        unknown_after_ms
    )?;
    keep(tx, &interrupted, AttemptOutcome::Unknown, words, now).await?;
    let given_up = fetch_all!(
        tx,
        ExpiredRow,
        "UPDATE outbox SET state = 'done', due_at = NULL, claimed_by = NULL
         WHERE message_id IN (SELECT message_id FROM outbox WHERE due_at <= $1 AND state = 'waiting' ORDER BY due_at LIMIT $2)
         RETURNING message_id, tenant_id, attempt, started_at",
        now,
        AT_ONCE
    )?;
    give_up(tx, &given_up, words, now).await?;
    let full = usize::try_from(AT_ONCE).unwrap_or_default();
    Ok([&abandoned, &again, &interrupted, &given_up]
        .iter()
        .any(|rows| rows.len() >= full))
}

batch!(
    KEEP,
    "INSERT INTO outbox_attempts (message_id, number, tenant_id, started_at, ended_at, outcome, code, title, detail)
     SELECT r.message_id, r.attempt, r.tenant_id, r.started_at, r.ended_at, r.outcome, 0, '', r.detail
     FROM {rows: message_id TEXT, attempt BIGINT, tenant_id TEXT, started_at BIGINT, ended_at BIGINT, outcome TEXT, detail TEXT}
     WHERE true ON CONFLICT DO NOTHING"
);

async fn keep(
    tx: &mut Tx,
    expired: &[ExpiredRow],
    outcome: AttemptOutcome,
    words: Words<'_>,
    now: Millis,
) -> DbResult<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        message_id: &'a MessageId,
        attempt: i64,
        tenant_id: &'a TenantId,
        started_at: Millis,
        ended_at: Millis,
        outcome: AttemptOutcome,
        detail: &'a str,
    }
    if expired.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = expired
        .iter()
        .map(|row| Row {
            message_id: &row.message_id,
            attempt: row.attempt,
            tenant_id: &row.tenant_id,
            started_at: row.started_at.unwrap_or(now),
            ended_at: now,
            outcome,
            detail: words.interrupted,
        })
        .collect();
    execute!(tx, &KEEP, Rows(&rows))?;
    Ok(())
}

batch!(
    GIVE_UP,
    "UPDATE messages SET status = 'unknown', status_rank = r.rank, error = r.error,
       attempts = CASE WHEN r.attempt > messages.attempts THEN r.attempt ELSE messages.attempts END
     FROM {rows: message_id TEXT, tenant_id TEXT, attempt BIGINT, rank BIGINT, error TEXT}
     WHERE messages.id = r.message_id AND messages.tenant_id = r.tenant_id AND messages.status_rank < r.rank
     RETURNING messages.id, messages.tenant_id, messages.account_id, messages.conversation_id, messages.status, messages.error,
       messages.attempts, messages.send_at"
);

async fn give_up(
    tx: &mut Tx,
    given_up: &[ExpiredRow],
    words: Words<'_>,
    now: Millis,
) -> DbResult<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        message_id: &'a MessageId,
        tenant_id: &'a TenantId,
        attempt: i64,
        rank: i64,
        error: &'a str,
    }
    if given_up.is_empty() {
        return Ok(());
    }
    let error = serde_json::to_string(&MessageError {
        code: 0,
        title: String::new(),
        detail: words.unknown.to_owned(),
    })?;
    let rows: Vec<Row> = given_up
        .iter()
        .map(|row| Row {
            message_id: &row.message_id,
            tenant_id: &row.tenant_id,
            attempt: row.attempt,
            rank: MessageStatus::Unknown.rank(),
            error: &error,
        })
        .collect();
    let marked = fetch_all!(tx, MarkedRow, &GIVE_UP, Rows(&rows))?;
    announce(tx, marked, |_| now, now).await
}

/// Ends what other nodes hold of an account: for a node that has got its connection, without which those can do nothing any more. The next sweep lets
/// go of it. Returns how many there were.
pub async fn abandon_others(
    db: &Db,
    (tenant_id, account_id): (&TenantId, &AccountId),
    node_id: &str,
    now: Millis,
) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let ended = execute!(
        &mut tx,
        "UPDATE outbox SET due_at = $4
         WHERE account_id = $1 AND tenant_id = $2 AND due_at > $4 AND state IN ('preparing', 'sending') AND claimed_by <> $3",
        account_id,
        tenant_id,
        node_id,
        now
    )?;
    tx.commit(now).await?;
    Ok(ended)
}

/// Ends all leases, whoever held them: for an engine that only one process uses, when that starts.
pub async fn abandon_leases(db: &Db, now: Millis) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let ended = execute!(
        &mut tx,
        "UPDATE outbox SET due_at = $1 WHERE due_at > $1 AND state IN ('preparing', 'sending')",
        now
    )?;
    tx.commit(now).await?;
    Ok(ended)
}

/// The accounts that have something to be attempted.
pub async fn list_due_accounts(db: &Db, now: Millis) -> DbResult<Vec<(TenantId, AccountId)>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        (TenantId, AccountId),
        "SELECT DISTINCT tenant_id, account_id FROM outbox WHERE due_at <= $1 AND state = 'queued'",
        now
    )
}

/// Forgets what was done before a time: it can no longer be sent again by hand. Returns how many rows went.
pub async fn prune(db: &Db, before: Millis) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let gone = execute!(
        &mut tx,
        "DELETE FROM outbox WHERE message_id IN
           (SELECT message_id FROM outbox WHERE due_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT 1000)",
        before
    )?;
    tx.commit(before).await?;
    Ok(gone)
}
