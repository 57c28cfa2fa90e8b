//! How a file from a stranger is handed to a browser: never as anything that runs.

use axum::http::{HeaderMap, HeaderValue, header};

use super::sniff::UNKNOWN;

/// Kinds that a browser shows without running anything. All others are downloads.
const SHOWN: [&str; 15] = [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "video/mp4",
    "video/3gpp",
    "video/webm",
    "audio/ogg",
    "audio/mpeg",
    "audio/aac",
    "audio/mp4",
    "audio/amr",
    "audio/webm",
    "audio/3gpp",
    "audio/x-wav",
];

/// Even what is shown runs nothing and loads nothing but itself.
const POLICY: &str =
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/// Files never change: their id stands for their content. Only the browser may keep them, not a proxy.
const CACHING: &str = "private, max-age=31536000, immutable";

/// Kinds that are markup or script; they are handed out as plain bytes.
const ACTIVE: [&str; 7] = [
    "html",
    "svg",
    "xml",
    "javascript",
    "ecmascript",
    "mhtml",
    "multipart",
];

/// The headers that every answer with a file's bytes has.
pub(super) fn of_file(mime: &str, filename: Option<&str>, etag: &str) -> HeaderMap {
    let shown = SHOWN.contains(&mime);
    let is_active = ACTIVE.iter().any(|word| mime.contains(word));
    let kind = if is_active { UNKNOWN } else { mime };
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, kind);
    set(header::CONTENT_DISPOSITION, &disposition(shown, filename));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CACHE_CONTROL, CACHING);
    set(header::ETAG, etag);
    set(header::ACCEPT_RANGES, "bytes");
    headers
}

/// `inline` or `attachment`, with the sender's name for the file in a form that can't break out of the header (RFC 6266, RFC 8187).
fn disposition(shown: bool, filename: Option<&str>) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    let Some(name) = filename.map(clean).filter(|name| !name.is_empty()) else {
        return kind.to_owned();
    };
    let plain: String = name
        .chars()
        .map(|character| match character {
            '"' | '\\' | '%' => '_',
            other if other.is_ascii() => other,
            _ => '_',
        })
        .collect();
    format!(
        "{kind}; filename=\"{plain}\"; filename*=UTF-8''{}",
        encode(&name)
    )
}

/// Without folders and control characters, and not longer than any file system takes.
fn clean(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    base.chars()
        .filter(|character| !character.is_control())
        .take(150)
        .collect()
}

/// Percent-encoding of everything but `attr-char` (RFC 8187, 3.2.1).
fn encode(name: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(headers: &HeaderMap, name: header::HeaderName) -> &str {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    #[test]
    fn only_what_runs_nothing_is_shown() {
        for (mime, kind, shown) in [
            ("image/png", "image/png", true),
            ("audio/ogg", "audio/ogg", true),
            ("image/svg+xml", UNKNOWN, false),
            ("text/html", UNKNOWN, false),
            ("application/xhtml+xml", UNKNOWN, false),
            ("text/javascript", UNKNOWN, false),
            ("application/pdf", "application/pdf", false),
            ("text/plain", "text/plain", false),
        ] {
            let headers = of_file(mime, None, "\"x\"");
            assert_eq!(value(&headers, header::CONTENT_TYPE), kind, "{mime}");
            let expected = if shown { "inline" } else { "attachment" };
            assert_eq!(
                value(&headers, header::CONTENT_DISPOSITION),
                expected,
                "{mime}"
            );
            assert_eq!(value(&headers, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert!(
                value(&headers, header::CONTENT_SECURITY_POLICY)
                    .starts_with("sandbox; default-src 'none'")
            );
        }
    }

    #[test]
    fn a_filename_cannot_break_out_of_its_header() {
        let name = "../..\\Rechnung \"Müller\"\r\nX-Evil: 1.pdf";
        assert_eq!(
            disposition(false, Some(name)),
            "attachment; filename=\"Rechnung _M_ller_X-Evil: 1.pdf\"; filename*=UTF-8''Rechnung%20%22M%C3%BCller%22X-Evil%3A%201.pdf"
        );
        assert_eq!(disposition(false, Some("\n")), "attachment");
    }
}
