//! JSON that is well-formed to the eye but that a strict reader refuses.
//!
//! Two cases, both looked for only when reading failed: half of a surrogate pair (an emoji cut in two by a length limit),
//! and a repeated key.

use serde_json::Value;

const REPLACEMENT: &str = "\\ufffd";

/// `text` with what is broken replaced; `None` when there is nothing to replace.
pub(super) fn mend(text: &str, is_unreadable: bool) -> Option<String> {
    let whole = replace_lone_surrogates(text);
    if !is_unreadable {
        return whole;
    }
    // As a map, the last of the repeated keys wins.
    let value: Value = serde_json::from_str(whole.as_deref().unwrap_or(text)).ok()?;
    Some(value.to_string())
}

/// Replaces each `\ud8xx` that is not followed by its other half, and each other half that stands alone.
fn replace_lone_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let taken = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                found = true;
                mended.push_str(REPLACEMENT);
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
            // Any other escape: the backslash and what it escapes.
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (kept, after) = escape.split_at_checked(taken).unwrap_or((escape, ""));
        mended.push_str(kept);
        rest = after;
    }
    mended.push_str(rest);
    found.then_some(mended)
}

/// The UTF-16 unit of an escape `\uXXXX` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}
