//! How often somebody may try to log in: per address and per e-mail address. Kept in memory, per node.

use std::{net::IpAddr, num::NonZeroU32};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::{
    config::Config,
    error::{ApiError, ApiResult},
};

/// An office shares one address, and all of it logs in at nine o'clock.
const PEOPLE_BEHIND_AN_ADDRESS: u32 = 10;

/// The counters.
#[derive(Debug)]
pub struct Limits {
    clock: DefaultClock,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    names: DefaultKeyedRateLimiter<String>,
}

impl Limits {
    /// Fresh ones, as the settings say.
    pub fn new(config: &Config) -> Self {
        let quota = |times: u32| {
            let number = |setting: u32| {
                NonZeroU32::new(setting.saturating_mul(times)).unwrap_or(NonZeroU32::MIN)
            };
            Quota::per_minute(number(config.limits.login_per_minute))
                .allow_burst(number(config.limits.login_burst))
        };
        Self {
            clock: DefaultClock::default(),
            addresses: RateLimiter::keyed(quota(PEOPLE_BEHIND_AN_ADDRESS)),
            names: RateLimiter::keyed(quota(1)),
        }
    }

    /// Counts a try from an address; addresses of one IPv6 network of 64 bits count as one, since a single machine has them all.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn check_address(&self, address: IpAddr) -> ApiResult<()> {
        self.outcome(self.addresses.check_key(&site(address)))
    }

    /// Counts a try for a name.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn check_name(&self, name: &str) -> ApiResult<()> {
        self.outcome(self.names.check_key(&name.to_owned()))
    }

    fn outcome<T>(
        &self,
        checked: Result<T, governor::NotUntil<<DefaultClock as governor::clock::Clock>::Instant>>,
    ) -> ApiResult<()> {
        checked.map(drop).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            ApiError::rate_limited(wait.as_secs().saturating_add(1))
        })
    }

    /// Lets go of those who have not tried for a while.
    pub fn forget_old(&self) {
        self.addresses.retain_recent();
        self.addresses.shrink_to_fit();
        self.names.retain_recent();
        self.names.shrink_to_fit();
    }
}

/// The network of one machine: an IPv6 network of 64 bits, or an IPv4 address.
pub fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & (u128::MAX << 64)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}
