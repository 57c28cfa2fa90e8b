//! Pictures of contacts: put into the store by `linked`, handed out to everybody of the organisation, as contacts are; below `/media`, where browsers send the
//! media cookie.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use hoopoe_db::{
    ids::{ContactId, TenantId},
    pictures,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use super::{headers, serve, sniff, store::key_of};
use crate::{
    app::App,
    auth::MediaAccess,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Path, Query},
};

/// What WhatsApp makes of every picture of a person. Anything else is not shown.
const KIND: &str = "image/jpeg";

/// Where the address does not say which picture is meant, it may be another one next time.
const CHECKED: &str = "private, no-cache";

/// A picture in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Its key.
    pub object_key: String,
}

/// Puts a picture into the store; `None` where it is none.
///
/// # Errors
/// When the store is not available.
pub(crate) async fn keep(
    app: &App,
    tenant_id: &TenantId,
    content: &[u8],
) -> anyhow::Result<Option<Stored>> {
    if !is_picture(content) {
        return Ok(None);
    }
    let sha256 = hex::encode(Sha256::digest(content));
    let object_key = key_of(tenant_id, &sha256);
    app.media.put(&object_key, content.to_vec()).await?;
    Ok(Some(Stored { sha256, object_key }))
}

/// By its content alone.
fn is_picture(content: &[u8]) -> bool {
    let head = content.get(..sniff::HEAD_BYTES).unwrap_or(content);
    sniff::mime_of(head, "") == KIND
}

/// Which picture is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PictureQuery {
    /// As in the contact's `avatar_url`: then the answer may be kept for good.
    #[serde(default)]
    v: String,
}

/// The picture of a contact
#[utoipa::path(get, path = "/media/contacts/{id}", tag = "media", params(("id" = ContactId, Path), PictureQuery),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "The client has it"),
        (status = 401, body = ErrorBody), (status = 404, description = "No picture", body = ErrorBody)))]
pub(super) async fn get_contact_picture(
    State(app): State<App>,
    MediaAccess(access): MediaAccess,
    Path(id): Path<ContactId>,
    Query(query): Query<PictureQuery>,
    asked: HeaderMap,
) -> ApiResult<Response> {
    let shown = pictures::find_shown(&app.db, &access.tenant_id, &id).await?;
    let shown = shown.ok_or_else(ApiError::not_found)?;
    let etag = format!("\"{}\"", shown.sha256);
    let mut answer = headers::of_file(KIND, None, &etag);
    if query.v.is_empty() || !shown.sha256.starts_with(&query.v) {
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(CHECKED));
    }
    serve::send(&app, &shown.object_key, None, answer, &etag, &asked).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_kept() {
        assert!(is_picture(b"\xff\xd8\xff\xe0\0\x10JFIF\0"));
        for other in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
            b"<html>",
            b"",
            b"GIF89a",
        ] {
            assert!(!is_picture(other));
        }
    }
}
