//! Handing out files to those who may see the account: whole or in parts, to be kept by the browser, never as anything that runs.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hoopoe_db::{
    ids::MediaId,
    media,
    media::File,
    model::{Media, MediaState},
};

use super::{
    headers,
    range::{self, Asked},
};
use crate::{
    app::App,
    auth::{Access, MediaAccess},
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    realtime,
};

/// A file of a message: the bytes, or a range of them
#[utoipa::path(get, path = "/media/{id}", tag = "media", params(("id" = MediaId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206, description = "A range"),
        (status = 304, description = "The client has it"), (status = 416, description = "The file has no such range"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_media(
    State(app): State<App>,
    MediaAccess(access): MediaAccess,
    Path(id): Path<MediaId>,
    asked: HeaderMap,
) -> ApiResult<Response> {
    let file = access_file(&app, &access, &id).await?;
    let key = ready_key(&file, file.object_key.as_deref())?;
    let etag = format!("\"{}\"", file.sha256.as_deref().unwrap_or_default());
    let answer = headers::of_file(&file.mime, file.filename.as_deref(), &etag);
    send(&app, key, file.size, answer, &etag, &asked).await
}

/// A small copy of a picture
#[utoipa::path(get, path = "/media/{id}/thumbnail", tag = "media", params(("id" = MediaId, Path)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "The client has it"),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_media_thumbnail(
    State(app): State<App>,
    MediaAccess(access): MediaAccess,
    Path(id): Path<MediaId>,
    asked: HeaderMap,
) -> ApiResult<Response> {
    let file = access_file(&app, &access, &id).await?;
    let key = ready_key(&file, file.thumbnail_key.as_deref())?;
    let mime = if key.rsplit('.').next() == Some("webp") {
        "image/webp"
    } else {
        "image/jpeg"
    };
    let etag = format!("\"{}-small\"", file.sha256.as_deref().unwrap_or_default());
    let answer = headers::of_file(mime, None, &etag);
    send(&app, key, None, answer, &etag, &asked).await
}

/// Fetch a file again that could not be had
#[utoipa::path(post, path = "/media/{id}/retry", tag = "media", params(("id" = MediaId, Path)),
    responses((status = 200, body = Media), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn retry_media(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MediaId>,
) -> ApiResult<Json<Media>> {
    access_file(&app, &access, &id).await?;
    let mut tx = app.db.begin().await?;
    let message = media::retry(&mut tx, &access.tenant_id, &id, app.clock.now()).await?;
    app.commit(tx).await?;
    app.media.wake();
    realtime::tell_media(&app);
    message.media.map(Json).ok_or_else(ApiError::not_found)
}

/// A file that this user may see.
async fn access_file(app: &App, access: &Access, id: &MediaId) -> ApiResult<File> {
    let file = media::get(&app.db, &access.tenant_id, id).await?;
    access.account(&file.account_id)?;
    Ok(file)
}

fn ready_key<'a>(file: &File, key: Option<&'a str>) -> ApiResult<&'a str> {
    key.filter(|_| file.state == MediaState::Ready)
        .ok_or_else(ApiError::not_found)
}

pub(super) async fn send(
    app: &App,
    key: &str,
    size: Option<i64>,
    mut answer: HeaderMap,
    etag: &str,
    asked: &HeaderMap,
) -> ApiResult<Response> {
    if has_it(asked, etag) {
        return Ok((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    let part = match size.and_then(|size| u64::try_from(size).ok()) {
        Some(size) => match range::parse(range_of(asked, etag), size) {
            Asked::Whole => None,
            Asked::Part(part) => Some((part, size)),
            Asked::Nothing => return Ok(refuse_range(size)),
        },
        None => None,
    };
    let bytes = part.as_ref().map(|(part, _)| part.clone());
    let (stream, whole) = app.media.get(key, bytes).await.map_err(storage_error)?;
    let length = match &part {
        Some((part, size)) => {
            let value = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            if let Ok(value) = HeaderValue::from_str(&value) {
                answer.insert(header::CONTENT_RANGE, value);
            }
            part.end - part.start
        }
        None => whole,
    };
    answer.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let status = part.map_or(StatusCode::OK, |_| StatusCode::PARTIAL_CONTENT);
    Ok((status, answer, Body::from_stream(stream)).into_response())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn has_it(asked: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    text(asked, header::IF_NONE_MATCH)
        .is_some_and(|held| held.trim() == "*" || held.split(',').any(|one| opaque(one) == etag))
}

/// The range that is asked for, unless it is of another file (`If-Range`).
fn range_of<'a>(asked: &'a HeaderMap, etag: &str) -> Option<&'a str> {
    let is_same = text(asked, header::IF_RANGE).is_none_or(|tag| tag.trim() == etag);
    text(asked, header::RANGE).filter(|_| is_same)
}

fn refuse_range(size: u64) -> Response {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

fn storage_error(error: object_store::Error) -> ApiError {
    match error {
        object_store::Error::NotFound { .. } => {
            tracing::error!(%error, "a stored file is gone");
            ApiError::not_found()
        }
        other => {
            tracing::warn!(error = %other, "the media store is not available");
            ApiError::unavailable("the media store is not available")
        }
    }
}
