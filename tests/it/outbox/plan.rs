//! What goes wrong in a run, decided by a seed and by what is asked, not by the order in which requests happen to come.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState},
    sync::{Arc, Mutex},
};

use hoopoe_simulator::SendFault;
use serde_json::Value;
use tokio::sync::watch;

/// Names the seed of a run that is to be repeated.
const SEED: &str = "HOOPOE_TEST_SEED";

/// A run's own chance.
#[derive(Debug, Clone, Copy)]
pub struct Chance(u64);

impl Chance {
    /// Of a seed that is told, or of a fresh one; printed, so that a run that failed can be repeated.
    pub fn new() -> Self {
        let told = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let seed = told.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 32);
        eprintln!("{SEED}={seed}");
        Self(seed)
    }

    /// A number below `most`, the same for the same question.
    pub fn below(self, most: u64, question: impl std::hash::Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0, question).hash(&mut hasher);
        hasher.finish() % most
    }
}

/// What Meta was asked so far, and what it did wrong.
#[derive(Debug, Default)]
pub struct Asked {
    times: BTreeMap<String, u64>,
    /// Texts of requests that got lost before they were accepted, without a word that tells so.
    pub lost: BTreeSet<String>,
    /// Texts that were refused for good, or failed after they had been accepted.
    pub failed: BTreeSet<String>,
}

fn refuse(http_status: u16, code: i64, retry_after_s: Option<u64>) -> SendFault {
    SendFault::Refuse {
        http_status,
        code,
        message: "planned".into(),
        retry_after_s,
    }
}

/// What happens to one request of a thousand like it.
fn fault(of_a_thousand: u64) -> Option<SendFault> {
    Some(match of_a_thousand {
        // Accepted, and the answer is lost, withheld or broken.
        0..10 => SendFault::LoseAnswer,
        10..14 => SendFault::Delay { ms: 2_500 },
        14..20 => SendFault::CutAnswer,
        // Not accepted, and nothing says so.
        20..26 => SendFault::LoseRequest,
        26..29 => SendFault::Silence,
        29..32 => refuse(500, 131_000, None),
        // Not now.
        32..44 => refuse(400, 131_000, None),
        44..46 => refuse(429, 130_429, Some(1)),
        46..54 => refuse(400, 131_056, None),
        // Never.
        54..58 => refuse(400, 131_026, None),
        58..60 => refuse(400, 131_051, None),
        60..64 => SendFault::FailLater {
            code: 131_026,
            title: "undeliverable".into(),
        },
        _ => return None,
    })
}

/// The plan of a run: counts every request in `progress`, and notes what went wrong in `asked`.
pub fn plan(
    chance: Chance,
    asked: Arc<Mutex<Asked>>,
    progress: watch::Sender<u64>,
) -> impl FnMut(&Value) -> Option<SendFault> + Send + 'static {
    move |request| {
        let text = request["text"]["body"].as_str().unwrap().to_owned();
        let mut asked = asked.lock().unwrap();
        let times = asked.times.entry(text.clone()).or_default();
        *times += 1;
        let fault = fault(chance.below(1_000, (&text, *times)));
        match &fault {
            Some(
                SendFault::LoseRequest
                | SendFault::Silence
                | SendFault::Refuse {
                    http_status: 500, ..
                },
            ) => {
                asked.lost.insert(text);
            }
            Some(
                SendFault::FailLater { .. }
                | SendFault::Refuse {
                    code: 131_026 | 131_051,
                    ..
                },
            ) => {
                asked.failed.insert(text);
            }
            _ => {}
        }
        progress.send_modify(|count| *count += 1);
        fault
    }
}
