//! OGG pages (RFC 3533) as Opus wants them (RFC 7845): one page with the head, one with the tags, then sound.

use std::sync::LazyLock;

use super::opus::{self, Head};

/// Any number does, as there is one stream.
const SERIAL: u32 = 0x486f_6f70;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// Lengths in a page's table; each stands for up to 255 bytes.
const MOST_LACES: usize = 255;
/// RFC 7845 advises pages of at most a second.
const LONGEST_PAGE_SAMPLES: u64 = 1000 * opus::SAMPLES_PER_MS;
const HEADER_BYTES: usize = 27;

/// Writes a stream. The page being filled is kept back, because only the end knows which one is the last.
pub(super) struct Writer {
    bytes: Vec<u8>,
    sequence: u32,
    laces: Vec<u8>,
    body: Vec<u8>,
    page_samples: u64,
    samples: u64,
}

impl Writer {
    pub(super) fn new(head: &[u8]) -> Self {
        let mut writer = Self {
            bytes: Vec::new(),
            sequence: 0,
            laces: Vec::new(),
            body: Vec::new(),
            page_samples: 0,
            samples: 0,
        };
        writer.add(head);
        writer.end_page(FIRST, 0);
        writer.add(b"OpusTags\x06\0\0\0Hoopoe\0\0\0\0");
        writer.end_page(0, 0);
        writer
    }

    /// How many samples were pushed.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// Adds a packet of at most [`opus::LONGEST_PACKET`] bytes, so that it fits into one page.
    pub(super) fn push(&mut self, packet: &[u8], samples: u64) {
        let needs = packet.len() / 255 + 1;
        let is_long = self.page_samples + samples > LONGEST_PAGE_SAMPLES;
        if !self.laces.is_empty() && (is_long || self.laces.len() + needs > MOST_LACES) {
            self.end_page(0, self.samples);
        }
        self.add(packet);
        self.page_samples += samples;
        self.samples += samples;
    }

    /// Ends the stream at this position, which may cut off the end of the last packet.
    pub(super) fn finish(mut self, end: u64) -> Vec<u8> {
        self.end_page(LAST, end);
        self.bytes
    }

    fn add(&mut self, packet: &[u8]) {
        let whole = packet.len() / 255;
        self.laces.extend(std::iter::repeat_n(255, whole));
        let rest = packet.len() % 255;
        self.laces.push(u8::try_from(rest).unwrap_or_default());
        self.body.extend_from_slice(packet);
    }

    fn end_page(&mut self, flags: u8, position: u64) {
        let mut page = Vec::with_capacity(HEADER_BYTES + self.laces.len() + self.body.len());
        page.extend_from_slice(b"OggS\0");
        page.push(flags);
        page.extend(position.to_le_bytes());
        page.extend(SERIAL.to_le_bytes());
        page.extend(self.sequence.to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(self.laces.len()).unwrap_or(u8::MAX));
        page.append(&mut self.laces);
        page.append(&mut self.body);
        let sum = checksum(&page).to_le_bytes();
        if let Some(slot) = page.get_mut(22..26) {
            slot.copy_from_slice(&sum);
        }
        self.bytes.append(&mut page);
        self.sequence = self.sequence.wrapping_add(1);
        self.page_samples = 0;
    }
}

/// CRC-32 with the polynomial 04c11db7, neither reflected nor inverted.
fn checksum(page: &[u8]) -> u32 {
    static TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| {
        let entry = |byte: u32| {
            (0..8).fold(byte << 24, |value, _| {
                let carry = if value & 0x8000_0000 == 0 {
                    0
                } else {
                    0x04c1_1db7
                };
                (value << 1) ^ carry
            })
        };
        (0..256).map(entry).collect()
    });
    page.iter().fold(0, |sum: u32, byte| {
        let [top, ..] = sum.to_be_bytes();
        let entry = TABLE.get(usize::from(top ^ byte));
        (sum << 8) ^ entry.copied().unwrap_or_default()
    })
}

/// How long a file plays: the last position minus what is skipped at first. Only the first stream is looked at.
pub(super) fn duration_ms(ogg: &[u8]) -> Option<u64> {
    let first = Page::read(ogg)?;
    let head = Head::read(first.body).ok()?;
    let (mut rest, mut last) = (ogg.get(first.length..)?, None);
    while let Some(page) = Page::read(rest) {
        // -1 stands on pages on which no packet ends.
        if page.serial == first.serial && page.position != u64::MAX {
            last = Some(page.position);
        }
        rest = rest.get(page.length..)?;
    }
    let samples = last?.checked_sub(u64::from(head.pre_skip))?;
    Some(opus::milliseconds(samples))
}

struct Page<'a> {
    position: u64,
    serial: u32,
    body: &'a [u8],
    length: usize,
}

impl<'a> Page<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"OggS\0")?;
        let (position, rest) = rest.get(1..)?.split_first_chunk::<8>()?;
        let (serial, _) = rest.split_first_chunk::<4>()?;
        let count = usize::from(*bytes.get(HEADER_BYTES - 1)?);
        let body_at = HEADER_BYTES + count;
        let laces = bytes.get(HEADER_BYTES..body_at)?;
        let body_bytes: usize = laces.iter().map(|lace| usize::from(*lace)).sum();
        let length = body_at + body_bytes;
        Some(Self {
            position: u64::from_le_bytes(*position),
            serial: u32::from_le_bytes(*serial),
            body: bytes.get(body_at..length)?,
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_ogg() {
        // CRC-32 with this polynomial, initial 0, no reflection, over "123456789" (CRC catalogue: CRC-32/CKSUM without
        // its final inversion and length).
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
        assert_eq!(checksum(b""), 0);
    }

    #[test]
    fn a_page_ends_before_its_table_overflows_and_after_a_second() {
        let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
        let mut writer = Writer::new(head);
        for _ in 0..3 {
            writer.push(&vec![0; 255 * 126], 960);
        }
        // Two packets of 127 laces fit into a page, three do not.
        assert_eq!(writer.sequence, 3);
        for _ in 0..60 {
            writer.push(&[0], 960);
        }
        assert_eq!(writer.sequence, 4);
        let bytes = writer.finish(63 * 960);
        assert_eq!(duration_ms(&bytes), Some(63 * 20 - 6));
    }
}
