//! A mutex that is only ever held inside a closure, so never across an await.
//! Used by the engine for the simulated world, the delivery log and the lanes.

use std::sync::{Mutex, PoisonError};

/// A value behind a lock; a panic elsewhere does not make it unreachable.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Runs `work` with the value, holding the lock for that long.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
