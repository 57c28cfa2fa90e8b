//! Samples for the headers of templates: Meta's reviewers want to see what a picture, a film or a document there may be.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use hoopoe_cloud_api::{graph::SampleUpload, send::limits};
use hoopoe_db::{ids::AccountId, model::Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::{access_account, sync};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    media::incoming,
};

/// Largest sample: what a film may have. It passes through memory, and a reviewer needs no longer document.
const MAX_BYTES: u64 = limits::VIDEO_BYTES;

/// What Meta takes as a sample.
const TAKEN: [&str; 4] = ["image/jpeg", "image/png", "video/mp4", "application/pdf"];

/// Meta's name for the app that an access token belongs to.
const OWN_APP: &str = "app";

/// A sample that Meta has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateSample {
    /// For `example.header_handle` of a header; Meta forgets it after a while.
    handle: String,
    /// What the file is.
    mime: String,
}

/// Hand Meta a sample for a template's header (manager)
///
/// The body is the file: JPEG, PNG, MP4 or PDF of up to 16 MB; `X-Filename` its name, percent-encoded UTF-8.
#[utoipa::path(post, path = "/accounts/{id}/templates/samples", tag = "templates",
    params(("id" = AccountId, Path), ("X-Filename" = Option<String>, Header, description = "Its name, percent-encoded UTF-8")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = TemplateSample), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "WhatsApp refused", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, description = "Meta would not take it", body = ErrorBody)))]
pub(super) async fn create_template_sample(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    asked: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<TemplateSample>)> {
    let account = access_account(&app, &access, &id).await?;
    access.require(Role::Manager)?;
    let (line, _) = sync::line_of(&app, &access, &account).await?;
    let mut bytes = Vec::new();
    let mut pieces = incoming::Pieces::of(body, MAX_BYTES);
    while let Some(piece) = pieces.next().await? {
        bytes.extend_from_slice(&piece);
    }
    let told = asked.get(header::CONTENT_TYPE);
    let told = told.and_then(|mime| mime.to_str().ok()).unwrap_or_default();
    let mime = incoming::mime_of(&bytes, told);
    if !TAKEN.contains(&mime.as_str()) {
        return Err(ApiError::validation(
            "file",
            "must be a JPEG, PNG, MP4 or PDF",
        ));
    }
    let name = incoming::filename(&asked);
    let sample = SampleUpload {
        app_id: OWN_APP,
        mime: &mime,
        filename: name.as_deref().unwrap_or("sample"),
    };
    let sent = line.graph.upload_sample(&line.token, &sample, bytes.into());
    let handle = sent.await.map_err(sync::refused)?;
    Ok((StatusCode::CREATED, Json(TemplateSample { handle, mime })))
}
