//! The way of everything that comes in: one transaction for a batch of updates, a constant number of statements however many there are.
//!
//! Called by the server's group commit (`src/inbound/commit.rs`) for Cloud API webhooks and linked devices alike. The steps, in order:
//! people (identities → contacts), threads (conversations), messages with their media, amendments, statuses, counters, events.
//! Unique constraints decide races: whoever loses one rolls back and runs again ([`IngestError::Raced`]), then finds what the winner wrote.
//! Rows that are there already are locked in one order ([`locks`]).

mod amendments;
mod at_once;
mod by_provider_id;
mod incoming;
mod ledger;
mod locks;
mod media;
mod messages;
mod parked;
mod people;
mod previews;
mod quotes;
mod recipients;
mod stamps;
mod statuses;
mod tally;
mod threads;

pub use incoming::{
    Amendment, Change, IdentityChange, IdentityKey, Incoming, IncomingMedia, IncomingMessage,
    IncomingStatus, IncomingUpdate, Person,
};

pub(crate) use locks::{BY_ID, CONTACTS_OF, OF_MESSAGES};
pub use parked::prune as prune_parked;
pub(crate) use people::{Known, phone_of, stand_in};

use crate::{
    Db, DbError, Millis, Tx,
    event::Committed,
    ids::{AccountId, ConversationId, MessageId, TenantId},
};
use by_provider_id::ProviderKeyRow;
use people::Memory;

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Another node wrote the same person or conversation first: run again.
    #[error("another node was first")]
    Raced,
    /// The batch was taken for one that has only new messages: run again, step by step.
    #[error("not all messages are new")]
    NotAllNew,
    /// Somebody is no longer as he was a moment ago: run again, without memory.
    #[error("what is remembered of somebody is no longer so")]
    Outdated,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<serde_json::Error> for IngestError {
    fn from(error: serde_json::Error) -> Self {
        Self::Db(error.into())
    }
}

/// What a batch came to.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Events, numbered, to be announced.
    pub events: Vec<Committed>,
    /// Messages stored that were not there before.
    pub stored: usize,
    /// Messages that were there already.
    pub duplicates: usize,
    /// Whether there is media to fetch.
    pub has_media: bool,
}

/// How often a lost race is run again before it is reported.
const MAX_RACES: usize = 8;

/// Writes a batch in one transaction and waits for the disk. Nothing is written when it fails.
///
/// # Errors
/// [`DbError::Unavailable`] when trying again later may help; anything else means that this batch can't be written as it is.
pub async fn ingest(db: &Db, batch: &[Incoming], now: Millis) -> Result<Ingested, DbError> {
    let ingested = ingest_unflushed(db, batch, now).await?;
    db.flush().await?;
    Ok(ingested)
}

/// As [`ingest`], without the wait for the disk: the next batch can be written while this one is made durable. Call [`Db::flush`] before its
/// senders are answered and its events announced.
pub async fn ingest_unflushed(
    db: &Db,
    batch: &[Incoming],
    now: Millis,
) -> Result<Ingested, DbError> {
    let (mut last, mut way, mut memory) = (None, Way::AtOnce, memory(batch));
    for _ in 0..MAX_RACES {
        let attempted = attempt(db, batch, way, memory, now).await;
        if attempted.is_err() {
            memory = Memory::Failed;
            people::forget(db, batch);
        }
        match attempted {
            Ok(ingested) => return Ok(ingested),
            Err(IngestError::NotAllNew) => way = Way::StepByStep,
            Err(IngestError::Outdated) => {}
            // What was found is gone a moment later: another node merged it away.
            Err(IngestError::Raced | IngestError::Db(DbError::NotFound)) => last = None,
            Err(IngestError::Db(error))
                if error.is_transient() && db.engine() == crate::Engine::Postgres =>
            {
                // A deadlock or a serialisation failure between nodes passes by itself; a lost connection does not.
                last = Some(error);
            }
            Err(IngestError::Db(error)) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| {
        DbError::Unavailable("several nodes write the same people at once".to_owned())
    }))
}

/// How messages are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By one statement, where that can be: [`at_once`].
    AtOnce,
    StepByStep,
}

/// People may be taken from memory where each is counted for a message, and so checked.
fn memory(batch: &[Incoming]) -> Memory {
    let is_message = |incoming: &Incoming| matches!(incoming.update, IncomingUpdate::Message(_));
    if batch.iter().all(is_message) {
        Memory::Trusted
    } else {
        Memory::Failed
    }
}

async fn attempt(
    db: &Db,
    batch: &[Incoming],
    way: Way,
    memory: Memory,
    now: Millis,
) -> Result<Ingested, IngestError> {
    let mut tx = db.begin_unflushed().await?;
    let mut round = Round { tx: &mut tx, now };
    let mut people = people::resolve(&mut round, batch, memory).await?;
    let arrivals = messages::collect(batch, &people);
    let mut threads = threads::open(&mut round, &arrivals, &people).await?;
    let new = messages::prepare(&mut round, &arrivals, &threads, &people).await?;
    let suits = way == Way::AtOnce && at_once::suits(&round, batch, &new, &people);
    let stored = if suits {
        at_once::store(&mut round, new, &mut threads, &mut people).await?
    } else {
        step_by_step(&mut round, batch, new, &mut threads, &mut people).await?
    };
    people.announce(&mut round).await?;
    threads.announce_new(&mut round);
    messages::announce(&mut round, &stored, &threads, &people)?;
    let waited = if suits {
        at_once::announce(&mut round, &stored).await?
    } else {
        parked::take(&mut round, &stored).await?
    };
    let amended = amendments::apply(&mut round, batch, waited.amendments).await?;
    amendments::announce(&mut round, &amended).await?;
    let moved = statuses::apply(&mut round, batch, &waited.statuses).await?;
    statuses::announce(&mut round, moved);
    templates(&mut round, batch).await?;
    let ingested = Ingested {
        events: Vec::new(),
        stored: stored.new.len(),
        duplicates: arrivals.len() - stored.new.len(),
        has_media: stored.has_media,
    };
    let events = tx.commit_unflushed(now).await?;
    Ok(Ingested { events, ..ingested })
}

/// Stores what is new of a batch and counts it, and takes the locks for what the batch says besides.
async fn step_by_step<'a>(
    round: &mut Round<'_>,
    batch: &[Incoming],
    new: Vec<messages::New<'a>>,
    threads: &mut threads::Threads,
    people: &mut people::People,
) -> Result<messages::Stored<'a>, IngestError> {
    let stored = messages::store(round, new, people).await?;
    people::update(round, &stored, people).await?;
    let targets = locks::conversations(round, batch, &stored).await?;
    tally::count(round, &stored, threads, people).await?;
    locks::parking_place(round, targets).await?;
    Ok(stored)
}

async fn templates(round: &mut Round<'_>, batch: &[Incoming]) -> Result<(), IngestError> {
    for incoming in batch {
        if let IncomingUpdate::Template { waba_id, news } = &incoming.update {
            let tenant_id = &incoming.tenant_id;
            crate::templates::apply_news(round.tx, tenant_id, waba_id, news, round.now).await?;
        }
    }
    Ok(())
}

/// What all steps of a batch share.
struct Round<'a> {
    tx: &'a mut Tx,
    now: Millis,
}

impl From<IngestError> for DbError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Db(error) => error,
            IngestError::Raced | IngestError::NotAllNew | IngestError::Outdated => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

/// First characters of a text, for previews.
pub(crate) fn preview(text: Option<&str>) -> String {
    previews::preview(text)
}

/// Applies an amendment of ours to a message, and notes `message:updated`. Whether anything is different.
pub(crate) async fn amend(
    tx: &mut Tx,
    tenant_id: &TenantId,
    account_id: &AccountId,
    amendment: Amendment,
    now: Millis,
) -> Result<bool, DbError> {
    let mut round = Round { tx, now };
    locks::conversation_of(&mut round, tenant_id, account_id, &amendment.provider_id).await?;
    let placed = parked::PlacedAmendment {
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        amendment,
    };
    let amended = amendments::apply(&mut round, &[], vec![placed]).await?;
    amendments::announce(&mut round, &amended).await?;
    Ok(!amended.is_empty())
}

/// Before messages of ours are marked as sent: takes the locks that a batch takes before it touches messages, in the batch's order.
pub(crate) async fn hold_conversations<'a>(
    tx: &mut Tx,
    messages: impl Iterator<Item = &'a MessageId>,
    now: Millis,
) -> Result<(), DbError> {
    Ok(locks::before_marking(&mut Round { tx, now }, messages).await?)
}

/// Before messages of ours are counted: locks the contacts and then the conversations, in the order in which a batch does.
pub(crate) async fn hold_people<'a>(
    tx: &mut Tx,
    conversations: impl Iterator<Item = &'a ConversationId>,
    now: Millis,
) -> Result<(), DbError> {
    Ok(locks::before_counting(&mut Round { tx, now }, conversations).await?)
}

/// Applies what had waited for messages whose ids the provider told just now.
pub(crate) async fn take_parked(
    tx: &mut Tx,
    told: &[(&TenantId, &AccountId, &str)],
    now: Millis,
) -> Result<(), DbError> {
    let mut round = Round { tx, now };
    let rows: Vec<ProviderKeyRow> = told
        .iter()
        .map(|(tenant_id, account_id, provider_id)| ProviderKeyRow {
            tenant_id,
            account_id,
            provider_id,
        })
        .collect();
    let waited = parked::take_keys(&mut round, &rows).await?;
    let amended = amendments::apply(&mut round, &[], waited.amendments).await?;
    amendments::announce(&mut round, &amended).await?;
    let moved = statuses::apply(&mut round, &[], &waited.statuses).await?;
    statuses::announce(&mut round, moved);
    Ok(())
}

/// Lets the ticks beside conversations' last messages follow statuses, one per message.
pub(crate) async fn follow_status(
    tx: &mut Tx,
    ticks: &[(
        crate::ids::ConversationId,
        crate::ids::MessageId,
        crate::model::MessageStatus,
    )],
    now: Millis,
) -> Result<(), DbError> {
    let mut round = Round { tx, now };
    previews::follow_status(&mut round, ticks).await?;
    Ok(())
}
