//! The simulator's clock: one place that reads the time, so that tests can hold it still.
//! Used by everything that stamps a message or lets a media address expire.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the simulator takes the time from; cheap to clone.
#[derive(Clone)]
pub struct SimClock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl SimClock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self::from_fn(system_now_ms)
    }

    /// A clock that answers with whatever `now_ms` returns: Unix time in milliseconds.
    pub fn from_fn(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// Unix time in milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimClock")
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads the system clock"
)]
fn system_now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
