//! Why a file could not be fetched, in words for agents; and whether another try makes sense.

use hoopoe_cloud_api::graph::{FailureClass, GraphError};
use hoopoe_db::Millis;

/// Milliseconds until the next try, by how many have failed. The last one repeats.
const PAUSES_MS: [Millis; 8] = [
    5_000, 20_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000,
];

/// How long the provider keeps a file: 7 days, less an hour to be safe.
const KEPT_MS: Millis = (7 * 24 - 1) * 60 * 60 * 1000;

/// Tries after which a file that arrives broken every time is given up.
const MAX_BROKEN: i64 = 4;

/// An attempt that failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Trying again may help.
    Passing {
        /// Why, in words.
        reason: String,
        /// The provider's own wish, in seconds.
        wait_s: Option<u64>,
        /// The file came, but was not what was announced.
        is_broken: bool,
    },
    /// It will not.
    Final(String),
}

impl Failure {
    /// A failure of ours, such as a full disk.
    pub(super) fn ours(error: &anyhow::Error) -> Self {
        tracing::warn!(%error, "a file could not be stored");
        Self::Passing {
            reason: "The file could not be stored".to_owned(),
            wait_s: None,
            is_broken: false,
        }
    }

    /// When to try again after this many attempts at a file that came at a time; `None` to give up.
    pub(super) fn next_attempt(
        &self,
        attempts: i64,
        created_at: Millis,
        now: Millis,
    ) -> Option<Millis> {
        let Self::Passing {
            wait_s, is_broken, ..
        } = self
        else {
            return None;
        };
        if *is_broken && attempts >= MAX_BROKEN {
            return None;
        }
        let index = usize::try_from(attempts - 1).unwrap_or_default();
        let pause = PAUSES_MS.get(index).or(PAUSES_MS.last()).copied()?;
        let wished = wait_s.and_then(|seconds| Millis::try_from(seconds).ok());
        let next = now + pause.max(wished.unwrap_or_default().saturating_mul(1000));
        (next < created_at + KEPT_MS).then_some(next)
    }

    /// Why, in words.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Passing { reason, .. } | Self::Final(reason) => reason,
        }
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let reason = match (&error, error.class()) {
            (GraphError::TooLarge { max_bytes }, _) => {
                let megabytes = max_bytes / 1_000_000;
                return Self::Final(format!("The file is larger than {megabytes} MB"));
            }
            (_, FailureClass::Gone) => {
                return Self::Final("WhatsApp no longer has the file".to_owned());
            }
            (_, FailureClass::Auth) => {
                return Self::Final(
                    "WhatsApp refused the account's access token: renew it in the account's settings".to_owned(),
                );
            }
            (_, FailureClass::Request) => {
                return Self::Final(format!("WhatsApp did not hand out the file: {error}"));
            }
            (GraphError::Corrupt { .. }, _) => "The file arrived damaged",
            (GraphError::Unreachable(_) | GraphError::Timeout, _) => {
                "WhatsApp could not be reached"
            }
            _ => "WhatsApp did not hand out the file",
        };
        tracing::info!(%error, "a file could not be fetched");
        Self::Passing {
            reason: reason.to_owned(),
            wait_s: error.retry_after_s(),
            is_broken: matches!(error, GraphError::Corrupt { .. }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_grow_until_the_provider_no_longer_has_the_file() {
        let failure = Failure::from(GraphError::Timeout);
        let next = |attempts, now| failure.next_attempt(attempts, 0, now);
        assert_eq!(next(1, 0), Some(5_000));
        assert_eq!(next(2, 0), Some(20_000));
        assert_eq!(next(99, 0), Some(21_600_000));
        assert_eq!(next(99, KEPT_MS), None);
    }

    #[test]
    fn what_another_try_cannot_mend_is_final_and_says_so() {
        let failure = Failure::from(GraphError::TooLarge {
            max_bytes: 100_000_000,
        });
        assert_eq!(failure.next_attempt(1, 0, 0), None);
        assert_eq!(failure.reason(), "The file is larger than 100 MB");
    }

    #[test]
    fn a_file_that_arrives_damaged_again_and_again_is_given_up() {
        let damaged = || GraphError::Corrupt {
            expected: String::new(),
            actual: String::new(),
        };
        assert!(Failure::from(damaged()).next_attempt(3, 0, 0).is_some());
        assert!(Failure::from(damaged()).next_attempt(4, 0, 0).is_none());
    }
}
