//! Checks of what admins enter about numbers and Meta apps; each names its field.

use crate::{
    error::{ApiError, ApiResult},
    team::check::text,
};

/// Longest name of an account or app in characters.
const MAX_NAME: usize = 60;

/// Most digits of an id of Meta's; theirs have 15 to 17 today.
const MAX_META_ID: usize = 32;

/// Longest access token; Meta says only that they vary and grow.
const MAX_TOKEN: usize = 2048;

/// Colour of an account for which none is chosen.
pub const DEFAULT_COLOR: &str = "#0f766e";

/// A name, trimmed.
pub fn name(name: &str) -> ApiResult<&str> {
    text("name", name, MAX_NAME)
}

/// A colour as `#rrggbb`, in lower case.
pub fn color(color: &str) -> ApiResult<String> {
    let is_color = color.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if is_color {
        return Ok(color.to_lowercase());
    }
    Err(ApiError::validation(
        "color",
        "expected a colour such as #336699",
    ))
}

/// A phone number, brought to E.164.
pub fn phone(phone: &str) -> ApiResult<String> {
    hoopoe_db::normalize_phone(phone).ok_or_else(|| {
        ApiError::validation(
            "phone",
            "expected a phone number with its country code, such as +49 30 901820",
        )
    })
}

/// Messages per second: what Meta allows a number at most.
pub fn rate(rate: i64) -> ApiResult<i64> {
    if (1..=1000).contains(&rate) {
        return Ok(rate);
    }
    Err(ApiError::validation(
        "rate_per_second",
        "must be from 1 to 1000",
    ))
}

/// An id that Meta gave: digits only, as text, since they are too long for JavaScript's numbers.
pub fn meta_id<'a>(field: &'static str, id: &'a str) -> ApiResult<&'a str> {
    let id = id.trim();
    if (1..=MAX_META_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(id);
    }
    Err(ApiError::validation(
        field,
        format!("{field} has only digits: copy it from Meta's page"),
    ))
}

/// An access token: printable ASCII without spaces.
pub fn access_token(token: &str) -> ApiResult<&str> {
    let token = token.trim();
    if (1..=MAX_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token);
    }
    Err(ApiError::validation(
        "access_token",
        "this is not an access token",
    ))
}

/// An app secret: 32 hex digits today; taken as any printable ASCII, since Meta does not promise its form.
pub fn app_secret(secret: &str) -> ApiResult<&str> {
    let secret = secret.trim();
    if (16..=256).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(secret);
    }
    Err(ApiError::validation(
        "app_secret",
        "this is not an app secret: copy it from the app's basic settings at Meta",
    ))
}
