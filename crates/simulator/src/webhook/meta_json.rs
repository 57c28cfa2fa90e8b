//! JSON written the way Meta writes webhook bodies: everything outside ASCII as `\uXXXX` in lower-case
//! hexadecimal, `/` as `\/` and `@` as `\u0040`. A receiver that re-serialises before checking the
//! signature fails on such bytes, which is the point. Used by the deliverer and by tests.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The exact bytes Meta would send for this value.
pub fn to_meta_json(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut bytes, MetaFormatter);
    // Writing a `Value` into memory has no way to fail.
    let _ = value.serialize(&mut serializer);
    bytes
}

struct MetaFormatter;

impl Formatter for MetaFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            write_escaped(writer, character)?;
        }
        Ok(())
    }
}

fn write_escaped<W: ?Sized + Write>(writer: &mut W, character: char) -> io::Result<()> {
    match character {
        '/' => writer.write_all(b"\\/"),
        '@' => writer.write_all(b"\\u0040"),
        ascii if ascii.is_ascii() => writer.write_all(ascii.encode_utf8(&mut [0; 4]).as_bytes()),
        other => other
            .encode_utf16(&mut [0; 2])
            .iter()
            .try_for_each(|unit| write!(writer, "\\u{unit:04x}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_exactly_those_meta_sends() {
        let value = json!({"text": "Ünï / @ana \"q\" \\ 日本 😀\n\u{1}"});
        let expected = concat!(
            r#"{"text":"\u00dcn\u00ef \/ \u0040ana \"q\" \\ "#,
            r#"\u65e5\u672c \ud83d\ude00\n\u0001"}"#,
        );
        assert_eq!(String::from_utf8_lossy(&to_meta_json(&value)), expected);
    }

    #[test]
    fn what_was_escaped_reads_back_the_same() {
        let value = json!({"k/é": ["héllo @ / 🦜", 1, -2.5, true, null, {"مرحبا": "नमस्ते"}]});
        let read: Value = serde_json::from_slice(&to_meta_json(&value)).unwrap_or_default();
        assert_eq!(read, value);
    }
}
