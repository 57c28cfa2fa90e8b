//! One change at a time of what runs of an account. Nothing is kept of accounts that nobody changes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hoopoe_db::ids::AccountId;
use tokio::sync::OwnedMutexGuard;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// The accounts that somebody changes, or waits to.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<AccountId, Lock>>);

/// Somebody's turn; the next one's begins when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    id: AccountId,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until it is one's turn.
    pub(super) async fn take(&self, id: &AccountId) -> Turn<'_> {
        let lock = Arc::clone(self.locks().entry(id.clone()).or_default());
        // Made before it is waited: who gives up waiting leaves nothing behind either.
        let mut turn = Turn {
            turns: self,
            id: id.clone(),
            held: None,
        };
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<AccountId, Lock>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Others take a lock only from the map, so whoever holds the map knows how many have it.
        let mut locks = self.turns.locks();
        drop(self.held.take());
        if locks
            .get(&self.id)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            locks.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use hoopoe_db::Id as _;

    use super::*;

    #[tokio::test]
    async fn turns_follow_one_another_and_leave_nothing_behind() {
        let (turns, id) = (Turns::default(), AccountId::new(1));
        let first = turns.take(&id).await;
        let mut second = Box::pin(turns.take(&id));
        assert!((&mut second).now_or_never().is_none(), "it is another's");
        assert!(turns.take(&AccountId::new(2)).now_or_never().is_some());
        drop(first);
        assert_eq!(turns.locks().len(), 1, "somebody waits for it");
        let second = second.await;
        assert!(turns.take(&id).now_or_never().is_none(), "gave up");
        drop(second);
        assert!(turns.locks().is_empty());
    }
}
