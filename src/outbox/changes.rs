//! What people do with messages that did not go out: try again, take back, look at what was tried.

use axum::extract::State;
use hoopoe_db::{
    ids::MessageId,
    messages,
    model::{Attempt, Message},
    outbox,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::wake;
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

pub(super) async fn access_message(
    app: &App,
    access: &Access,
    id: &MessageId,
) -> ApiResult<Message> {
    let message = messages::get(&app.db, &access.tenant_id, id).await?;
    access.account(&message.account_id)?;
    Ok(message)
}

/// Send a message again that failed, was taken back, or whose outcome is unknown
///
/// Where the outcome is unknown, the customer may get it twice.
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn retry_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Message>> {
    let held = access_message(&app, &access, &id).await?;
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let queued = outbox::retry(&mut tx, &access.tenant_id, &id, now).await?;
    let queued = queued.ok_or_else(|| {
        ApiError::conflict("only messages that failed, are unknown or were taken back can be sent again, for 30 days")
    })?;
    app.commit(tx).await?;
    wake(&app, &access.tenant_id, &held.account_id);
    Ok(Json(queued))
}

/// Take back a message that has not gone out
#[utoipa::path(post, path = "/messages/{id}/cancel", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Message>> {
    let held = access_message(&app, &access, &id).await?;
    let mut tx = app.db.begin().await?;
    let cancelled = outbox::cancel(&mut tx, &access.tenant_id, &id, app.clock.now()).await?;
    let cancelled =
        cancelled.ok_or_else(|| ApiError::conflict("it is too late: sending has begun"))?;
    app.commit(tx).await?;
    // What was behind it may go.
    wake(&app, &access.tenant_id, &held.account_id);
    Ok(Json(cancelled))
}

/// Attempts at sending a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attempts {
    /// In their order.
    items: Vec<Attempt>,
}

/// What was tried to send a message
#[utoipa::path(get, path = "/messages/{id}/attempts", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Attempts), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_message_attempts(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Attempts>> {
    access_message(&app, &access, &id).await?;
    let items = outbox::list_attempts(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(Attempts { items }))
}
