//! Which bytes of a file a client asks for (RFC 9110, 14.2).

use std::ops::Range;

/// What a `Range` header comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// The whole file: no header, one that can't be read, or several ranges, which a server may answer so.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Nothing that the file has.
    Nothing,
}

/// Reads a `Range` header for a file of some size.
pub(super) fn parse(header: Option<&str>, size: u64) -> Asked {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // A number too large for us is beyond the end of every file.
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(first), number(last)) {
        (None, Some(count)) if first.is_empty() => part(size.saturating_sub(count), size),
        (Some(from), None) if last.is_empty() => part(from, size),
        (Some(from), Some(to)) if from <= to => part(from, size.min(to.saturating_add(1))),
        _ => Asked::Whole,
    }
}

fn part(from: u64, to: u64) -> Asked {
    if from < to {
        Asked::Part(from..to)
    } else {
        Asked::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, expected) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-5", Asked::Part(2..6)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=2-99999999999999999999999", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=-0", Asked::Nothing),
            ("bytes=10-", Asked::Nothing),
            ("bytes=99-100", Asked::Nothing),
            ("bytes=5-2", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("items=0-1", Asked::Whole),
        ] {
            assert_eq!(parse(Some(header), 10), expected, "{header}");
        }
        assert_eq!(parse(None, 10), Asked::Whole);
        assert_eq!(parse(Some("bytes=0-"), 0), Asked::Nothing);
    }
}
