//! How much of what strangers send is taken over. Phones send less than that; what they do not send may be anything.

/// Words of a message: what WhatsApp's own apps can write.
pub(super) const TEXT: usize = 65_536;
/// A name, a title, an address.
pub(super) const LINE: usize = 1_000;
/// Ids of messages.
pub(crate) const ID: usize = 128;
/// A vCard, with the picture that it may hold.
pub(super) const CARD: usize = 262_144;
/// All vCards of one message together.
pub(super) const ALL_CARDS: usize = 1_048_576;
/// Cards of one message.
pub(super) const CARDS: usize = 257;
/// Options of a poll.
pub(super) const OPTIONS: usize = 64;
/// Where a file is, at WhatsApp.
pub(crate) const PATH: usize = 2_048;
/// Messages within messages: view once within ephemeral within …
pub(super) const DEPTH: usize = 8;

/// A text as it can be stored: at most so many characters, without those that PostgreSQL refuses. `None` where nothing is left.
pub(crate) fn text(text: &str, most: usize) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|char| *char != '\0')
        .take(most)
        .collect();
    Some(text).filter(|text| !text.trim().is_empty())
}

/// As [`text`], for a name or a title.
pub(crate) fn line(words: &str) -> Option<String> {
    text(words, LINE)
}

/// As [`line`], of what may be missing.
pub(crate) fn optional_line(words: Option<&String>) -> Option<String> {
    words.and_then(|words| line(words))
}

/// A message's id, where it can be one.
pub(crate) fn id(id: &str) -> Option<String> {
    let printable = id.bytes().all(|byte| byte.is_ascii_graphic());
    ((1..=ID).contains(&id.len()) && printable).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_stored_is_cut_off() {
        assert_eq!(text("a\0b", 9).as_deref(), Some("ab"));
        assert_eq!(text("äöü", 2).as_deref(), Some("äö"));
        assert_eq!(text(" \0", 9), None);
        assert_eq!(id("3EB0ABC").as_deref(), Some("3EB0ABC"));
        assert_eq!(id(""), None);
        assert_eq!(id("a b"), None);
        assert_eq!(id(&"a".repeat(ID + 1)), None);
    }
}
