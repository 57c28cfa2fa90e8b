//! Answers `GET` of JSON with a weak ETag over the body, and with 304 to a client that has it already.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;

use crate::error::ApiError;

/// Keyed anew for every process: nobody can aim at a collision, and an ETag of another life just misses.
static HASHER: LazyLock<(RandomState, RandomState)> =
    LazyLock::new(|| (RandomState::new(), RandomState::new()));

/// The layer.
pub async fn answer(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let held = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !is_get || response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return ApiError::internal("the answer could not be written").into_response();
    };
    let tag = format!(
        "W/\"{:016x}{:016x}\"",
        HASHER.0.hash_one(&bytes),
        HASHER.1.hash_one(&bytes)
    );
    let is_held = held.is_some_and(|held| is_among(&tag, &held));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    parts
        .headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    if is_held {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// Whether a client's `If-None-Match` names this tag (RFC 9110, 13.1.2: weak comparison).
fn is_among(tag: &str, held: &HeaderValue) -> bool {
    let Ok(held) = held.to_str() else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    held.trim() == "*" || held.split(',').any(|one| opaque(one) == opaque(tag))
}
