//! The web app, built into the program: files with a hash in their name are kept by browsers for ever, the page itself is asked for anew
//! each time, and every path that is nobody else's shows the page, which knows what to do with it.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// The page.
const INDEX: &str = "index.html";

/// Its files have a hash in their name.
const HASHED: &str = "assets/";

/// Shown while there is no page.
const NOT_BUILT: &str = "<!doctype html><title>Hoopoe</title><p>The server runs, but its web app was not built: run <code>make</code>.";

/// Paths that are not the app's even where nothing answers on them.
const OTHERS: &[&str] = &["api", "webhooks", "socket.io", "assets"];

/// Answers what no route has answered.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if method != Method::GET && method != Method::HEAD {
        return ApiError::not_found().into_response();
    }
    if let Some(file) = Files::get(path) {
        return answer(path, file, &headers);
    }
    if !is_page(path, &headers) {
        return ApiError::not_found().into_response();
    }
    match Files::get(INDEX) {
        Some(file) => answer(INDEX, file, &headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

/// Whether somebody looks at a page, rather than a program fetching something that is not there.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let wants_html = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    !OTHERS.contains(&first) && (wants_html || path.is_empty())
}

fn answer(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let caching = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let is_held = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|held| held.to_str().ok())
        .is_some_and(|held| held.contains(&tag));
    let mut response = if is_held {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body_of(file)
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    response
}

fn body_of(file: EmbeddedFile) -> Response {
    let kind = file.metadata.mimetype().to_owned();
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
