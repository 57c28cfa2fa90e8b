//! `/sim/uploads`, `/sim/media/{id}`, `/sim/samples/{name}`: files of the simulated phones.
//! Called by the phone page; needs no token, unlike the Graph API.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::media_store::NewMedia;
use crate::{SimError, samples};

/// Query of an upload.
#[derive(Debug, Deserialize)]
pub(crate) struct UploadQuery {
    filename: Option<String>,
}

/// `PUT /sim/uploads?filename=`: the body is the file, `Content-Type` its type.
pub(crate) async fn upload(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<Value>, SimError> {
    let mime = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream");
    if bytes.is_empty() {
        return Err(SimError::Invalid("the file is empty".to_owned()));
    }
    let new = NewMedia {
        bytes,
        mime: mime.to_owned(),
        filename: query.filename,
    };
    let now_ms = engine.clock.now_ms();
    let stored = engine
        .world
        .with(|world| world.media.put("", new, false, now_ms));
    Ok(Json(json!({
        "id": stored.id,
        "mime": stored.mime,
        "size": stored.bytes.len(),
    })))
}

/// `GET /sim/media/{id}`: a file as the phone shows it.
pub(crate) async fn show_media(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, SimError> {
    let now_ms = engine.clock.now_ms();
    let media = engine
        .world
        .with(|world| world.media.get(&id, now_ms).cloned())
        .ok_or(SimError::UnknownMessage(id))?;
    Ok(file(&media.mime, media.bytes, &headers))
}

/// `GET /sim/samples/{name}`: a bundled file.
pub(crate) async fn show_sample(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, SimError> {
    let sample = samples::find(&name).ok_or(SimError::UnknownMessage(name))?;
    Ok(file(
        sample.mime,
        Bytes::from_static(sample.bytes),
        &headers,
    ))
}

/// Pictures, sound and film open in the page; everything else is only ever saved.
fn file(mime: &str, bytes: Bytes, request: &HeaderMap) -> Response {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    let opens = essence != "image/svg+xml"
        && ["image/", "audio/", "video/"]
            .iter()
            .any(|family| essence.starts_with(family));
    let disposition = if opens { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, disposition.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=86400".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let Some((first, last)) = wanted_range(request, bytes.len()) else {
        return (headers, Body::from(bytes)).into_response();
    };
    let range = format!("bytes {first}-{last}/{}", bytes.len());
    let part = bytes.slice(first..=last);
    let range = [(header::CONTENT_RANGE, range)];
    let status = StatusCode::PARTIAL_CONTENT;
    (status, headers, range, Body::from(part)).into_response()
}

/// First and last byte of a `Range: bytes=first-last` header that fits the file; players seek with it.
fn wanted_range(request: &HeaderMap, length: usize) -> Option<(usize, usize)> {
    let range = request.get(header::RANGE)?.to_str().ok()?;
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let (first, last) = if first.is_empty() {
        (length.saturating_sub(last.parse().ok()?), end)
    } else {
        (first.parse().ok()?, last.parse().unwrap_or(end).min(end))
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn ranges_are_cut_to_the_file() {
        let range = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(value));
            wanted_range(&headers, 10)
        };
        assert_eq!(range("bytes=0-3"), Some((0, 3)));
        assert_eq!(range("bytes=4-"), Some((4, 9)));
        assert_eq!(range("bytes=8-99"), Some((8, 9)));
        assert_eq!(range("bytes=-3"), Some((7, 9)));
        assert_eq!(range("bytes=10-"), None);
        assert_eq!(range("lines=1-2"), None);
    }
}
