//! Media: the job that fetches a file and the file itself are one row. Ingest writes the row, the server's `media` feature claims the job and
//! settles it here; settling is told to those who may see the account.
//!
//! `next_attempt_at` says when a job is due. Claiming moves it to the lease's end, so that the work of a node that died becomes due by itself;
//! the number of the attempt proves who holds the lease.

use crate::{
    Db, DbError, DbResult, Millis, Tx,
    event::{Audience, Draft, Event, MessageUpdated},
    ids::{AccountId, MediaId, MessageId, TenantId},
    messages,
    model::{MediaState, Message},
    per_engine::PerEngine,
    sql::{Rows, batch, execute, fetch_all, fetch_one, fetch_optional, id_rows},
};

/// A file to be fetched.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    /// The media.
    pub id: MediaId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The account that it came to.
    pub account_id: AccountId,
    /// The provider's id of the file.
    pub provider_media_id: Option<String>,
    /// MIME type as the provider says.
    pub mime: String,
    /// Digest as the provider says, hex.
    pub sha256: Option<String>,
    /// Which attempt this is, counted from 1; also the proof of the lease.
    pub attempts: i64,
    /// When the message came. Unix milliseconds.
    pub created_at: Millis,
}

/// Files of linked devices come over their connections: those of accounts that another node has are left to that one.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE media SET claimed_by = $1, lease_until = $3, next_attempt_at = $3, attempts = attempts + 1
             WHERE id IN (SELECT d.id FROM media d WHERE d.next_attempt_at <= $2 AND NOT EXISTS
                 (SELECT 1 FROM accounts a WHERE a.id = d.account_id AND a.channel = 'linked' AND a.claimed_by <> $1 AND a.lease_until > $2)
               ORDER BY d.next_attempt_at LIMIT $4 ",
            $lock,
            ") RETURNING id, tenant_id, account_id, provider_media_id, mime, sha256, attempts, created_at"
        )
    };
}

const CLAIM: PerEngine = PerEngine {
    sqlite: claim!(""),
    postgres: claim!("FOR UPDATE OF d SKIP LOCKED"),
};

/// Claims jobs that are due, oldest first, until the lease ends. One statement.
pub async fn claim(
    db: &Db,
    node_id: &str,
    now: Millis,
    lease_until: Millis,
    limit: i64,
) -> DbResult<Vec<Job>> {
    let mut tx = db.begin().await?;
    let mut jobs = fetch_all!(&mut tx, Job, CLAIM, node_id, now, lease_until, limit)?;
    tx.commit(now).await?;
    jobs.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(jobs)
}

/// Holds a job for longer, while its file is still coming. Whether the lease was still held.
pub async fn renew(db: &Db, job: &Job, lease_until: Millis, now: Millis) -> DbResult<bool> {
    let mut tx = db.begin().await?;
    let held = execute!(
        &mut tx,
        "UPDATE media SET lease_until = $4, next_attempt_at = $4
         WHERE id = $1 AND tenant_id = $2 AND attempts = $3 AND state = 'pending' AND claimed_by IS NOT NULL",
        &job.id,
        &job.tenant_id,
        job.attempts,
        lease_until
    )?;
    tx.commit(now).await?;
    Ok(held > 0)
}

/// Those of some objects in the store that rows name. Whoever adds a table that names stored objects adds it here: what is not named is
/// deleted in the end.
pub async fn list_named(db: &Db, keys: &[String]) -> DbResult<Vec<String>> {
    batch!(
        NAMED,
        "SELECT r.id FROM {rows: id TEXT}
         WHERE EXISTS (SELECT 1 FROM media m WHERE m.object_key = r.id) OR EXISTS (SELECT 1 FROM media m WHERE m.thumbnail_key = r.id)
           OR EXISTS (SELECT 1 FROM uploads u WHERE u.object_key = r.id) OR EXISTS (SELECT 1 FROM uploads u WHERE u.thumbnail_key = r.id)
           OR EXISTS (SELECT 1 FROM contact_pictures p WHERE p.object_key = r.id)"
    );
    let mut reader = db.read().await?;
    let named = fetch_all!(&mut reader, (String,), &NAMED, Rows(&id_rows(keys)))?;
    Ok(named.into_iter().map(|(key,)| key).collect())
}

/// Lets an account's files be fetched now, by a node that has got its connection: those that wait for another try, and those that another node was
/// at, which has the connection no more. Returns how many.
pub async fn hasten(
    db: &Db,
    (tenant_id, account_id): (&TenantId, &AccountId),
    node_id: &str,
    now: Millis,
) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let hastened = execute!(
        &mut tx,
        "UPDATE media SET next_attempt_at = $4
         WHERE account_id = $1 AND tenant_id = $2 AND next_attempt_at > $4 AND (claimed_by IS NULL OR claimed_by <> $3)",
        account_id,
        tenant_id,
        node_id,
        now
    )?;
    tx.commit(now).await?;
    Ok(hastened)
}

/// When the next job is due after now, leases included; `None` when there is none. What is due already is another node's.
pub async fn next_due(db: &Db, now: Millis) -> DbResult<Option<Millis>> {
    let mut reader = db.read().await?;
    let (due,) = fetch_one!(
        &mut reader,
        (Option<Millis>,),
        "SELECT min(next_attempt_at) FROM media WHERE next_attempt_at > $1",
        now
    )?;
    Ok(due)
}

/// A file as it was measured and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// MIME type by its content.
    pub mime: String,
    /// Bytes.
    pub size: i64,
    /// Hex SHA-256 of its content.
    pub sha256: String,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Where it is kept.
    pub object_key: String,
    /// Where its small picture is kept.
    pub thumbnail_key: Option<String>,
}

/// Notes that a file is here, and `message:updated`. `None` when the lease was lost: somebody else settles it.
pub async fn mark_ready(tx: &mut Tx, job: &Job, file: &Fetched) -> DbResult<Option<Message>> {
    let settled = fetch_optional!(
        tx,
        (MessageId,),
        "UPDATE media SET state = 'ready', failure = NULL, next_attempt_at = NULL, claimed_by = NULL, lease_until = NULL,
           mime = $4, size = $5, sha256 = $6, width = $7, height = $8, object_key = $9, thumbnail_key = $10
         WHERE id = $1 AND tenant_id = $2 AND attempts = $3 AND state = 'pending' RETURNING message_id",
        &job.id,
        &job.tenant_id,
        job.attempts,
        &file.mime,
        file.size,
        &file.sha256,
        file.width,
        file.height,
        &file.object_key,
        &file.thumbnail_key
    )?;
    announce(tx, &job.tenant_id, settled).await
}

/// Notes that a file can't be had, with the reason in words, and `message:updated`. `None` when the lease was lost.
pub async fn mark_failed(tx: &mut Tx, job: &Job, failure: &str) -> DbResult<Option<Message>> {
    let settled = fetch_optional!(
        tx,
        (MessageId,),
        "UPDATE media SET state = 'failed', failure = $4, next_attempt_at = NULL, claimed_by = NULL, lease_until = NULL
         WHERE id = $1 AND tenant_id = $2 AND attempts = $3 AND state = 'pending' RETURNING message_id",
        &job.id,
        &job.tenant_id,
        job.attempts,
        failure
    )?;
    announce(tx, &job.tenant_id, settled).await
}

/// Notes that an attempt failed and when the next one is due. Whether the lease was still held.
pub async fn postpone(
    tx: &mut Tx,
    job: &Job,
    failure: &str,
    next_attempt_at: Millis,
) -> DbResult<bool> {
    let settled = execute!(
        tx,
        "UPDATE media SET failure = $4, next_attempt_at = $5, claimed_by = NULL, lease_until = NULL
         WHERE id = $1 AND tenant_id = $2 AND attempts = $3 AND state = 'pending'",
        &job.id,
        &job.tenant_id,
        job.attempts,
        failure,
        next_attempt_at
    )?;
    Ok(settled > 0)
}

/// Has a file that could not be had fetched again, and notes `message:updated`. One that is here or under way stays as it is.
///
/// # Errors
/// [`DbError::NotFound`] when the tenant has no such media.
pub async fn retry(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MediaId,
    now: Millis,
) -> DbResult<Message> {
    let restarted = fetch_optional!(
        tx,
        (MessageId,),
        "UPDATE media SET state = 'pending', failure = NULL, attempts = 0, next_attempt_at = $3
         WHERE id = $1 AND tenant_id = $2 AND state = 'failed' RETURNING message_id",
        id,
        tenant_id,
        now
    )?;
    if let Some(message) = announce(tx, tenant_id, restarted).await? {
        return Ok(message);
    }
    let (message_id,) = fetch_one!(
        tx,
        (MessageId,),
        "SELECT message_id FROM media WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )?;
    let mut found = messages::load(tx, tenant_id, &[message_id]).await?;
    found.pop().ok_or(DbError::NotFound)
}

async fn announce(
    tx: &mut Tx,
    tenant_id: &TenantId,
    settled: Option<(MessageId,)>,
) -> DbResult<Option<Message>> {
    let Some((message_id,)) = settled else {
        return Ok(None);
    };
    let found = messages::load(tx, tenant_id, &[message_id]).await?.pop();
    if let Some(message) = &found {
        tx.record(Draft {
            tenant_id: tenant_id.clone(),
            audience: Audience::Account(message.account_id.clone()),
            event: Event::MessageUpdated(MessageUpdated {
                message: message.clone(),
            }),
        });
    }
    Ok(found)
}

/// A file as it is served.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct File {
    /// Who may see this account may see the file.
    pub account_id: AccountId,
    /// Whether the bytes are here.
    #[sqlx(try_from = "String")]
    pub state: MediaState,
    /// MIME type by its content, once it is here.
    pub mime: String,
    /// Bytes.
    pub size: Option<i64>,
    /// Hex SHA-256.
    pub sha256: Option<String>,
    /// Name the sender gave it.
    pub filename: Option<String>,
    /// Where it is kept.
    pub object_key: Option<String>,
    /// Where its small picture is kept.
    pub thumbnail_key: Option<String>,
}

/// One file.
pub async fn get(db: &Db, tenant_id: &TenantId, id: &MediaId) -> DbResult<File> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        File,
        "SELECT account_id, state, mime, size, sha256, filename, object_key, thumbnail_key
         FROM media WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )
}
