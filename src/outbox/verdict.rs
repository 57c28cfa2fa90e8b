//! The pure decision: how an attempt ended → what becomes of the message, and what its account's lane learns from it.

use hoopoe_cloud_api::{errors::ErrorClass, graph::SendError};
use hoopoe_db::{
    Millis,
    model::MessageError,
    outbox::{Job, Outcome},
};
use hoopoe_linked as linked;

use crate::config;

/// Longest pause between two attempts. Milliseconds.
const LONGEST_PAUSE_MS: Millis = 60 * 60 * 1000;

/// Pause while the account does not work. Milliseconds.
const STOPPED_PAUSE_MS: Millis = 60_000;

/// Code of limits that concern the pair of account and person only.
const PAIR_LIMIT: i64 = 131_056;

/// A file that the provider could not read: it may be uploaded anew, once.
const MEDIA_FAILED: i64 = 131_053;

/// What a lane learns from an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lesson {
    /// The provider works, and so does the account.
    Works,
    /// Nothing of the account can go for a while: the provider can't be reached.
    Away,
    /// Nothing of the account can go until a time: it sent too much.
    TooFast(Millis),
    /// Nothing of the account can go until somebody helps; why.
    Stopped(String),
    /// Nothing.
    Nothing,
}

/// An attempt that failed, whether at the provider or before.
#[derive(Debug)]
pub(super) enum Failure {
    /// The provider's answer, or none.
    Send(SendError),
    /// A file could not be brought to the provider; the message was surely not sent. Trying again may help or not.
    File {
        /// Why, in words.
        reason: String,
        /// Whether trying again may help.
        passes: bool,
    },
    /// The account can't send at all; why.
    Account(String),
    /// A linked device's connection, or WhatsApp's word over it.
    Linked(linked::SendError),
}

/// What is decided of an attempt that failed.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    /// What becomes of the message.
    pub outcome: Outcome,
    /// What the lane learns.
    pub lesson: Lesson,
    /// Whether the provider's copy of the file is to be forgotten.
    pub forget_file: bool,
}

/// Milliseconds until the next attempt after this many that were refused: by default 4 s, 16 s, 64 s, …
fn pause(settings: &config::Outbox, tries: i64) -> Millis {
    let exponent = u32::try_from(tries.clamp(0, 10)).unwrap_or_default();
    4_i64
        .saturating_pow(exponent)
        .saturating_mul(settings.first_pause_ms())
        .min(LONGEST_PAUSE_MS)
}

/// Decides.
pub(super) fn decide(
    failure: &Failure,
    job: &Job,
    settings: &config::Outbox,
    now: Millis,
) -> Verdict {
    let case = Case { job, settings, now };
    match failure {
        Failure::Send(error) => case.of_send(error),
        Failure::Linked(error) => case.of_linked(error),
        Failure::Account(reason) => {
            let error = ours(reason);
            case.stopped(error)
        }
        Failure::File { reason, passes } => {
            let error = ours(reason);
            if *passes {
                return verdict(case.later(error, 0), Lesson::Nothing);
            }
            verdict(Outcome::Refused(error), Lesson::Nothing)
        }
    }
}

fn ours(reason: &str) -> MessageError {
    MessageError {
        code: 0,
        title: String::new(),
        detail: reason.to_owned(),
    }
}

fn verdict(outcome: Outcome, lesson: Lesson) -> Verdict {
    Verdict {
        outcome,
        lesson,
        forget_file: false,
    }
}

struct Case<'a> {
    job: &'a Job,
    settings: &'a config::Outbox,
    now: Millis,
}

impl Case<'_> {
    fn of_send(&self, error: &SendError) -> Verdict {
        let told = told(error);
        match error {
            SendError::Invalid(_) => verdict(Outcome::Refused(told), Lesson::Nothing),
            SendError::NotSent(_) => {
                verdict(self.held(told, pause(self.settings, 0)), Lesson::Away)
            }
            SendError::Unknown(_) => {
                let until = self.now + self.settings.unknown_after_ms();
                verdict(Outcome::Unknown { error: told, until }, Lesson::Nothing)
            }
            SendError::RateLimited { retry_after, .. } => {
                let wish = retry_after.and_then(|wish| Millis::try_from(wish.as_millis()).ok());
                self.limited(told, wish.unwrap_or_default())
            }
            SendError::Refused(refusal) => match refusal.error.class() {
                ErrorClass::Retry => {
                    let wish = refusal.retry_after_s.and_then(|s| Millis::try_from(s).ok());
                    let wish = wish.unwrap_or_default().saturating_mul(1000);
                    verdict(self.later(told, wish), Lesson::Works)
                }
                ErrorClass::Reauth | ErrorClass::Account => self.stopped(told),
                _ => self.refused(told),
            },
        }
    }

    /// What may have gone out is tried again too: it goes under the same id, and phones show it once.
    fn of_linked(&self, error: &linked::SendError) -> Verdict {
        match error {
            linked::SendError::NotConnected => {
                let told =
                    ours("The phone's connection is away; the message goes when it is back.");
                verdict(self.held(told, pause(self.settings, 0)), Lesson::Away)
            }
            linked::SendError::Unknown => verdict(
                self.later(ours("WhatsApp did not answer."), 0),
                Lesson::Nothing,
            ),
            linked::SendError::Refused { code, reason } => {
                let told = MessageError {
                    code: i64::from(*code),
                    ..ours(reason)
                };
                match code {
                    420 | 421 | 429 => self.limited(told, 0),
                    500..=599 => verdict(self.later(told, 0), Lesson::Works),
                    _ => verdict(Outcome::Refused(told), Lesson::Works),
                }
            }
        }
    }

    fn refused(&self, error: MessageError) -> Verdict {
        let is_file = error.code == MEDIA_FAILED;
        if is_file && self.job.tries == 0 {
            return Verdict {
                forget_file: true,
                ..verdict(self.later(error, 0), Lesson::Works)
            };
        }
        Verdict {
            forget_file: is_file,
            ..verdict(Outcome::Refused(error), Lesson::Works)
        }
    }

    /// A limit of the pair holds this message back, any other the whole account.
    fn limited(&self, error: MessageError, wish: Millis) -> Verdict {
        let is_pair = error.code == PAIR_LIMIT;
        let outcome = self.later(error, wish);
        let lesson = match &outcome {
            Outcome::Later { at, .. } if !is_pair => Lesson::TooFast(*at),
            _ => Lesson::Nothing,
        };
        verdict(outcome, lesson)
    }

    fn stopped(&self, error: MessageError) -> Verdict {
        let reason = error.detail.clone();
        verdict(self.held(error, STOPPED_PAUSE_MS), Lesson::Stopped(reason))
    }

    /// Again after a pause that grows, or given up.
    fn later(&self, error: MessageError, wish: Millis) -> Outcome {
        if self.job.tries + 1 >= self.settings.max_attempts {
            return Outcome::Refused(error);
        }
        Outcome::Later {
            at: self.now + pause(self.settings, self.job.tries).max(wish),
            error,
            held: false,
        }
    }

    /// Again when the provider or the account works, or given up after long.
    fn held(&self, error: MessageError, pause: Millis) -> Outcome {
        if self.now - self.job.order_at >= self.settings.give_up_after_ms() {
            return Outcome::Refused(error);
        }
        Outcome::Later {
            at: self.now + pause,
            error,
            held: true,
        }
    }
}

fn told(error: &SendError) -> MessageError {
    let title = error.refusal().and_then(|refusal| {
        refusal
            .error
            .title
            .clone()
            .or(refusal.error.message.clone())
    });
    MessageError {
        code: error.code().unwrap_or_default(),
        title: title.unwrap_or_default(),
        detail: error.plain_words(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use hoopoe_cloud_api::{graph::Refusal, update::ProviderError};
    use hoopoe_db::{
        Id as _,
        ids::{AccountId, ConversationId, MessageId, TenantId},
    };

    use super::*;
    use crate::config::Config;

    const NOW: Millis = 1_790_000_000_000;

    fn job(tries: i64) -> Job {
        Job {
            message_id: MessageId::new(NOW),
            tenant_id: TenantId::new(NOW),
            target_id: None,
            account_id: AccountId::new(NOW),
            conversation_id: ConversationId::new(NOW),
            payload: String::new(),
            media_id: None,
            attempt: tries + 1,
            tries,
            order_at: NOW,
            started_at: NOW,
        }
    }

    fn refusal(code: i64) -> Box<Refusal> {
        Box::new(Refusal {
            status: 400,
            error: ProviderError {
                code: Some(code),
                title: None,
                message: None,
                detail: None,
            },
            subcode: None,
            trace_id: None,
            retry_after_s: None,
        })
    }

    fn decided(error: SendError, tries: i64) -> Verdict {
        let settings = Config::defaults().unwrap().outbox;
        decide(&Failure::Send(error), &job(tries), &settings, NOW)
    }

    fn at(verdict: &Verdict) -> Option<Millis> {
        match &verdict.outcome {
            Outcome::Later { at, .. } => Some(at - NOW),
            _ => None,
        }
    }

    #[test]
    fn every_class_of_error_has_its_consequence() {
        let refused = |code| decided(SendError::Refused(refusal(code)), 0);
        assert!(matches!(refused(131_026).outcome, Outcome::Refused(_)));
        assert_eq!(refused(131_026).lesson, Lesson::Works);
        assert_eq!(at(&refused(131_000)), Some(4_000));
        assert!(matches!(refused(190).lesson, Lesson::Stopped(_)));
        assert!(matches!(refused(131_042).lesson, Lesson::Stopped(_)));
        assert!(refused(131_053).forget_file && at(&refused(131_053)).is_some());
        let twice = decided(SendError::Refused(refusal(131_053)), 1);
        assert!(matches!(twice.outcome, Outcome::Refused(_)));
    }

    #[test]
    fn a_limit_of_the_pair_holds_nobody_else_back_and_pauses_grow_until_it_is_given_up() {
        let limited = |code, tries, wish: u64| {
            let retry_after = Some(Duration::from_secs(wish));
            let refusal = refusal(code);
            decided(
                SendError::RateLimited {
                    retry_after,
                    refusal,
                },
                tries,
            )
        };
        let pauses: Vec<_> = (0..8)
            .map(|tries| at(&limited(131_056, tries, 0)))
            .collect();
        let seconds = [4, 16, 64, 256, 1024, 3600, 3600];
        let mut expected: Vec<_> = seconds.map(|s| Some(s * 1000)).to_vec();
        expected.push(None);
        assert_eq!(pauses, expected);
        assert_eq!(limited(131_056, 0, 0).lesson, Lesson::Nothing);
        assert_eq!(
            at(&limited(130_429, 0, 30)),
            Some(30_000),
            "Retry-After is respected"
        );
        assert_eq!(
            limited(130_429, 0, 30).lesson,
            Lesson::TooFast(NOW + 30_000)
        );
    }

    #[test]
    fn what_may_have_been_accepted_is_never_sent_again_by_itself() {
        let lost = decided(SendError::Unknown("cut".into()), 0);
        assert!(matches!(lost.outcome, Outcome::Unknown { until, .. } if until > NOW));
        assert_eq!(lost.lesson, Lesson::Nothing);
    }

    #[test]
    fn on_linked_devices_nothing_is_sent_twice_by_trying_again() {
        let settings = Config::defaults().unwrap().outbox;
        let decided = |error| decide(&Failure::Linked(error), &job(0), &settings, NOW);
        let refused = |code| {
            let reason = "no".to_owned();
            decided(linked::SendError::Refused { code, reason })
        };
        let away = decided(linked::SendError::NotConnected);
        assert!(matches!(away.outcome, Outcome::Later { held: true, .. }));
        assert_eq!(away.lesson, Lesson::Away);
        assert_eq!(at(&decided(linked::SendError::Unknown)), Some(4_000));
        assert_eq!(refused(429).lesson, Lesson::TooFast(NOW + 4_000));
        assert_eq!(at(&refused(503)), Some(4_000));
        let never = refused(463).outcome;
        assert!(
            matches!(never, Outcome::Refused(error) if error.code == 463 && error.detail == "no")
        );
    }

    #[test]
    fn an_outage_counts_no_tries() {
        let away = decided(SendError::NotSent("refused".into()), 7);
        assert!(matches!(away.outcome, Outcome::Later { held: true, .. }));
        assert_eq!(away.lesson, Lesson::Away);
    }
}
