//! Texts that are often needed. Everybody reads them, managers write them.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    ids::SavedReplyId,
    model::{Role, SavedReply},
    saved_replies::{self, Changes},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    page::Page,
    team::check,
};

/// Longest shortcut.
const MAX_SHORTCUT: usize = 32;

/// Longest name in characters.
const MAX_TITLE: usize = 100;

/// Longest text, as of a message.
const MAX_TEXT: usize = 4096;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_saved_replies, create_saved_reply))
        .routes(routes!(update_saved_reply, delete_saved_reply))
}

/// A text to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateSavedReply {
    /// 1 to 32 of `a-z 0-9 _ -`; no other reply has it.
    shortcut: String,
    /// Its name.
    title: String,
    /// At most 4096 characters, with variables such as `{{contact.first_name}}`.
    text: String,
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct UpdateSavedReply {
    /// 1 to 32 of `a-z 0-9 _ -`; no other reply has it.
    shortcut: Option<String>,
    /// Its name.
    title: Option<String>,
    /// At most 4096 characters.
    text: Option<String>,
}

fn check_shortcut(shortcut: &str) -> ApiResult<&str> {
    let is_good = (1..=MAX_SHORTCUT).contains(&shortcut.len())
        && shortcut.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
        });
    if is_good {
        return Ok(shortcut);
    }
    Err(ApiError::validation(
        "shortcut",
        "must be 1 to 32 small letters, digits, _ and -",
    ))
}

fn check_text(text: &str) -> ApiResult<&str> {
    let length = text.chars().count();
    if !text.trim().is_empty() && length <= MAX_TEXT && !text.contains('\0') {
        return Ok(text);
    }
    let reason = format!("must have 1 to {MAX_TEXT} characters");
    Err(ApiError::validation("text", reason))
}

/// All saved replies
#[utoipa::path(get, path = "/saved-replies", tag = "writing",
    responses((status = 200, body = Page<SavedReply>), (status = 401, body = ErrorBody)))]
async fn list_saved_replies(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Page<SavedReply>>> {
    let all = saved_replies::list_saved_replies(&app.db, &access.tenant_id).await?;
    Ok(Json(Page::whole(all)))
}

/// Keep a text (manager)
#[utoipa::path(post, path = "/saved-replies", tag = "writing", request_body = CreateSavedReply,
    responses((status = 201, body = SavedReply), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create_saved_reply(
    State(app): State<App>,
    access: Access,
    Json(body): Json<CreateSavedReply>,
) -> ApiResult<(StatusCode, Json<SavedReply>)> {
    access.require(Role::Manager)?;
    let new = (
        check_shortcut(&body.shortcut)?,
        check::text("title", &body.title, MAX_TITLE)?,
        check_text(&body.text)?,
    );
    let mut tx = app.db.begin().await?;
    let reply =
        saved_replies::insert_saved_reply(&mut tx, &access.tenant_id, new, app.clock.now()).await?;
    app.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(reply)))
}

/// Change a saved reply (manager)
#[utoipa::path(patch, path = "/saved-replies/{id}", tag = "writing", params(("id" = SavedReplyId, Path)), request_body = UpdateSavedReply,
    responses((status = 200, body = SavedReply), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn update_saved_reply(
    State(app): State<App>,
    access: Access,
    Path(id): Path<SavedReplyId>,
    Json(body): Json<UpdateSavedReply>,
) -> ApiResult<Json<SavedReply>> {
    access.require(Role::Manager)?;
    let title = body.title.as_deref();
    let changes = Changes {
        shortcut: body.shortcut.as_deref().map(check_shortcut).transpose()?,
        title: title
            .map(|title| check::text("title", title, MAX_TITLE))
            .transpose()?,
        text: body.text.as_deref().map(check_text).transpose()?,
    };
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let reply =
        saved_replies::update_saved_reply(&mut tx, &access.tenant_id, &id, &changes, now).await?;
    app.commit(tx).await?;
    Ok(Json(reply))
}

/// Remove a saved reply (manager)
#[utoipa::path(delete, path = "/saved-replies/{id}", tag = "writing", params(("id" = SavedReplyId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn delete_saved_reply(
    State(app): State<App>,
    access: Access,
    Path(id): Path<SavedReplyId>,
) -> ApiResult<StatusCode> {
    access.require(Role::Manager)?;
    let mut tx = app.db.begin().await?;
    saved_replies::delete_saved_reply(&mut tx, &access.tenant_id, &id).await?;
    app.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
