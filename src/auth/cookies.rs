//! The two cookies: the refresh token, which only the routes under `/api/v1/auth` see, and the media token, which only media routes see.
//! Neither can be read by scripts, and neither is sent from other sites.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::{config::Config, openapi::PREFIX};

/// Holds the refresh token.
pub const REFRESH: &str = "hoopoe_refresh";

/// Holds the media token.
pub const MEDIA: &str = "hoopoe_media";

/// The path that a cookie is sent to.
fn path(name: &str) -> String {
    let feature = if name == REFRESH { "auth" } else { "media" };
    format!("{PREFIX}/{feature}")
}

/// A cookie of ours that lives for some seconds.
pub fn make(config: &Config, name: &'static str, value: String, seconds: i64) -> Cookie<'static> {
    Cookie::build((name, value))
        .path(path(name))
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Strict)
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// Both cookies as they are sent to be forgotten.
pub fn cleared(config: &Config) -> CookieJar {
    CookieJar::new()
        .add(make(config, REFRESH, String::new(), 0))
        .add(make(config, MEDIA, String::new(), 0))
}

/// The value of a cookie that came with a request.
pub fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    CookieJar::from_headers(headers)
        .get(name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}
