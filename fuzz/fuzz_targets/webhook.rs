//! The webhook parser, which is the one thing a stranger who knows the secret can feed. Any bytes: it must not panic,
//! and whatever it reads must replay to itself.
#![no_main]

use hoopoe_cloud_api::webhook;
use libfuzzer_sys::fuzz_target;

/// Cutting is done per update and reads the whole delivery each time, so only the first few are replayed.
const REPLAYED: usize = 8;

fuzz_target!(|body: &[u8]| {
    let Ok(updates) = webhook::parse(body) else {
        return;
    };
    for update in updates.iter().take(REPLAYED) {
        let replayable = update.replayable_json();
        let replayed = webhook::parse(replayable.as_bytes());
        assert!(
            replayed.is_ok_and(|replayed| replayed.contains(update)),
            "{update:?} does not replay from {replayable}"
        );
    }
});
