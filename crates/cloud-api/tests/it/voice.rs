//! Recordings of browsers as voice notes. `chromium.webm` was recorded by Chromium's `MediaRecorder`, `trimmed.webm` (whose last
//! packet is to be cut) was made with `ffmpeg`; the expected files were checked with `opusinfo`, and their sound against
//! that of the recordings.

use std::fs;
use std::path::Path;

use hoopoe_cloud_api::voice::{OggVoice, VoiceError, ogg_opus_duration_ms, webm_opus_to_ogg};
use proptest::collection::vec;
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/voice")
        .join(name)
}

#[test]
fn recordings_are_wrapped_anew() {
    for (name, duration_ms) in [("chromium", 1500), ("trimmed", 2345)] {
        let voice = webm_opus_to_ogg(&fixture(&format!("{name}.webm"))).unwrap();
        let expected = format!("{name}.ogg");
        if std::env::var_os("HOOPOE_WRITE_EXPECTED").is_some() {
            fs::write(path(&expected), &voice.bytes).unwrap();
        }
        assert_eq!(voice.duration_ms, duration_ms, "{name}");
        assert!(voice.bytes == fixture(&expected), "{name}");
        assert_eq!(ogg_opus_duration_ms(&voice.bytes), Some(duration_ms));
    }
}

#[test]
fn a_recording_that_breaks_off_is_taken_as_far_as_it_goes() {
    let whole = fixture("chromium.webm");
    let all = webm_opus_to_ogg(&whole).unwrap();
    let part = webm_opus_to_ogg(&whole[..whole.len() / 2]).unwrap();
    assert!(
        (360..=1080).contains(&part.duration_ms),
        "{}",
        part.duration_ms
    );
    assert!(part.bytes.len() < all.bytes.len());
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut whole = id.to_vec();
    whole.extend([0x10 | length[0], length[1], length[2], length[3]]);
    whole.extend(body);
    whole
}

/// A file with one track of these members and these blocks.
fn webm(track: &[Vec<u8>], blocks: &[Vec<u8>]) -> Vec<u8> {
    let header = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    let tracks = element(
        &[0x16, 0x54, 0xae, 0x6b],
        &element(&[0xae], &track.concat()),
    );
    let cluster = element(&[0x1f, 0x43, 0xb6, 0x75], &blocks.concat());
    let segment = element(&[0x18, 0x53, 0x80, 0x67], &[tracks, cluster].concat());
    [header, segment].concat()
}

fn opus_track() -> Vec<Vec<u8>> {
    vec![
        element(&[0xd7], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], b"A_OPUS"),
    ]
}

/// A packet of 20 ms.
const PACKET: [u8; 3] = [0xf8, 1, 2];

fn block(track: u8, flags: u8, frames: &[u8]) -> Vec<u8> {
    element(&[0xa3], &[&[0x80 | track, 0, 0, flags], frames].concat())
}

#[test]
fn a_stream_without_a_head_gets_one_and_other_tracks_are_left_out() {
    let blocks = [
        block(1, 0x80, &PACKET),
        block(2, 0x80, &[9; 30]),
        block(1, 0x80, &PACKET),
    ];
    let OggVoice { bytes, duration_ms } = webm_opus_to_ogg(&webm(&opus_track(), &blocks)).unwrap();
    // 40 ms less the 6.5 ms that every encoder puts in front.
    assert_eq!(duration_ms, 34);
    assert_eq!(&bytes[28..40], b"OpusHead\x01\x01\x38\x01");
    let delayed = [
        opus_track(),
        vec![element(&[0x56, 0xaa], &[0x98, 0x96, 0x80])],
    ]
    .concat();
    let voice = webm_opus_to_ogg(&webm(&delayed, &blocks)).unwrap();
    assert_eq!(voice.duration_ms, 30);
}

#[test]
fn laced_blocks_and_groups_are_read() {
    let fixed = block(1, 0x84, &[&[1][..], &PACKET, &PACKET].concat());
    let xiph = block(1, 0x82, &[&[1, 3][..], &PACKET, &PACKET].concat());
    let ebml = block(1, 0x86, &[&[1, 0x83][..], &PACKET, &PACKET].concat());
    let inner = element(&[0xa1], &[&[0x81, 0, 0, 0][..], &PACKET].concat());
    // 10 ms of the last packet are not to be heard.
    let padding = element(&[0x75, 0xa2], &[0x98, 0x96, 0x80]);
    let group = element(&[0xa0], &[inner, padding].concat());
    let voice = webm_opus_to_ogg(&webm(&opus_track(), &[fixed, xiph, ebml, group])).unwrap();
    assert_eq!(voice.duration_ms, 7 * 20 - 10 - 7 + 1);
}

#[test]
fn what_is_no_voice_note_is_refused_with_the_reason() {
    let one = [block(1, 0x80, &PACKET)];
    let track = |more: Vec<u8>| [opus_track(), vec![more]].concat();
    let other = |id: u8, body: &[u8]| {
        let mut track = opus_track();
        track.retain(|member| member[0] != id);
        track.push(element(&[id], body));
        track
    };
    let head = |head: &[u8]| track(element(&[0x63, 0xa2], head));
    let stereo = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
    let surround = b"OpusHead\x01\x06\x38\x01\x80\xbb\0\0\0\0\x01";
    assert!(webm_opus_to_ogg(&webm(&head(stereo), &one)).is_ok());
    for (file, error) in [
        (b"".to_vec(), VoiceError::NotWebm),
        (b"OggS\0\x02".to_vec(), VoiceError::NotWebm),
        (
            element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"avi")),
            VoiceError::NotWebm,
        ),
        (webm(&other(0x83, &[1]), &one), VoiceError::HasVideo),
        (webm(&other(0x86, b"A_VORBIS"), &one), VoiceError::NotOpus),
        (
            webm(&track(element(&[0x6d, 0x80], b"zlib")), &one),
            VoiceError::NotOpus,
        ),
        (webm(&head(surround), &one), VoiceError::TooManyChannels),
        (
            webm(&track(element(&[0x9f], &[6])), &one),
            VoiceError::TooManyChannels,
        ),
        (webm(&head(b"OpusHead\x01"), &one), VoiceError::Damaged),
        (webm(&opus_track(), &[]), VoiceError::Empty),
        (
            webm(&opus_track(), &[block(1, 0x80, &[])]),
            VoiceError::Empty,
        ),
        (
            webm(&opus_track(), &[block(1, 0x80, &[0xff, 0])]),
            VoiceError::Damaged,
        ),
        (
            webm(&opus_track(), &[block(1, 0x84, &[2, 1, 1])]),
            VoiceError::Damaged,
        ),
    ] {
        assert_eq!(webm_opus_to_ogg(&file), Err(error));
    }
}

#[test]
fn the_length_of_a_foreign_file_is_read() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../simulator/media");
    let voice = fs::read(samples.join("voice_note_en.ogg")).unwrap();
    let duration_ms = ogg_opus_duration_ms(&voice).unwrap();
    assert!((1_000..20_000).contains(&duration_ms), "{duration_ms}");
    assert_eq!(ogg_opus_duration_ms(b"OggS"), None);
    assert_eq!(ogg_opus_duration_ms(&fixture("chromium.webm")), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..400)) {
        let _ = webm_opus_to_ogg(&bytes);
        let _ = ogg_opus_duration_ms(&bytes);
    }

    #[test]
    fn a_recording_with_any_damage_is_survived(
        name in "(chromium|trimmed)",
        at in any::<prop::sample::Index>(),
        damage in vec(any::<u8>(), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut webm = fixture(&format!("{name}.webm"));
        let at = at.index(webm.len());
        let end = (at + damage.len()).min(webm.len());
        webm.splice(at..end, damage);
        webm.truncate(cut.index(webm.len()) + webm.len() / 2);
        if let Ok(voice) = webm_opus_to_ogg(&webm) {
            prop_assert!(voice.bytes.len() <= 3 * webm.len() + 200);
            prop_assert_eq!(ogg_opus_duration_ms(&voice.bytes), Some(voice.duration_ms));
        }
        let mut ogg = fixture(&format!("{name}.ogg"));
        ogg.truncate(cut.index(ogg.len()));
        let _ = ogg_opus_duration_ms(&ogg);
    }

    #[test]
    fn whatever_packets_go_in_come_out(packets in vec(vec(any::<u8>(), 0..600), 1..120)) {
        // A first byte of 0xf8 makes one frame of 20 ms of whatever follows.
        let blocks: Vec<Vec<u8>> = packets.iter().map(|rest| block(1, 0x80, &[&[0xf8][..], rest].concat())).collect();
        let voice = webm_opus_to_ogg(&webm(&opus_track(), &blocks)).unwrap();
        let expected: Vec<Vec<u8>> = packets.iter().map(|rest| [&[0xf8][..], rest].concat()).collect();
        prop_assert_eq!(packets_of(&voice.bytes)[2..].to_vec(), expected);
    }
}

/// A second reader, written for the tests: the packets of a stream.
fn packets_of(mut ogg: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut open) = (Vec::new(), Vec::new());
    let mut sequence = 0_u32;
    while !ogg.is_empty() {
        assert_eq!(&ogg[..5], b"OggS\0");
        assert_eq!(ogg[18..22], sequence.to_le_bytes());
        let count = usize::from(ogg[26]);
        let laces = &ogg[27..27 + count];
        let mut body = &ogg[27 + count..];
        for lace in laces {
            open.extend_from_slice(&body[..usize::from(*lace)]);
            body = &body[usize::from(*lace)..];
            if *lace < 255 {
                packets.push(std::mem::take(&mut open));
            }
        }
        let is_last = ogg[5] & 4 != 0;
        ogg = body;
        assert_eq!(is_last, ogg.is_empty());
        sequence += 1;
    }
    packets
}
