//! How fast messages may go: the account's rate, and the pair limit of account and person. By the app's clock, so that tests move it.

use std::{num::NonZeroU32, time::Duration};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed, keyed::DashMapStateStore},
};
use hoopoe_db::{Millis, ids::ConversationId};

use crate::clock::Clock;

/// One message per person in this time, once the burst is spent (Meta: about 10 a minute, 600 an hour).
const PAIR_EVERY: Duration = Duration::from_secs(6);

/// Messages to one person that may go at once; they are paid back at the rate above (Meta: 45 within 6 s).
const PAIR_BURST: NonZeroU32 = NonZeroU32::new(45).unwrap();

/// The app's clock as the limiters want it: time since 1970.
#[derive(Debug, Clone)]
struct Ticks(Clock);

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now()).unwrap_or_default())
    }
}

type Middleware = NoOpMiddleware<Duration>;

/// What an account may send in a second. At most so many leave in any second: the burst is taken out of the rate.
#[derive(Debug)]
pub(super) struct Rate {
    clock: Ticks,
    per_second: u32,
    limiter: RateLimiter<NotKeyed, InMemoryState, Ticks, Middleware>,
}

fn quota(per_second: u32) -> Quota {
    let burst = NonZeroU32::new(per_second / 10).unwrap_or(NonZeroU32::MIN);
    let steady = NonZeroU32::new(per_second.saturating_sub(burst.get()));
    Quota::per_second(steady.unwrap_or(NonZeroU32::MIN)).allow_burst(burst)
}

impl Rate {
    pub(super) fn new(clock: Clock, per_second: i64) -> Self {
        let per_second = u32::try_from(per_second).unwrap_or(1).max(1);
        let clock = Ticks(clock);
        Self {
            limiter: RateLimiter::direct_with_clock(quota(per_second), clock.clone()),
            clock,
            per_second,
        }
    }

    /// Follows a change of the setting.
    pub(super) fn adjust(&mut self, per_second: i64) {
        if i64::from(self.per_second) != per_second {
            *self = Self::new(self.clock.0.clone(), per_second);
        }
    }

    /// Takes one, or says how long to wait. Milliseconds.
    pub(super) fn take(&self) -> Result<(), Millis> {
        self.limiter
            .check()
            .map_err(|until| wait(&until, &self.clock))
    }
}

/// What may go to each person.
#[derive(Debug)]
pub(super) struct Pairs {
    clock: Ticks,
    limiter: RateLimiter<ConversationId, DashMapStateStore<ConversationId>, Ticks, Middleware>,
}

impl Pairs {
    pub(super) fn new(clock: Clock) -> Self {
        let clock = Ticks(clock);
        let quota = Quota::with_period(PAIR_EVERY).map_or_else(
            || Quota::per_minute(NonZeroU32::MIN),
            |quota| quota.allow_burst(PAIR_BURST),
        );
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self { clock, limiter }
    }

    /// Takes one, or says how long to wait. Milliseconds.
    pub(super) fn take(&self, pair: &ConversationId) -> Result<(), Millis> {
        self.limiter
            .check_key(pair)
            .map_err(|until| wait(&until, &self.clock))
    }

    /// Forgets the pairs whose budget is whole again.
    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
    }
}

fn wait(until: &NotUntil<Duration>, clock: &Ticks) -> Millis {
    let wait = until.wait_time_from(clock.now());
    Millis::try_from(wait.as_millis()).unwrap_or(1000).max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::Id as _;

    use super::*;

    /// Takes as many as there are, every ten milliseconds for some seconds; how many in each of them.
    fn taken(rate: &Rate, clock: &Clock, seconds: usize) -> Vec<usize> {
        let mut counts = vec![0; seconds];
        for step in 0..seconds * 100 {
            while rate.take().is_ok() {
                counts[step / 100] += 1;
            }
            clock.advance(10);
        }
        counts
    }

    #[test]
    fn no_more_than_the_rate_leave_in_any_second() {
        let clock = Clock::settable(1_790_000_000_000);
        for per_second in [1, 7, 80, 1000] {
            let rate = Rate::new(clock.clone(), per_second);
            let counts = taken(&rate, &clock, 4);
            let most = usize::try_from(per_second).unwrap();
            assert!(
                counts.iter().all(|count| *count <= most),
                "{per_second}: {counts:?}"
            );
            let whole: usize = counts.iter().sum();
            assert!(
                whole * 10 >= most * 4 * 8,
                "{per_second}: {counts:?} is far too slow"
            );
            clock.advance(60_000);
        }
    }

    #[test]
    fn a_person_gets_a_burst_and_then_one_every_six_seconds_without_holding_up_others() {
        let clock = Clock::settable(1_790_000_000_000);
        let pairs = Pairs::new(clock.clone());
        let (ana, ben) = (ConversationId::new(0), ConversationId::new(0));
        for _ in 0..45 {
            pairs.take(&ana).unwrap();
        }
        let wait = pairs.take(&ana).unwrap_err();
        assert!((5_000..=6_000).contains(&wait), "{wait}");
        pairs.take(&ben).unwrap();
        clock.advance(wait);
        pairs.take(&ana).unwrap();
        assert!(pairs.take(&ana).is_err());
    }
}
