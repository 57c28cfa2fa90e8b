//! Conversations as agents work with them: the list with its filters, one, and what is done with it.

mod changes;
mod list;
mod snooze;

use hoopoe_db::{conversations, ids::ConversationId, model::Conversation};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_conversations))
        .routes(routes!(list::get_conversation_counts))
        .routes(routes!(
            list::get_conversation,
            changes::update_conversation
        ))
        .routes(routes!(list::list_contact_conversations))
        .routes(routes!(changes::mark_conversation_read))
}

/// Starts the feature's background tasks; called once when the server starts.
pub fn start(app: &App) {
    snooze::start(app);
}

/// A conversation that this user may see: by its own id, or by that of one whose messages moved into it.
///
/// # Errors
/// `not_found`, whether it does not exist or is not for them.
pub async fn access_conversation(
    app: &App,
    access: &Access,
    id: &ConversationId,
) -> ApiResult<Conversation> {
    let found = match conversations::get(&app.db, &access.tenant_id, id).await {
        Err(hoopoe_db::DbError::NotFound) => {
            let survivor = conversations::find_survivor(&app.db, &access.tenant_id, id).await?;
            let survivor = survivor.ok_or_else(ApiError::not_found)?;
            conversations::get(&app.db, &access.tenant_id, &survivor).await?
        }
        other => other?,
    };
    access.account(&found.account_id)?;
    Ok(found)
}
