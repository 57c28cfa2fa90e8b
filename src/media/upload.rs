//! Files that agents put in to be sent: streamed to disk, told apart by their content, made fit for WhatsApp where that is possible, and kept.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path as FilePath, PathBuf},
};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use hoopoe_cloud_api::send::limits;
use hoopoe_db::{
    Id as _,
    ids::{ConversationId, UploadId},
    model::{Conversation, Upload},
    uploads::{self, Kept},
};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::{
    headers, incoming,
    prepare::{self, Prepared, Unfit},
    serve, sniff,
    store::key_of,
};
use crate::{
    app::App,
    auth::{Access, MediaAccess},
    conversations::access_conversation,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Largest file: a document's limit.
const MAX_BYTES: u64 = limits::DOCUMENT_BYTES;

/// Put a file in, to be sent
///
/// The body is the file; `X-Filename` its name, percent-encoded UTF-8. What it is, is told by its content. Pictures that are too large are
/// made smaller, recordings of browsers become voice notes.
#[utoipa::path(post, path = "/conversations/{id}/uploads", tag = "media",
    params(("id" = ConversationId, Path), ("X-Filename" = Option<String>, Header, description = "Its name, percent-encoded UTF-8")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Upload), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, description = "WhatsApp would not take it; the message says why", body = ErrorBody)))]
pub(super) async fn create_upload(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    asked: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<Upload>)> {
    let conversation = access_conversation(&app, &access, &id).await?;
    check_length(&asked)?;
    let upload_id = UploadId::new(app.clock.now());
    let file = Incoming(app.media.incoming(upload_id.as_str()));
    let head = receive(body, &file.0).await?;
    let told = asked.get(header::CONTENT_TYPE);
    let told = told.and_then(|mime| mime.to_str().ok()).unwrap_or_default();
    let mime = sniff::mime_of(&head, told);
    let prepared = prepare(&file.0, mime).await?;
    let kept = keep(
        &app,
        &access,
        &conversation,
        upload_id,
        prepared,
        &file.0,
        incoming::filename(&asked),
    )
    .await?;
    Ok((StatusCode::CREATED, Json(Upload::from(kept))))
}

/// A file on its way in: gone when we are done with it, whatever happens.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn check_length(asked: &HeaderMap) -> ApiResult<()> {
    let length = asked
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        None => Err(ApiError::bad_request("Content-Length is needed")),
        Some(0) => Err(unfit("the file is empty")),
        Some(length) if length > MAX_BYTES => Err(ApiError::payload_too_large()),
        Some(_) => Ok(()),
    }
}

fn unfit(reason: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::validation("file", reason)
}

/// Writes the body into a file. Returns its first bytes.
async fn receive(body: Body, path: &FilePath) -> ApiResult<Vec<u8>> {
    let mut pieces = incoming::Pieces::of(body, MAX_BYTES);
    let mut file = tokio::fs::File::create(path)
        .await
        .map_err(ApiError::internal)?;
    let mut head = Vec::with_capacity(sniff::HEAD_BYTES);
    while let Some(chunk) = pieces.next().await? {
        let missing = sniff::HEAD_BYTES.saturating_sub(head.len());
        head.extend(chunk.iter().take(missing));
        file.write_all(&chunk).await.map_err(ApiError::internal)?;
    }
    file.flush().await.map_err(ApiError::internal)?;
    Ok(head)
}

async fn prepare(path: &FilePath, mime: String) -> ApiResult<Prepared> {
    let path = path.to_owned();
    let preparing = tokio::task::spawn_blocking(move || prepare::prepare(&path, &mime));
    match preparing.await {
        Ok(Ok(prepared)) => Ok(prepared),
        Ok(Err(Unfit::Refused(reason))) => Err(unfit(reason)),
        Ok(Err(Unfit::Failed(error))) => Err(ApiError::internal(error)),
        // A decoder that panics has met a broken picture.
        Err(_) => Err(unfit("the file is damaged")),
    }
}

async fn keep(
    app: &App,
    access: &Access,
    conversation: &Conversation,
    id: UploadId,
    prepared: Prepared,
    file: &FilePath,
    filename: Option<String>,
) -> ApiResult<Kept> {
    let ours = |error: anyhow::Error| {
        tracing::warn!(%error, "a file could not be kept");
        ApiError::unavailable("the media store is not available")
    };
    if let Some(content) = &prepared.content {
        tokio::fs::write(file, content)
            .await
            .map_err(ApiError::internal)?;
    }
    let (sha256, size) = digest(file).await.map_err(ApiError::internal)?;
    let object_key = key_of(&access.tenant_id, &sha256);
    let now = app.clock.now();
    app.media
        .put_file(&object_key, file, now)
        .await
        .map_err(ours)?;
    let mut thumbnail_key = None;
    if let Some((small, ending)) = prepared.thumbnail {
        let key = format!("{object_key}.small.{ending}");
        app.media.put(&key, small).await.map_err(ours)?;
        thumbnail_key = Some(key);
    }
    let kept = Kept {
        id,
        account_id: conversation.account_id.clone(),
        conversation_id: conversation.id.clone(),
        user_id: access.user_id.clone(),
        kind: prepared.kind,
        filename: filename.map(|name| prepare::rename(&name, &prepared.mime)),
        mime: prepared.mime,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        width: prepared.width,
        height: prepared.height,
        duration_ms: prepared.duration_ms,
        sha256,
        object_key,
        thumbnail_key,
    };
    let mut tx = app.db.begin().await?;
    uploads::insert_upload(&mut tx, &access.tenant_id, &kept, now).await?;
    app.commit(tx).await?;
    Ok(kept)
}

/// Hex SHA-256 of a file, and its size.
async fn digest(path: &FilePath) -> std::io::Result<(String, u64)> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut file = BufReader::with_capacity(64 * 1024, std::fs::File::open(&path)?);
        let (mut digest, mut size) = (Sha256::new(), 0);
        loop {
            let read = file.fill_buf()?;
            if read.is_empty() {
                return Ok((hex::encode(digest.finalize()), size));
            }
            digest.update(read);
            let length = read.len();
            size += u64::try_from(length).unwrap_or_default();
            file.consume(length);
        }
    });
    reading
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

/// A file that one has put in
#[utoipa::path(get, path = "/uploads/{id}", tag = "media", params(("id" = UploadId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206, description = "A range"),
        (status = 304, description = "The client has it"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_upload(
    State(app): State<App>,
    MediaAccess(access): MediaAccess,
    Path(id): Path<UploadId>,
    asked: HeaderMap,
) -> ApiResult<Response> {
    let kept = uploads::get_upload(&app.db, &access.tenant_id, &id).await?;
    access.account(&kept.account_id)?;
    if kept.user_id != access.user_id {
        return Err(ApiError::not_found());
    }
    let etag = format!("\"{}\"", kept.sha256);
    let answer = headers::of_file(&kept.mime, kept.filename.as_deref(), &etag);
    serve::send(
        &app,
        &kept.object_key,
        Some(kept.size),
        answer,
        &etag,
        &asked,
    )
    .await
}
