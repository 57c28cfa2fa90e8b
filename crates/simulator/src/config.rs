//! What the simulator is told to be: its apps, numbers, times and clock.
//! Built by the server's demo, tests and load tests before `Simulator::start`, and changeable afterwards.

use serde::{Deserialize, Serialize};

use crate::SimClock;
use crate::templates::{SimTemplate, default_templates};

/// Everything a simulator starts with. `SimulatorConfig::default()` has no apps and no numbers.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Meta apps: where webhooks go and what signs them.
    pub apps: Vec<SimApp>,
    /// Business numbers.
    pub numbers: Vec<SimNumber>,
    /// Message templates that every WABA has.
    pub templates: Vec<SimTemplate>,
    /// Where the time comes from.
    pub clock: SimClock,
    /// How long things take.
    pub timing: Timing,
    /// Rules of WhatsApp that can be switched off.
    pub rules: Rules,
    /// Base address put into media URLs, such as `https://sim.example.com`; default: the listener's own.
    pub public_url: Option<String>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            numbers: Vec::new(),
            templates: default_templates(),
            clock: SimClock::system(),
            timing: Timing::default(),
            rules: Rules::default(),
            public_url: None,
        }
    }
}

/// One Meta app as far as webhooks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimApp {
    /// The full address webhooks are posted to.
    pub callback_url: String,
    /// Key of the HMAC-SHA256 signature.
    pub app_secret: String,
    /// Token of the verification handshake.
    pub verify_token: String,
}

/// One business number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimNumber {
    /// The id the Graph API and webhooks know it by.
    pub phone_number_id: String,
    /// As people write it, e.g. `+1 555-010-0001`.
    pub display_phone_number: String,
    /// The business name shown to customers.
    pub verified_name: String,
    /// The WhatsApp Business account it belongs to.
    pub waba_id: String,
    /// Bearer token that may act for it.
    pub access_token: String,
    /// Index into the apps.
    pub app: usize,
}

impl SimNumber {
    /// The display number's digits, as used for `from` in echoes and `context.from`.
    pub fn digits(&self) -> String {
        self.display_phone_number
            .chars()
            .filter(char::is_ascii_digit)
            .collect()
    }
}

/// How long things take, all in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// From accepting a message to its status `sent`.
    pub sent_after_ms: u64,
    /// From `sent` to `delivered`.
    pub delivered_after_ms: u64,
    /// From `delivered` to `read` without anybody touching the phone; `None`: only when the phone looks.
    pub read_after_ms: Option<u64>,
    /// How long the address of a media file stays valid (Meta: 5 minutes).
    pub media_url_ttl_ms: i64,
    /// After how long an unanswered webhook counts as failed.
    pub callback_timeout_ms: u64,
    /// How long the review of a template takes; `None`: until somebody decides.
    pub review_after_ms: Option<u64>,
    /// How long a batch waits to fill up, when batching is on.
    pub batch_wait_ms: u64,
    /// How failed webhooks are repeated.
    pub retry: Retry,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            sent_after_ms: 150,
            delivered_after_ms: 450,
            read_after_ms: None,
            media_url_ttl_ms: 300_000,
            callback_timeout_ms: 10_000,
            review_after_ms: Some(3_000),
            batch_wait_ms: 100,
            retry: Retry::default(),
        }
    }
}

impl Timing {
    /// Statuses at once and quick retries: what tests want.
    pub fn instant() -> Self {
        Self {
            sent_after_ms: 0,
            delivered_after_ms: 0,
            review_after_ms: Some(0),
            retry: Retry::quick(),
            ..Self::default()
        }
    }
}

/// How failed webhooks are repeated: first wait, growth, upper bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Wait before the second attempt, in milliseconds.
    pub first_ms: u64,
    /// Each wait is this many times the one before.
    pub factor: u64,
    /// No wait is longer than this, in milliseconds.
    pub longest_ms: u64,
    /// Give up after this many attempts; `None`: never.
    pub max_attempts: Option<u32>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first_ms: 1_000,
            factor: 2,
            longest_ms: 60_000,
            max_attempts: None,
        }
    }
}

impl Retry {
    /// Retries within milliseconds, without end.
    pub fn quick() -> Self {
        Self {
            first_ms: 5,
            factor: 2,
            longest_ms: 100,
            max_attempts: None,
        }
    }

    /// The wait after attempt number `attempt` (1 for the first), in milliseconds.
    pub fn wait_ms(&self, attempt: u32) -> u64 {
        let growth = self.factor.saturating_pow(attempt.saturating_sub(1));
        self.first_ms.saturating_mul(growth).min(self.longest_ms)
    }
}

/// Rules of WhatsApp that a test may switch off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Outside 24 h after the customer's last message only templates go through (else status `failed`, 131047).
    pub service_window: bool,
    /// A message to a number nobody has used yet creates a customer with that number; off: `failed`, 131026.
    pub invent_recipients: bool,
    /// Most messages a number may send per second, above that 130429 (Meta: 80, or 1000); `None`: any.
    pub throughput_per_s: Option<u32>,
    /// One message per six seconds to the same customer, up to 45 of them borrowed; above that 131056.
    pub pair_limit: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            service_window: true,
            invent_recipients: true,
            throughput_per_s: None,
            pair_limit: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_bound() {
        let retry = Retry {
            first_ms: 10,
            factor: 3,
            longest_ms: 200,
            max_attempts: None,
        };
        let waits: Vec<u64> = (1..=5).map(|attempt| retry.wait_ms(attempt)).collect();
        assert_eq!(waits, [10, 30, 90, 200, 200]);
    }
}
