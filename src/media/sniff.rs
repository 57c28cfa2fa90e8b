//! What a file really is: by its first bytes, not by what its sender said.

/// How many first bytes of a file are looked at.
pub(super) const HEAD_BYTES: usize = 8 * 1024;

/// What is served when nothing better is known.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// MIME type by content. What the sender said counts only where the content does not tell, and never for pictures, sound and video, which a
/// browser would show.
pub(crate) fn mime_of(head: &[u8], told: &str) -> String {
    let told = essence(told);
    let found = if is_3gpp(head) {
        Some("video/3gpp")
    } else {
        infer::get(head).map(|kind| kind.mime_type())
    };
    match found {
        Some(found) => reconcile(found, &told).to_owned(),
        None if is_shown(&told) || told.is_empty() => UNKNOWN.to_owned(),
        None => told,
    }
}

/// Type and subtype in lower case, or nothing where it has not their form.
fn essence(mime: &str) -> String {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let has_form = essence
        .split_once('/')
        .is_some_and(|(kind, sub)| is_part(kind) && is_part(sub));
    if has_form && essence.len() <= 127 {
        essence.to_ascii_lowercase()
    } else {
        String::new()
    }
}

fn is_shown(mime: &str) -> bool {
    ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| mime.starts_with(kind))
}

/// 3GPP files are MP4 containers of a brand of their own (3GPP TS 26.244, 5.3).
fn is_3gpp(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp") && head.get(8..10) == Some(b"3g")
}

/// One container may hold sound alone or sound and picture; there the sender's word is finer than the first bytes. And names differ.
fn reconcile<'a>(found: &'a str, told: &'a str) -> &'a str {
    let is_sound_of = |container: &str| match container {
        "video/mp4" | "audio/m4a" => ["audio/mp4", "audio/aac", "audio/m4a"].contains(&told),
        "video/webm" => told == "audio/webm",
        "video/3gpp" => told == "audio/3gpp",
        _ => false,
    };
    if is_sound_of(found) {
        return if told.starts_with("audio/m4") || told == "audio/aac" {
            "audio/mp4"
        } else {
            told
        };
    }
    match found {
        "audio/m4a" => "audio/mp4",
        // What is in it; it stands in an OGG, and that is how it is sent and shown.
        "audio/opus" => "audio/ogg",
        "video/x-m4v" => "video/mp4",
        // A zip holds many kinds of documents that look alike at first.
        "application/zip" if told.starts_with("application/") => told,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn content_counts_more_than_what_the_sender_said() {
        let voice_note = [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead"].concat();
        assert_eq!(mime_of(PNG, "image/jpeg"), "image/png");
        assert_eq!(mime_of(PNG, "text/html"), "image/png");
        assert_eq!(mime_of(b"%PDF-1.7", "image/png"), "application/pdf");
        assert_eq!(mime_of(&voice_note, "audio/ogg; codecs=opus"), "audio/ogg");
        assert_eq!(
            mime_of(b"OggS\0\x02", "audio/ogg; codecs=opus"),
            "audio/ogg"
        );
    }

    #[test]
    fn a_picture_that_is_none_is_no_picture() {
        for told in [
            "image/png",
            "video/mp4",
            "audio/ogg",
            "",
            "nonsense",
            "a/b/c",
        ] {
            assert_eq!(mime_of(b"just some words", told), UNKNOWN, "{told}");
        }
        assert_eq!(mime_of(b"a,b\n1,2", "Text/CSV; charset=utf-8"), "text/csv");
    }

    #[test]
    fn sound_in_a_container_of_video_stays_sound() {
        let mp4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2";
        assert_eq!(mime_of(mp4, "video/mp4"), "video/mp4");
        assert_eq!(mime_of(mp4, "audio/mp4"), "audio/mp4");
        assert_eq!(mime_of(mp4, "audio/aac"), "audio/mp4");
        let phone = b"\0\0\0\x18ftyp3gp4\0\0\0\0";
        assert_eq!(mime_of(phone, "video/3gpp"), "video/3gpp");
    }
}
