//! Changing our own messages after they went out: another text, or taken back for everybody. Accepted like a message, sent by the account's lane, and
//! shown on the message from the start; the message itself changes once WhatsApp has taken it.

use axum::extract::State;
use hoopoe_db::{
    Id as _, Millis,
    ids::MessageId,
    messages,
    model::{ChangeKind, Direction, Message, MessageChange, MessageStatus},
    outbox::{self, AcceptedChange, NewChange},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    changes::access_message,
    channels, compose,
    payload::Changing,
    request::{SendText, check_client_id},
    wake,
};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
};

/// How much longer than we take changes phones heed them: for those that wait for a connection. Milliseconds.
const SLACK_MS: Millis = 4 * 60 * 1000;

/// Another text for a message.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditMessage {
    /// The client's own id of the change, as of messages: the same is never done twice.
    client_id: String,
    /// What the message is to say.
    text: String,
}

/// How a message is taken back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteQuery {
    /// The client's own id of the change; made here where left out.
    client_id: Option<String>,
}

/// Change the text of a message of ours
///
/// For linked devices, and as long as the account's `edit_for_ms` says. Answers as soon as the change is stored; until WhatsApp has taken it the
/// message stays as it is, and `change` says where it stands. The same `client_id` again changes nothing.
#[utoipa::path(patch, path = "/messages/{id}", tag = "messages", params(("id" = MessageId, Path)), request_body = EditMessage,
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "It is too late, or the message is not one that can be changed", body = ErrorBody),
        (status = 422, description = "`edit`: the account can't", body = ErrorBody)))]
pub(super) async fn edit_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
    Json(body): Json<EditMessage>,
) -> ApiResult<Json<Message>> {
    check_client_id(&body.client_id)?;
    compose::text(SendText {
        body: body.text.clone(),
        preview_url: false,
    })
    .map_err(|error| ApiError::validation("text", error.to_string()))?;
    let message = access_message(&app, &access, &id).await?;
    let wish = Wish {
        kind: ChangeKind::Edit,
        text: Some(&body.text),
        client_id: &body.client_id,
    };
    change(&app, &access, &message, wish).await.map(Json)
}

/// Take back a message of ours, for everybody
///
/// For linked devices, and as long as the account's `delete_for_ms` says. Answers as soon as that is stored, as changes of the text do. A message that has
/// not gone out is taken back by `cancel`.
#[utoipa::path(delete, path = "/messages/{id}", tag = "messages", params(("id" = MessageId, Path), DeleteQuery),
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "It is too late, or the message is not one that can be taken back", body = ErrorBody),
        (status = 422, description = "`delete`: the account can't", body = ErrorBody)))]
pub(super) async fn delete_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
    Query(query): Query<DeleteQuery>,
) -> ApiResult<Json<Message>> {
    let client_id = match query.client_id {
        Some(client_id) => client_id,
        None => MessageId::new(app.clock.now()).to_string(),
    };
    check_client_id(&client_id)?;
    let message = access_message(&app, &access, &id).await?;
    let is_going = message
        .change
        .as_ref()
        .is_some_and(MessageChange::is_deleting);
    if message.deleted_at.is_some() || is_going {
        return Ok(Json(message));
    }
    let wish = Wish {
        kind: ChangeKind::Delete,
        text: None,
        client_id: &client_id,
    };
    change(&app, &access, &message, wish).await.map(Json)
}

/// Take back a change that has not gone out, or forget one that failed
#[utoipa::path(delete, path = "/messages/{id}/change", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn cancel_message_change(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Message>> {
    let held = access_message(&app, &access, &id).await?;
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let cancelled = outbox::cancel_change(&mut tx, &access.tenant_id, &id, now).await?;
    let cancelled = cancelled.ok_or_else(|| {
        ApiError::conflict("there is no change that could be taken back, or no longer")
    })?;
    app.commit(tx).await?;
    // What was behind it may go.
    wake(&app, &access.tenant_id, &held.account_id);
    Ok(Json(cancelled))
}

/// What is wanted.
#[derive(Clone, Copy)]
struct Wish<'a> {
    kind: ChangeKind,
    text: Option<&'a str>,
    client_id: &'a str,
}

async fn change(
    app: &App,
    access: &Access,
    message: &Message,
    wish: Wish<'_>,
) -> ApiResult<Message> {
    let refusal = match accept(app, access, message, wish).await {
        Ok(AcceptedChange::New(changed)) => {
            wake(app, &access.tenant_id, &message.account_id);
            return Ok(*changed);
        }
        Ok(AcceptedChange::Late) => ApiError::conflict("the message was changed or taken back"),
        Ok(AcceptedChange::Known) => ApiError::conflict("the client_id was used for another"),
        Err(error) => error,
    };
    // It was asked for before; what has changed since then does not matter.
    let (db, tenant_id) = (&app.db, &access.tenant_id);
    let known = outbox::find_by_client(db, tenant_id, &message.account_id, wish.client_id).await?;
    known.filter(|known| known.id == message.id).ok_or(refusal)
}

async fn accept(
    app: &App,
    access: &Access,
    message: &Message,
    wish: Wish<'_>,
) -> ApiResult<AcceptedChange> {
    let tenant_id = &access.tenant_id;
    let can = channels::capabilities(app, tenant_id, &message.account_id).await?;
    let lasts = channels::check_change(&can, wish.kind)?;
    let now = app.clock.now();
    let until = check(message, wish.kind, lasts, now)?;
    let (place, id) = (&message.conversation_id, &message.id);
    let named = messages::find_quoted(&app.db, tenant_id, place, id).await?;
    let of = named.and_then(|named| named.provider_id);
    let of = of.ok_or_else(|| ApiError::conflict(NOT_SENT))?;
    let payload = Changing {
        change: wish.kind,
        text: wish.text.map(str::to_owned),
        until: until + SLACK_MS,
        of,
    };
    let text = serde_json::to_string(&payload).map_err(ApiError::internal)?;
    let new = NewChange {
        target_id: id,
        provider_id: &payload.of,
        kind: wish.kind,
        text: wish.text,
        author_id: &access.user_id,
        client_id: wish.client_id,
        payload: &text,
    };
    let mut tx = app.db.begin().await?;
    let accepted = outbox::accept_change(&mut tx, tenant_id, new, now).await?;
    if matches!(accepted, AcceptedChange::New(_)) {
        app.commit(tx).await?;
    }
    Ok(accepted)
}

const NOT_SENT: &str = "the message has not gone out: it can be cancelled";

/// Whether a message can be changed now; until when it can. Unix milliseconds.
fn check(message: &Message, kind: ChangeKind, lasts: Millis, now: Millis) -> ApiResult<Millis> {
    if message.direction != Direction::Out {
        return Err(ApiError::conflict("only our own messages can be changed"));
    }
    if message.deleted_at.is_some() {
        return Err(ApiError::conflict("the message was taken back"));
    }
    if message.status.rank() < MessageStatus::Sent.rank()
        || matches!(
            message.status,
            MessageStatus::Failed | MessageStatus::Cancelled
        )
    {
        return Err(ApiError::conflict(NOT_SENT));
    }
    if kind == ChangeKind::Edit && message.kind != "text" {
        return Err(ApiError::conflict("only texts can be changed"));
    }
    let until = message.sent_at.unwrap_or(message.provider_at) + lasts;
    if now <= until {
        return Ok(until);
    }
    Err(ApiError::conflict(match kind {
        ChangeKind::Edit => {
            "it is too late: WhatsApp lets messages be changed for 15 minutes after they were sent"
        }
        ChangeKind::Delete => {
            "it is too late: WhatsApp lets messages be taken back for two days after they were sent"
        }
    }))
}
