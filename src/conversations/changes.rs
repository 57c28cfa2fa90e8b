//! What agents do with a conversation: assign, resolve, snooze, read.

use axum::extract::State;
use hoopoe_db::{
    conversations,
    conversations::Changes,
    ids::{ConversationId, MessageId, UserId},
    model::{Conversation, ConversationStatus},
    users,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::access_conversation;
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Longest snooze: a year.
const MAX_SNOOZE_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// What to change; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateConversation {
    /// Open, resolve, snooze.
    status: Option<ConversationStatus>,
    /// Until when, with `snoozed`. Unix milliseconds.
    snoozed_until: Option<i64>,
    /// Who answers; `null` for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    #[expect(
        clippy::option_option,
        reason = "left out, null, and somebody are three things"
    )]
    assignee_id: Option<Option<UserId>>,
}

/// Tells `null` from left out.
#[expect(
    clippy::option_option,
    reason = "left out, null, and somebody are three things"
)]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::<UserId>::deserialize(deserializer).map(Some)
}

impl UpdateConversation {
    fn check(&self, now: i64) -> ApiResult<()> {
        let snoozes = self.status == Some(ConversationStatus::Snoozed);
        match self.snoozed_until {
            Some(_) if !snoozes => Err(ApiError::validation(
                "snoozed_until",
                "goes with the status snoozed only",
            )),
            Some(until) if until <= now || until > now + MAX_SNOOZE_MS => Err(
                ApiError::validation("snoozed_until", "must be in the future, within a year"),
            ),
            None if snoozes => Err(ApiError::validation(
                "snoozed_until",
                "is needed with the status snoozed",
            )),
            _ => Ok(()),
        }
    }
}

/// Assign, resolve, snooze, open again
#[utoipa::path(patch, path = "/conversations/{id}", tag = "conversations", params(("id" = ConversationId, Path)),
    request_body = UpdateConversation,
    responses((status = 200, body = Conversation), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn update_conversation(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    Json(body): Json<UpdateConversation>,
) -> ApiResult<Json<Conversation>> {
    let held = access_conversation(&app, &access, &id).await?;
    let now = app.clock.now();
    body.check(now)?;
    check_assignee(
        &app,
        &access,
        body.assignee_id.as_ref().and_then(Option::as_ref),
    )
    .await?;
    let changes = Changes {
        status: body.status,
        snoozed_until: body.snoozed_until,
        assignee_id: body.assignee_id,
    };
    let mut tx = app.db.begin().await?;
    let updated =
        conversations::update(&mut tx, &access.tenant_id, &held.id, &changes, now).await?;
    app.commit(tx).await?;
    Ok(Json(updated))
}

async fn check_assignee(app: &App, access: &Access, assignee: Option<&UserId>) -> ApiResult<()> {
    let Some(id) = assignee else { return Ok(()) };
    match users::get_user(&app.db, &access.tenant_id, id).await {
        Ok(user) if !user.disabled => Ok(()),
        Ok(_) | Err(hoopoe_db::DbError::NotFound) => Err(ApiError::validation(
            "assignee_id",
            "nobody who can answer has this id",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Up to where it was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkRead {
    /// The last message that was on screen.
    message_id: MessageId,
}

/// Mark as read up to a message
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "conversations", params(("id" = ConversationId, Path)),
    request_body = MarkRead,
    responses((status = 200, body = Conversation), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn mark_conversation_read(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    Json(body): Json<MarkRead>,
) -> ApiResult<Json<Conversation>> {
    let held = access_conversation(&app, &access, &id).await?;
    if held.unread_count == 0 {
        return Ok(Json(held));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let read = conversations::mark_read(
        &mut tx,
        &access.tenant_id,
        &held.id,
        &body.message_id,
        Some(&access.user_id),
        now,
    )
    .await?;
    app.commit(tx).await?;
    crate::outbox::mark_read(&app, &access.tenant_id, &held.account_id, &held.id);
    Ok(Json(read))
}
