//! The sound of a WebM file (RFC 8794 and the Matroska specification): its Opus track, and the packets in it.
//!
//! Elements are walked in one flat line: containers are entered and otherwise forgotten, so that it makes no difference
//! whether they say their size. Chromium writes segments and clusters without one, because it writes while it records.

use super::{VoiceError, opus};

const EBML: u64 = 0x1a45_dfa3;
const DOC_TYPE: u64 = 0x4282;
const SEGMENT: u64 = 0x1853_8067;
const TRACKS: u64 = 0x1654_ae6b;
const TRACK_ENTRY: u64 = 0xae;
const TRACK_NUMBER: u64 = 0xd7;
const TRACK_TYPE: u64 = 0x83;
const CODEC_ID: u64 = 0x86;
const CODEC_PRIVATE: u64 = 0x63a2;
const CODEC_DELAY: u64 = 0x56aa;
const CONTENT_ENCODINGS: u64 = 0x6d80;
const AUDIO: u64 = 0xe1;
const CHANNELS: u64 = 0x9f;
const CLUSTER: u64 = 0x1f43_b675;
const SIMPLE_BLOCK: u64 = 0xa3;
const BLOCK_GROUP: u64 = 0xa0;
const BLOCK: u64 = 0xa1;
const DISCARD_PADDING: u64 = 0x75a2;

const VIDEO_TYPE: u64 = 1;

/// Tracks looked at; recordings have one.
const MOST_TRACKS: usize = 64;

/// What is said about a track.
#[derive(Default)]
pub(super) struct Track<'a> {
    number: u64,
    kind: u64,
    codec: &'a [u8],
    is_encoded: bool,
    pub(super) codec_private: Option<&'a [u8]>,
    pub(super) codec_delay_ns: Option<u64>,
    pub(super) channels: Option<u64>,
}

/// The sound of a file.
pub(super) struct Recording<'a> {
    pub(super) track: Track<'a>,
    /// Opus packets, none of them empty.
    pub(super) packets: Vec<&'a [u8]>,
    /// Samples at the end that are not to be heard.
    pub(super) discarded_samples: u64,
}

pub(super) fn read(webm: &[u8]) -> Result<Recording<'_>, VoiceError> {
    let mut elements = Elements { rest: webm };
    let first = elements.next().ok_or(VoiceError::NotWebm)?;
    if first.id != EBML || !says_webm(first.body) {
        return Err(VoiceError::NotWebm);
    }
    let mut reader = Reader::default();
    for element in elements {
        reader.take(&element)?;
    }
    let track = reader.chosen.ok_or(VoiceError::NotOpus)?;
    if reader.packets.is_empty() {
        return Err(VoiceError::Empty);
    }
    Ok(Recording {
        track,
        packets: reader.packets,
        discarded_samples: opus::samples_of_ns(reader.discarded_ns),
    })
}

fn says_webm(header: &[u8]) -> bool {
    let mut members = Elements { rest: header };
    members.any(|member| member.id == DOC_TYPE && matches!(member.body, b"webm" | b"matroska"))
}

#[derive(Default)]
struct Reader<'a> {
    tracks: Vec<Track<'a>>,
    chosen: Option<Track<'a>>,
    packets: Vec<&'a [u8]>,
    discarded_ns: u64,
}

impl<'a> Reader<'a> {
    fn take(&mut self, element: &Element<'a>) -> Result<(), VoiceError> {
        match element.id {
            TRACK_ENTRY if self.tracks.len() < MOST_TRACKS => self.tracks.push(Track::default()),
            CLUSTER if self.chosen.is_none() => self.chosen = Some(self.choose()?),
            SIMPLE_BLOCK | BLOCK => self.take_block(element.body)?,
            // Signed nanoseconds; only what is cut off at the end matters.
            DISCARD_PADDING => {
                let padding = element.number().ok_or(VoiceError::Damaged)?;
                self.discarded_ns = i64::try_from(padding).map_or(0, i64::unsigned_abs);
            }
            _ => {
                if let Some(track) = self.tracks.last_mut() {
                    track.take(element)?;
                }
            }
        }
        Ok(())
    }

    fn choose(&mut self) -> Result<Track<'a>, VoiceError> {
        if self.tracks.iter().any(|track| track.kind == VIDEO_TYPE) {
            return Err(VoiceError::HasVideo);
        }
        let is_opus = |track: &Track<'_>| track.codec == b"A_OPUS" && !track.is_encoded;
        let index = self.tracks.iter().position(is_opus);
        let index = index.ok_or(VoiceError::NotOpus)?;
        Ok(self.tracks.swap_remove(index))
    }

    fn take_block(&mut self, block: &'a [u8]) -> Result<(), VoiceError> {
        let chosen = self.chosen.as_ref().ok_or(VoiceError::Damaged)?;
        let (number, rest) = size_of(block).ok_or(VoiceError::Damaged)?;
        if number != Some(chosen.number) {
            return Ok(());
        }
        // Two bytes of time, one of flags.
        let ([_, _, flags], frames) = rest.split_first_chunk::<3>().ok_or(VoiceError::Damaged)?;
        let frames = match flags >> 1 & 3 {
            0 => Some(vec![frames]),
            lacing => laced(lacing, frames),
        };
        let frames = frames.ok_or(VoiceError::Damaged)?;
        // An empty packet says "nothing was recorded here", which OGG has no word for.
        let frames = frames.into_iter().filter(|frame| !frame.is_empty());
        self.packets.extend(frames);
        self.discarded_ns = 0;
        Ok(())
    }
}

impl<'a> Track<'a> {
    fn take(&mut self, element: &Element<'a>) -> Result<(), VoiceError> {
        let number = || element.number().ok_or(VoiceError::Damaged);
        match element.id {
            TRACK_NUMBER => self.number = number()?,
            TRACK_TYPE => self.kind = number()?,
            CODEC_ID => self.codec = element.body,
            CODEC_PRIVATE => self.codec_private = Some(element.body),
            CODEC_DELAY => self.codec_delay_ns = Some(number()?),
            CONTENT_ENCODINGS => self.is_encoded = true,
            CHANNELS => self.channels = Some(number()?),
            _ => {}
        }
        Ok(())
    }
}

/// The frames of a block that holds several: 1 is the lacing of Xiph, 2 the fixed one, 3 that of EBML.
fn laced(lacing: u8, body: &[u8]) -> Option<Vec<&[u8]>> {
    let (count, mut rest) = body.split_first()?;
    let count = usize::from(*count) + 1;
    if lacing == 2 {
        let size = rest.len() / count;
        let is_even = rest.len().is_multiple_of(count) && size > 0;
        return is_even.then(|| rest.chunks(size).collect());
    }
    let mut sizes: Vec<usize> = Vec::with_capacity(count);
    while sizes.len() + 1 < count {
        let (size, after) = match (lacing, sizes.last()) {
            (1, _) => xiph_size(rest)?,
            (_, None) => {
                let (size, after) = size_of(rest)?;
                (usize::try_from(size?).ok()?, after)
            }
            (_, Some(before)) => ebml_difference(*before, rest)?,
        };
        sizes.push(size);
        rest = after;
    }
    let mut frames = Vec::with_capacity(count);
    for size in sizes {
        let (frame, after) = rest.split_at_checked(size)?;
        frames.push(frame);
        rest = after;
    }
    frames.push(rest);
    Some(frames)
}

/// Bytes are added up to the first that is not 255.
fn xiph_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let full = bytes.iter().take_while(|byte| **byte == 255).count();
    let last = bytes.get(full)?;
    let size = full.checked_mul(255)?.checked_add(usize::from(*last))?;
    Some((size, bytes.get(full + 1..)?))
}

/// A size told as the difference to the one before, shifted into the positive by half its range.
fn ebml_difference(before: usize, bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (value, rest) = size_of(bytes)?;
    let length = bytes.len() - rest.len();
    let half = (1_i64 << (7 * length - 1)) - 1;
    // All ones is the largest difference here, not "unknown".
    let value = value.map_or(Some(2 * half + 1), |value| i64::try_from(value).ok())?;
    let size = i64::try_from(before).ok()?.checked_add(value - half)?;
    Some((usize::try_from(size).ok()?, rest))
}

/// One element, or the beginning of a container.
struct Element<'a> {
    id: u64,
    /// Empty for containers.
    body: &'a [u8],
}

impl Element<'_> {
    fn number(&self) -> Option<u64> {
        let is_short = self.body.len() <= 8;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        is_short.then(|| self.body.iter().fold(0, add))
    }
}

/// The elements of a file in one flat line; ends where the file breaks off.
struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (id, rest) = id_of(self.rest)?;
        let (size, rest) = size_of(rest)?;
        if is_entered(id) {
            self.rest = rest;
            return Some(Element { id, body: &[] });
        }
        let size = usize::try_from(size?).ok()?;
        let (body, rest) = rest.split_at_checked(size)?;
        self.rest = rest;
        Some(Element { id, body })
    }
}

fn is_entered(id: u64) -> bool {
    matches!(
        id,
        SEGMENT | TRACKS | TRACK_ENTRY | AUDIO | CLUSTER | BLOCK_GROUP
    )
}

/// A number of one to eight bytes whose length stands in the leading zeros of the first; with its marker.
fn id_of(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = length_of(*bytes.first()?)?;
    let (number, rest) = bytes.split_at_checked(length)?;
    let value = number
        .iter()
        .fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
    Some((value, rest))
}

/// As [`id_of`] without the marker; all ones is "unknown".
fn size_of(bytes: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let (marked, rest) = id_of(bytes)?;
    let length = bytes.len() - rest.len();
    let ones = (1_u64 << (7 * length)) - 1;
    let value = marked & ones;
    Some(((value != ones).then_some(value), rest))
}

fn length_of(first: u8) -> Option<usize> {
    let zeros = usize::try_from(first.leading_zeros()).ok()?;
    (zeros < 8).then_some(zeros + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_length_their_first_byte_says() {
        assert_eq!(size_of(&[0x81, 9]), Some((Some(1), &[9][..])));
        assert_eq!(size_of(&[0x40, 0x02]), Some((Some(2), &[][..])));
        assert_eq!(size_of(&[0xff]), Some((None, &[][..])));
        assert_eq!(
            size_of(&[0x01, 255, 255, 255, 255, 255, 255, 255]),
            Some((None, &[][..]))
        );
        assert_eq!(size_of(&[0x40]), None);
        assert_eq!(size_of(&[0x00]), None);
        assert_eq!(id_of(&[0x1a, 0x45, 0xdf, 0xa3]), Some((EBML, &[][..])));
    }

    #[test]
    fn laced_frames_are_taken_apart() {
        // Xiph: sizes 300 and 2, the rest is the third.
        let mut xiph = vec![2, 255, 45, 2];
        xiph.extend([7; 300]);
        xiph.extend([8; 2]);
        xiph.extend([9; 4]);
        let lengths = |frames: Option<Vec<&[u8]>>| {
            frames.map(|frames| frames.iter().map(|frame| frame.len()).collect::<Vec<_>>())
        };
        assert_eq!(lengths(laced(1, &xiph)), Some(vec![300, 2, 4]));
        // EBML: 800, then -300, the rest is the third (the example of the Matroska specification).
        let mut ebml = vec![2, 0x43, 0x20, 0x5e, 0xd3];
        ebml.extend(vec![7; 1400]);
        assert_eq!(lengths(laced(3, &ebml)), Some(vec![800, 500, 100]));
        assert_eq!(
            lengths(laced(2, &[2, 1, 1, 2, 2, 3, 3])),
            Some(vec![2, 2, 2])
        );
        for (lacing, damaged) in [
            (1, &[2, 255][..]),
            (1, &[1, 9, 0]),
            (2, &[2, 1, 1]),
            (2, &[2]),
            (3, &[2, 0x81]),
            (3, &[2, 0xff, 0x81]),
            (3, &[2, 0x81, 0x80]),
            (3, &[]),
        ] {
            assert_eq!(laced(lacing, damaged), None, "{lacing} {damaged:02x?}");
        }
    }
}
