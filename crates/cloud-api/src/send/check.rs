//! What a check answers, and the few questions that all checks are made of.

use std::fmt;

use reqwest::Url;

use super::limits;

/// Something in a message breaks a limit of WhatsApp.
///
/// Fields are named as in Hoopoe's own API (`text.body`, `media.caption`, `interactive.buttons.1.title`,
/// `template.parameters.body.0`), lists by index from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Dotted path.
    pub field: String,
    /// What is wrong, as the rest of a sentence that begins with the field: "must not be empty".
    pub reason: String,
}

impl Invalid {
    /// A complaint about a field.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.field, self.reason)
    }
}

impl std::error::Error for Invalid {}

/// Text that says something, up to so many characters.
pub(super) fn words(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    at_most(field, text, most)
}

/// As [`words`], where the text may be missing.
pub(super) fn optional_words(field: &str, text: Option<&str>, most: usize) -> Result<(), Invalid> {
    text.map_or(Ok(()), |text| words(field, text, most))
}

/// Text of up to so many characters.
pub(super) fn at_most(field: &str, text: &str, most: usize) -> Result<(), Invalid> {
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    let reason = format!("must be at most {most} characters long; it has {length}");
    Err(Invalid::new(field, reason))
}

/// A list of so many things.
pub(super) fn between(
    field: &str,
    count: usize,
    least: usize,
    most: usize,
    things: &str,
) -> Result<(), Invalid> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let reason = format!("must have {least} to {most} {things}; it has {count}");
    Err(Invalid::new(field, reason))
}

/// A web address that a phone can open.
pub(super) fn web_address(field: &str, address: &str) -> Result<(), Invalid> {
    words(field, address, limits::URL)?;
    let is_web = Url::parse(address)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_web && !address.contains(char::is_whitespace) {
        return Ok(());
    }
    let reason = "must be a web address that begins with https:// or http://";
    Err(Invalid::new(field, reason))
}

/// The place in a list where something stands for the second time.
pub(super) fn repeated<'a>(items: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let mut seen = std::collections::HashSet::new();
    items.into_iter().position(|item| !seen.insert(item))
}
