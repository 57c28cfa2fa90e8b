//! What users may do, as of a moment ago, so that requests and sockets are checked without asking the database each time. Changes made on
//! this node count at once, those of other nodes after [`STALE_AFTER`] at the latest.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hoopoe_db::{Db, DbResult, ids::UserId, users::Grant};

/// How old an entry may be.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// Most entries; beyond, those that are stale are thrown out.
const MAX_ENTRIES: usize = 10_000;

/// The cache; cheap to clone.
#[derive(Debug, Clone)]
pub struct GrantCache {
    db: Db,
    entries: Arc<RwLock<HashMap<UserId, Entry>>>,
    /// Rises with every change: what was read before it is not kept.
    changes: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
struct Entry {
    grant: Option<Arc<Grant>>,
    read_at: Instant,
}

impl GrantCache {
    /// An empty one.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            entries: Arc::default(),
            changes: Arc::default(),
        }
    }

    /// What a user may do, or `None` where there is no such user.
    pub async fn find(&self, user_id: &UserId) -> DbResult<Option<Arc<Grant>>> {
        if let Some(entry) = self.fresh(user_id) {
            return Ok(entry.grant);
        }
        let changes = self.changes.load(Ordering::SeqCst);
        let read_at = Instant::now();
        let grant = hoopoe_db::users::find_grant(&self.db, user_id)
            .await?
            .map(Arc::new);
        self.keep(
            user_id,
            Entry {
                grant: grant.clone(),
                read_at,
            },
            changes,
        );
        Ok(grant)
    }

    fn fresh(&self, user_id: &UserId) -> Option<Entry> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(user_id)
            .filter(|entry| entry.read_at.elapsed() < STALE_AFTER)
            .cloned()
    }

    fn keep(&self, user_id: &UserId, entry: Entry, changes: u64) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::SeqCst) != changes {
            return;
        }
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, entry| entry.read_at.elapsed() < STALE_AFTER);
        }
        entries.insert(user_id.clone(), entry);
    }

    /// Makes the next look-up of a user ask the database. Called after the change is committed.
    pub fn forget(&self, user_id: &UserId) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        entries.remove(user_id);
    }

    /// As [`forget`](Self::forget), for everybody: an account came or went.
    pub fn forget_all(&self) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        entries.clear();
    }
}
