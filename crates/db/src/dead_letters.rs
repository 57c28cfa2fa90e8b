//! Dead letters: inputs kept because they could not be understood. Written by inbound, listed and settled by managers.

use std::sync::LazyLock;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    ids::{AccountId, DeadLetterId, MetaAppId, TenantId},
    model::{DeadLetter, DeadLetterReason, DeadLetterState},
    sql::{Rows, batch, execute, fetch_all, fetch_one, fetch_optional},
};

/// An input to be kept.
#[derive(Debug, Clone)]
pub struct NewDeadLetter {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The Meta app whose webhook it came to.
    pub meta_app_id: Option<MetaAppId>,
    /// The account it is for, where known.
    pub account_id: Option<AccountId>,
    /// Where it came from, such as `cloud_webhook`.
    pub source: String,
    /// Why it is kept.
    pub reason: DeadLetterReason,
    /// Why, in words.
    pub detail: String,
    /// The input: JSON text that can be put through again; of linked devices what was to be written.
    pub raw: String,
    /// When it came in. Unix milliseconds.
    pub received_at: Millis,
}

/// The same input again is the same letter.
fn fingerprint(raw: &str) -> String {
    hex::encode(Sha256::digest(raw.as_bytes()))
}

// A letter that was put through and comes in again failed once more: it is open again. One that was discarded stays so. Either counts the attempt.
batch!(
    INSERT,
    "INSERT INTO dead_letters (id, tenant_id, meta_app_id, account_id, source, reason, detail, raw, fingerprint, state, attempts, received_at)
     SELECT r.id, r.tenant_id, r.meta_app_id, r.account_id, r.source, r.reason, r.detail, r.raw, r.fingerprint, 'open', 0, r.received_at
     FROM {rows: id TEXT, tenant_id TEXT, meta_app_id TEXT, account_id TEXT, source TEXT, reason TEXT, detail TEXT, raw TEXT, fingerprint TEXT,
       received_at BIGINT}
     WHERE true
     ON CONFLICT (tenant_id, fingerprint) DO UPDATE SET attempts = dead_letters.attempts + 1, reason = excluded.reason,
       detail = excluded.detail, account_id = COALESCE(excluded.account_id, dead_letters.account_id),
       state = CASE WHEN dead_letters.state = 'discarded' THEN 'discarded' ELSE 'open' END,
       resolved_at = CASE WHEN dead_letters.state = 'discarded' THEN dead_letters.resolved_at ELSE NULL END"
);

/// Keeps inputs, all in one statement. One that is kept already is counted, not kept twice; one that was discarded stays so.
pub async fn insert_many(tx: &mut Tx, letters: &[NewDeadLetter], now: Millis) -> DbResult<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: DeadLetterId,
        tenant_id: &'a TenantId,
        meta_app_id: Option<&'a MetaAppId>,
        account_id: Option<&'a AccountId>,
        source: &'a str,
        reason: &'a str,
        detail: &'a str,
        raw: &'a str,
        fingerprint: String,
        received_at: Millis,
    }
    let mut rows: Vec<Row> = Vec::with_capacity(letters.len());
    for letter in letters {
        let fingerprint = fingerprint(&letter.raw);
        // PostgreSQL refuses to touch one row twice in one statement.
        let is_double = rows
            .iter()
            .any(|row| row.fingerprint == fingerprint && *row.tenant_id == letter.tenant_id);
        if !is_double {
            rows.push(Row {
                id: DeadLetterId::new(now),
                tenant_id: &letter.tenant_id,
                meta_app_id: letter.meta_app_id.as_ref(),
                account_id: letter.account_id.as_ref(),
                source: &letter.source,
                reason: letter.reason.as_str(),
                detail: &letter.detail,
                raw: &letter.raw,
                fingerprint,
                received_at: letter.received_at,
            });
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    execute!(tx, &INSERT, Rows(&rows)).map(drop)
}

/// What the list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<DeadLetterState>,
    /// Only of this account.
    pub account_id: Option<AccountId>,
    /// After this letter.
    pub after: Option<DeadLetterId>,
    /// At most this many.
    pub limit: i64,
}

const COLUMNS: &str = "id, meta_app_id, account_id, source, reason, detail, raw, state, attempts, received_at, resolved_at";

static LIST: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM dead_letters
         WHERE tenant_id = $1 AND state = $2 AND id < $3 AND ($4 = '' OR account_id = $4) ORDER BY id DESC LIMIT $5"
    )
    .leak()
});

static ONE: LazyLock<&'static str> = LazyLock::new(|| {
    format!("SELECT {COLUMNS} FROM dead_letters WHERE tenant_id = $1 AND id = $2").leak()
});

/// A page of letters, newest first, and the letter after which it goes on. One indexed read per state.
pub async fn list(
    db: &Db,
    tenant_id: &TenantId,
    filter: &Filter,
) -> DbResult<(Vec<DeadLetter>, Option<DeadLetterId>)> {
    let every = [
        DeadLetterState::Open,
        DeadLetterState::Replayed,
        DeadLetterState::Discarded,
    ];
    let states: Vec<DeadLetterState> = filter.state.map_or(every.to_vec(), |state| vec![state]);
    let after = filter.after.as_ref().map_or("~", Id::as_str);
    let account = filter.account_id.as_ref().map_or("", Id::as_str);
    let mut reader = db.read().await?;
    let mut found = Vec::new();
    for state in states {
        found.extend(fetch_all!(
            &mut reader,
            DeadLetter,
            *LIST,
            tenant_id,
            state.as_str(),
            after,
            account,
            filter.limit + 1
        )?);
    }
    found.sort_by(|a, b| b.id.cmp(&a.id));
    let limit = usize::try_from(filter.limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| more)
        .map(|letter| letter.id.clone());
    Ok((found, next))
}

/// One letter.
pub async fn get(db: &Db, tenant_id: &TenantId, id: &DeadLetterId) -> DbResult<DeadLetter> {
    let mut reader = db.read().await?;
    fetch_one!(&mut reader, DeadLetter, *ONE, tenant_id, id)
}

/// Notes what became of a letter, and why where that is new. An attempt that failed leaves it open; the count rises with every one but a discard.
pub async fn settle(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &DeadLetterId,
    state: DeadLetterState,
    detail: Option<&str>,
    now: Millis,
) -> DbResult<DeadLetter> {
    let resolved_at = (state != DeadLetterState::Open).then_some(now);
    let attempt = i64::from(state != DeadLetterState::Discarded);
    let settled = fetch_optional!(
        tx,
        DeadLetter,
        "UPDATE dead_letters SET state = $3, resolved_at = $4, attempts = attempts + $5, detail = COALESCE($6, detail)
         WHERE tenant_id = $1 AND id = $2
         RETURNING id, meta_app_id, account_id, source, reason, detail, raw, state, attempts, received_at, resolved_at",
        tenant_id,
        id,
        state.as_str(),
        resolved_at,
        attempt,
        detail
    )?;
    settled.ok_or(DbError::NotFound)
}
