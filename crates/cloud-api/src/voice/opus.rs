//! The little that has to be known about Opus: the head of a stream (RFC 7845, 5.1), and how long a packet plays
//! (RFC 6716, 3.1).

use super::VoiceError;
use super::webm::Track;

/// Opus always counts in samples of 48 kHz, whatever was recorded.
pub(super) const SAMPLES_PER_MS: u64 = 48;

/// What an encoder (libopus at 48 kHz) puts in front of the sound, for streams that don't say.
const USUAL_PRE_SKIP: u16 = 312;

/// A frame is at most 1275 bytes, and a packet has at most 48 frames, each with its length in two bytes.
pub(super) const LONGEST_PACKET: usize = 48 * (1275 + 2) + 2;

/// No packet plays longer: 120 ms.
const MOST_SAMPLES: u64 = 120 * SAMPLES_PER_MS;

/// The first packet of a stream.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    pub(super) pre_skip: u16,
}

impl Head {
    /// As the recording has it, or made up from what else it says.
    pub(super) fn of(track: &Track<'_>) -> Result<Self, VoiceError> {
        match track.codec_private {
            Some(head) => Self::read(head),
            None => Self::invent(track),
        }
    }

    pub(super) fn read(head: &[u8]) -> Result<Self, VoiceError> {
        let rest = head.strip_prefix(b"OpusHead").ok_or(VoiceError::Damaged)?;
        let [version, channels, skip_low, skip_high, ..] = *rest else {
            return Err(VoiceError::Damaged);
        };
        // Version 1.x; the last byte is the channel mapping, where 0 is mono or stereo.
        if version & 0xf0 != 0 || channels == 0 || rest.len() < 11 {
            return Err(VoiceError::Damaged);
        }
        if channels > 2 || rest.get(10) != Some(&0) {
            return Err(VoiceError::TooManyChannels);
        }
        Ok(Self {
            bytes: head.get(..19).unwrap_or(head).to_vec(),
            pre_skip: u16::from_le_bytes([skip_low, skip_high]),
        })
    }

    fn invent(track: &Track<'_>) -> Result<Self, VoiceError> {
        let channels = match track.channels.unwrap_or(1) {
            0 => return Err(VoiceError::Damaged),
            channels @ 1..=2 => u8::try_from(channels).unwrap_or(1),
            _ => return Err(VoiceError::TooManyChannels),
        };
        let told = track.codec_delay_ns.map(samples_of_ns);
        let pre_skip = told.and_then(|samples| u16::try_from(samples).ok());
        let pre_skip = pre_skip.unwrap_or(USUAL_PRE_SKIP);
        let mut bytes = b"OpusHead\x01".to_vec();
        bytes.push(channels);
        bytes.extend(pre_skip.to_le_bytes());
        bytes.extend(48_000_u32.to_le_bytes());
        bytes.extend([0, 0, 0]);
        Ok(Self { bytes, pre_skip })
    }
}

/// How many samples a time is, rounded to the nearest.
pub(super) fn samples_of_ns(ns: u64) -> u64 {
    const NS_PER_MS: u64 = 1_000_000;
    let scaled = ns.saturating_mul(SAMPLES_PER_MS);
    scaled.saturating_add(NS_PER_MS / 2) / NS_PER_MS
}

/// How long so many samples play, rounded to the nearest.
pub(super) fn milliseconds(samples: u64) -> u64 {
    samples.saturating_add(SAMPLES_PER_MS / 2) / SAMPLES_PER_MS
}

/// How many samples a packet plays; `None` if no packet looks so.
pub(super) fn samples(packet: &[u8]) -> Option<u64> {
    let (toc, rest) = packet.split_first()?;
    if packet.len() > LONGEST_PACKET {
        return None;
    }
    let config = toc >> 3;
    let per_frame: u64 = match (config, config & 3) {
        (0..=11, 0) | (12..=15, 0 | 2) | (16.., 2) => 480,
        (0..=11, 1) | (12..=15, _) | (16.., 3) => 960,
        (0..=11, 2) => 1920,
        (0..=11, _) => 2880,
        (16.., 0) => 120,
        (16.., _) => 240,
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(rest.first()? & 0x3f),
    };
    let samples = per_frame * frames;
    (1..=MOST_SAMPLES).contains(&samples).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_plays_as_long_as_its_first_bytes_say() {
        for (packet, ms_times_ten) in [
            (&[0x00_u8][..], Some(100)), // SILK 10 ms
            (&[0x18], Some(600)),        // SILK 60 ms
            (&[0x60], Some(100)),        // hybrid 10 ms
            (&[0x78], Some(200)),        // hybrid 20 ms
            (&[0x80], Some(25)),         // CELT 2.5 ms
            (&[0xfc], Some(200)),        // CELT 20 ms, stereo
            (&[0xfd, 0, 0], Some(400)),  // two frames
            (&[0xfb, 3], Some(600)),     // three frames of 20 ms
            (&[0x1b, 2], Some(1200)),    // two frames of 60 ms
            (&[0x1b, 3], None),          // 180 ms
            (&[0xfb, 0], None),          // no frames
            (&[0xfb], None),             // says "see next byte", which is missing
            (&[], None),
        ] {
            let expected = ms_times_ten.map(|tenths: u64| tenths * SAMPLES_PER_MS / 10);
            assert_eq!(samples(packet), expected, "{packet:02x?}");
        }
        assert_eq!(samples(&vec![0; LONGEST_PACKET + 1]), None);
    }

    #[test]
    fn times_are_rounded() {
        assert_eq!(samples_of_ns(6_500_000), 312);
        assert_eq!(samples_of_ns(u64::MAX), u64::MAX / 1_000_000);
        assert_eq!(milliseconds(47), 1);
        assert_eq!(milliseconds(23), 0);
    }
}
