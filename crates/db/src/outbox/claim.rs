//! Claiming: what is due and first in its conversation, under a lease. The number of the attempt proves who holds it.

use std::sync::LazyLock;

use crate::{
    Db, DbResult, Engine, Millis,
    ids::{AccountId, ConversationId, MediaId, MessageId, TenantId},
    model::IdentityKind,
    sql::{Batch, Lend, Rows, batch, execute, fetch_all, fetch_one, id_rows},
};

/// A message that may be attempted now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    /// The message.
    pub message_id: MessageId,
    /// Its conversation: the pair of account and person that limits count for.
    pub conversation_id: ConversationId,
    /// Kind of the address that it goes to.
    #[sqlx(try_from = "String")]
    pub reply_kind: IdentityKind,
    /// The address.
    pub reply_value: String,
}

/// An attempt that has begun.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Job {
    /// The message.
    pub message_id: MessageId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The message that it changes: of reactions, edits and deletions.
    pub target_id: Option<MessageId>,
    /// The account that it goes out from.
    pub account_id: AccountId,
    /// The conversation that it was accepted for.
    pub conversation_id: ConversationId,
    /// What is to be said: JSON text.
    pub payload: String,
    /// The file that has to be at the provider before; then the attempt proper begins with [`begin`].
    pub media_id: Option<MediaId>,
    /// Which attempt this is, counted from 1.
    pub attempt: i64,
    /// How many attempts were refused because of the message itself, since it was accepted or tried again by hand.
    pub tries: i64,
    /// When it was accepted or scheduled for. Unix milliseconds.
    pub order_at: Millis,
    /// When the attempt began. Unix milliseconds.
    pub started_at: Millis,
}

/// Nothing of the conversation is under way or before it.
const IS_FIRST: &str = "NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.due_at IS NOT NULL
   AND e.message_id <> o.message_id
   AND (e.state <> 'queued' OR (e.order_at, e.message_id) < (o.order_at, o.message_id)))";

static FIND: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(&format!(
        "SELECT o.message_id, o.conversation_id, v.reply_kind, v.reply_value
         FROM outbox o JOIN conversations v ON v.id = o.conversation_id AND v.tenant_id = o.tenant_id
         WHERE o.account_id = $2 AND o.due_at <= $3 AND o.state = 'queued' AND o.tenant_id = $4
           AND o.conversation_id NOT IN (SELECT r.id FROM {{rows: id TEXT}}) AND {IS_FIRST}
         ORDER BY o.due_at, o.message_id LIMIT $5"
    ))
});

/// What may be attempted now, longest due first, leaving some conversations out.
pub async fn find_due(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    without: &[ConversationId],
    now: Millis,
    limit: i64,
) -> DbResult<Vec<Due>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Due,
        &FIND,
        Rows(&id_rows(without)),
        account_id,
        now,
        tenant_id,
        limit
    )
}

/// Two nodes that claim at once share the rows; on SQLite there is one writer, and one node.
static CLAIM: LazyLock<Batch> = LazyLock::new(|| {
    let claim = |lock: &str| {
        format!(
            "UPDATE outbox SET state = CASE WHEN media_id IS NULL THEN 'sending' ELSE 'preparing' END, claimed_by = $2,
               due_at = CASE WHEN media_id IS NULL THEN $4 ELSE $5 END, attempt = attempt + 1, started_at = $3, held = FALSE
             WHERE message_id IN (SELECT o.message_id FROM outbox o WHERE o.message_id IN (SELECT r.id FROM {{rows: id TEXT}})
               AND o.account_id = $6 AND o.tenant_id = $7 AND o.state = 'queued' AND o.due_at <= $3 AND {IS_FIRST} {lock})
             RETURNING message_id, tenant_id, target_id, account_id, conversation_id, payload, media_id, attempt, tries, order_at, started_at"
        )
    };
    Batch::per_engine(&claim(""), &claim("FOR UPDATE SKIP LOCKED"))
});

/// Until when a claim holds. Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// Of an attempt: longer than any answer is waited for.
    pub sending: Millis,
    /// Of a file that goes up first.
    pub preparing: Millis,
}

/// Begins attempts: those of the named messages that may still be attempted. Durable when it returns, so that after a crash every attempt
/// that may have reached the provider is known.
pub async fn claim(
    db: &Db,
    whose: (&TenantId, &AccountId),
    node_id: &str,
    ids: &[MessageId],
    now: Millis,
    lease: Lease,
) -> DbResult<Vec<Job>> {
    let claim = Claim {
        whose,
        node_id,
        ids,
        now,
        lease,
    };
    let mut jobs = match db.engine() {
        Engine::Sqlite => {
            let mut tx = db.begin().await?;
            let jobs = claim.run(&mut tx).await?;
            tx.commit(now).await?;
            jobs
        }
        // Alone, the statement is a transaction, and durable when it is answered: one round trip instead of three.
        Engine::Postgres => claim.run(&mut db.read().await?).await?,
    };
    jobs.sort_by(|a, b| (a.order_at, &a.message_id).cmp(&(b.order_at, &b.message_id)));
    Ok(jobs)
}

struct Claim<'a> {
    whose: (&'a TenantId, &'a AccountId),
    node_id: &'a str,
    ids: &'a [MessageId],
    now: Millis,
    lease: Lease,
}

impl Claim<'_> {
    async fn run(&self, on: &mut impl Lend) -> DbResult<Vec<Job>> {
        let (tenant_id, account_id) = self.whose;
        fetch_all!(
            on,
            Job,
            &CLAIM,
            Rows(&id_rows(self.ids)),
            self.node_id,
            self.now,
            self.lease.sending,
            self.lease.preparing,
            account_id,
            tenant_id
        )
    }
}

batch!(
    GIVE_BACK,
    "UPDATE outbox SET state = 'queued', due_at = $2, claimed_by = NULL
     WHERE message_id IN (SELECT r.id FROM {rows: id TEXT}) AND tenant_id = $3 AND account_id = $4 AND claimed_by = $5
       AND state IN ('preparing', 'sending')"
);

/// Lets go of claims of which the claimer does not know whether they were written, because the database went away with the answer: no attempt
/// followed them. Returns how many there were.
pub async fn give_back(
    db: &Db,
    (tenant_id, account_id): (&TenantId, &AccountId),
    node_id: &str,
    ids: &[MessageId],
    now: Millis,
) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let given_back = execute!(
        &mut tx,
        &GIVE_BACK,
        Rows(&id_rows(ids)),
        now,
        tenant_id,
        account_id,
        node_id
    )?;
    tx.commit(now).await?;
    Ok(given_back)
}

/// Begins the attempt proper of a message whose file is at the provider. Whether the lease was still held.
pub async fn begin(db: &Db, job: &Job, now: Millis, lease_until: Millis) -> DbResult<bool> {
    let mut tx = db.begin().await?;
    let begun = execute!(
        &mut tx,
        "UPDATE outbox SET state = 'sending', started_at = $4, due_at = $5
         WHERE message_id = $1 AND tenant_id = $2 AND attempt = $3 AND state = 'preparing'",
        &job.message_id,
        &job.tenant_id,
        job.attempt,
        now,
        lease_until
    )?;
    tx.commit(now).await?;
    Ok(begun > 0)
}

/// When something of an account calls for attention next, after now.
pub async fn next_due(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    now: Millis,
) -> DbResult<Option<Millis>> {
    let mut reader = db.read().await?;
    let (due,) = fetch_one!(
        &mut reader,
        (Option<Millis>,),
        "SELECT min(due_at) FROM outbox WHERE account_id = $1 AND tenant_id = $2 AND due_at > $3",
        account_id,
        tenant_id,
        now
    )?;
    Ok(due)
}

/// Lets those go at once that wait because the provider or the account had failed: it works again. Returns how many.
pub async fn hasten(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    now: Millis,
) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let hastened = execute!(
        &mut tx,
        "UPDATE outbox SET due_at = $3, held = FALSE
         WHERE account_id = $1 AND tenant_id = $2 AND due_at > $3 AND state = 'queued' AND held",
        account_id,
        tenant_id,
        now
    )?;
    tx.commit(now).await?;
    Ok(hastened)
}

/// The plan the engine chooses to find what is due, for the test that proves the index.
#[cfg(feature = "testing")]
pub async fn explain_find_due(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<String> {
    let nobody: [ConversationId; 0] = [];
    crate::testing::explained!(
        db,
        &FIND,
        Rows(&id_rows(&nobody)),
        account_id,
        1_790_000_000_000_i64,
        tenant_id,
        50_i64
    )
}
