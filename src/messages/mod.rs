//! Messages as threads show them: pages of a conversation, and one message.

use axum::extract::State;
use hoopoe_db::{
    ids::{ConversationId, MessageId},
    messages,
    messages::{Part, Place},
    model::{Message, Recipient},
    recipients,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    conversations::access_conversation,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
    page::Limit,
};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_messages))
        .routes(routes!(get_message))
        .routes(routes!(list_message_recipients))
}

/// Which part of the thread: the newest messages where nothing is said.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ThreadQuery {
    /// Messages before this cursor.
    before: Option<String>,
    /// Messages after this cursor.
    after: Option<String>,
    /// A message with its neighbours.
    around: Option<MessageId>,
    /// 1 to 100, 50 by default.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    limit: Limit,
}

impl ThreadQuery {
    fn part(&self) -> ApiResult<Part> {
        let place = |field: &'static str, text: &str| {
            text.parse::<Place>()
                .map_err(|reason| ApiError::validation(field, reason))
        };
        match (&self.before, &self.after, &self.around) {
            (None, None, None) => Ok(Part::Latest),
            (Some(before), None, None) => place("before", before).map(Part::Before),
            (None, Some(after), None) => place("after", after).map(Part::After),
            (None, None, Some(id)) => Ok(Part::Around(id.clone())),
            _ => Err(ApiError::bad_request(
                "only one of before, after and around can be asked for",
            )),
        }
    }
}

/// A page of a thread.
#[derive(Debug, Serialize, ToSchema)]
struct MessagePage {
    /// Oldest first.
    items: Vec<Message>,
    /// Hand it in as `before` for older ones; `null` at the beginning.
    before: Option<String>,
    /// Hand it in as `after` for newer ones; `null` at the end.
    after: Option<String>,
}

/// Messages of a conversation
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "messages", params(("id" = ConversationId, Path), ThreadQuery),
    responses((status = 200, body = MessagePage), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn list_messages(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    Query(query): Query<ThreadQuery>,
) -> ApiResult<Json<MessagePage>> {
    let conversation = access_conversation(&app, &access, &id).await?;
    let part = query.part()?;
    let page = messages::page(
        &app.db,
        &access.tenant_id,
        &conversation.id,
        &part,
        query.limit.get(),
    )
    .await?;
    Ok(Json(MessagePage {
        before: page.before.map(|place| place.to_string()),
        after: page.after.map(|place| place.to_string()),
        items: page.items,
    }))
}

/// One message
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Message), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn get_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Message>> {
    let message = messages::get(&app.db, &access.tenant_id, &id).await?;
    access.account(&message.account_id)?;
    Ok(Json(message))
}

/// What became of a message to a group at its members.
#[derive(Debug, Serialize, ToSchema)]
struct Recipients {
    /// Those that something is known of: who has read it first, then by time.
    items: Vec<Recipient>,
}

/// Whom a message to a group has reached
#[utoipa::path(get, path = "/messages/{id}/recipients", tag = "messages", params(("id" = MessageId, Path)),
    responses((status = 200, body = Recipients), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn list_message_recipients(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MessageId>,
) -> ApiResult<Json<Recipients>> {
    let message = messages::get(&app.db, &access.tenant_id, &id).await?;
    access.account(&message.account_id)?;
    let items = recipients::list_recipients(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(Recipients { items }))
}
