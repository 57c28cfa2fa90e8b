//! The time, injected: the system's in the program, settable in tests. Nothing else asks the system for the time of day.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use hoopoe_db::Millis;

/// Tells the time; cheap to clone, clones of a settable clock agree.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// Stands still until it is set.
    Settable(Arc<AtomicI64>),
    /// The system's, moved by so many milliseconds: the demo lets its past pass by.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at a time.
    pub fn settable(now: Millis) -> Self {
        Self::Settable(Arc::new(AtomicI64::new(now)))
    }

    /// Now, in Unix milliseconds.
    pub fn now(&self) -> Millis {
        match self {
            Self::System => system_now(),
            Self::Settable(at) => at.load(Ordering::SeqCst),
            Self::Shifted(by) => system_now() + by.load(Ordering::SeqCst),
        }
    }

    /// The system's clock, for now; [`shift_to`](Self::shift_to) moves it.
    pub fn shifted() -> Self {
        Self::Shifted(Arc::default())
    }

    /// Lets a shifted clock go on from a time, or with `None` with the system's again.
    pub fn shift_to(&self, at: Option<Millis>) {
        if let Self::Shifted(by) = self {
            by.store(at.map_or(0, |at| at - system_now()), Ordering::SeqCst);
        }
    }

    /// Moves a settable clock on; the system's can't be moved.
    pub fn advance(&self, by_ms: Millis) {
        if let Self::Settable(at) = self {
            at.fetch_add(by_ms, Ordering::SeqCst);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the system"
)]
fn system_now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| Millis::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}
