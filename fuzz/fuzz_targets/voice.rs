//! The re-wrapping of voice notes, which anybody who may write can feed. Any bytes: it must not panic, must not grow beyond
//! its input, and what it writes must say how long it plays.
#![no_main]

use hoopoe_cloud_api::voice;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|webm: &[u8]| {
    let _ = voice::ogg_opus_duration_ms(webm);
    if let Ok(note) = voice::webm_opus_to_ogg(webm) {
        assert!(note.bytes.len() <= 3 * webm.len() + 200);
        assert_eq!(
            voice::ogg_opus_duration_ms(&note.bytes),
            Some(note.duration_ms)
        );
    }
});
