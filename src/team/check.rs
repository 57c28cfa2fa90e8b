//! What people may be called, and how they are reached: checks of input that name the field.

use crate::error::{ApiError, ApiResult};

/// Longest name of a person or an organisation in characters.
const MAX_NAME: usize = 100;

/// Longest e-mail address in characters (RFC 5321, 4.5.3.1.3).
const MAX_EMAIL: usize = 254;

/// Longest language tag that is sensible.
const MAX_LOCALE: usize = 35;

/// A text of 1 to `most` characters without control characters, trimmed.
///
/// # Errors
/// `validation_failed` on the field.
pub fn text<'a>(field: &'static str, text: &'a str, most: usize) -> ApiResult<&'a str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ApiError::validation(
            field,
            format!("{field} can't be empty"),
        ));
    }
    if text.chars().count() > most {
        return Err(ApiError::validation(
            field,
            format!("{field} may have at most {most} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(ApiError::validation(
            field,
            format!("{field} can't hold control characters"),
        ));
    }
    Ok(text)
}

/// A person's name, trimmed.
///
/// # Errors
/// `validation_failed` on `name`.
pub fn name(name: &str) -> ApiResult<&str> {
    text("name", name, MAX_NAME)
}

/// An organisation's name, trimmed.
///
/// # Errors
/// `validation_failed` on `organisation`.
pub fn organisation(name: &str) -> ApiResult<&str> {
    text("organisation", name, MAX_NAME)
}

/// An e-mail address in lower case. Whether it exists only a letter to it could tell; here obvious slips are caught.
///
/// # Errors
/// `validation_failed` on `email`.
pub fn email(email: &str) -> ApiResult<String> {
    let email = text("email", email, MAX_EMAIL)?.to_lowercase();
    let is_plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.len() > 2
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !email.contains(char::is_whitespace)
    });
    if is_plausible {
        return Ok(email);
    }
    Err(ApiError::validation(
        "email",
        "this is not an e-mail address",
    ))
}

/// A language tag such as `en` or `pt-BR`.
///
/// # Errors
/// `validation_failed` on `locale`.
pub fn locale(locale: &str) -> ApiResult<&str> {
    let is_tag = (2..=MAX_LOCALE).contains(&locale.len())
        && locale.split('-').all(|part| {
            !part.is_empty()
                && part.len() <= 8
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if is_tag {
        return Ok(locale);
    }
    Err(ApiError::validation(
        "locale",
        "expected a language tag such as en or pt-BR",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn slips_in_an_address_are_caught() {
        assert_eq!(email(" Ana@Example.COM ").unwrap(), "ana@example.com");
        for wrong in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "a@b@c.com",
            "ana@.com",
            "an a@example.com",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(name(" Ana ").unwrap(), "Ana");
        assert!(name("  ").is_err());
        assert!(name(&"x".repeat(101)).is_err());
        assert!(name("a\u{7}b").is_err());
    }

    #[test]
    fn a_locale_is_a_language_tag() {
        assert!(locale("pt-BR").is_ok() && locale("zh-Hant-TW").is_ok());
        assert!(locale("e").is_err() && locale("en_US").is_err() && locale("en-").is_err());
    }
}
