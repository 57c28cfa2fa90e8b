//! What a user has begun to write in a conversation, kept so that it is there on their other screens and tomorrow.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    drafts,
    ids::{ConversationId, MessageId},
    model::TextDraft,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    conversations::access_conversation,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Longest text, as of a message.
const MAX_TEXT: usize = 4096;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_draft, put_draft, delete_draft))
}

/// One's draft in a conversation.
#[derive(Debug, Serialize, ToSchema)]
struct DraftAnswer {
    /// `null` where there is none.
    draft: Option<TextDraft>,
}

/// What is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutDraft {
    /// At most 4096 characters.
    text: String,
    /// The message it answers.
    quote_id: Option<MessageId>,
}

/// One's own draft in a conversation
#[utoipa::path(get, path = "/conversations/{id}/draft", tag = "writing", params(("id" = ConversationId, Path)),
    responses((status = 200, body = DraftAnswer), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn get_draft(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<DraftAnswer>> {
    let conversation = access_conversation(&app, &access, &id).await?;
    let draft = drafts::find_draft(
        &app.db,
        &access.tenant_id,
        &access.user_id,
        &conversation.id,
    )
    .await?;
    Ok(Json(DraftAnswer { draft }))
}

/// Keep one's draft in a conversation
#[utoipa::path(put, path = "/conversations/{id}/draft", tag = "writing", params(("id" = ConversationId, Path)), request_body = PutDraft,
    responses((status = 200, body = DraftAnswer), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn put_draft(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    Json(body): Json<PutDraft>,
) -> ApiResult<Json<DraftAnswer>> {
    let conversation = access_conversation(&app, &access, &id).await?;
    if body.text.chars().count() > MAX_TEXT {
        let reason = format!("may have at most {MAX_TEXT} characters");
        return Err(ApiError::validation("text", reason));
    }
    let mut tx = app.db.begin().await?;
    let draft = drafts::upsert_draft(
        &mut tx,
        &access.tenant_id,
        &access.user_id,
        &conversation.id,
        &body.text,
        body.quote_id.as_ref(),
        app.clock.now(),
    )
    .await?;
    app.commit(tx).await?;
    Ok(Json(DraftAnswer { draft: Some(draft) }))
}

/// Throw one's draft away
#[utoipa::path(delete, path = "/conversations/{id}/draft", tag = "writing", params(("id" = ConversationId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn delete_draft(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
) -> ApiResult<StatusCode> {
    let conversation = access_conversation(&app, &access, &id).await?;
    let mut tx = app.db.begin().await?;
    drafts::delete_draft(
        &mut tx,
        &access.tenant_id,
        &access.user_id,
        &conversation.id,
    )
    .await?;
    app.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
