//! Who is here and looks at what on other nodes: read from what they wrote down (`presence`). On SQLite there are none.

use hoopoe_db::{
    DbResult,
    ids::{AccountId, ConversationId, TenantId, UserId},
    presence,
};

use super::{cluster::is_alone, viewing};
use crate::app::App;

/// Users of a tenant who are connected to other nodes.
pub(super) async fn online(app: &App, tenant_id: &TenantId) -> Vec<UserId> {
    if is_alone(app) {
        return Vec::new();
    }
    let found = presence::list_online(&app.db, tenant_id, &app.node_id, app.clock.now()).await;
    found.unwrap_or_default()
}

/// Users who look at a conversation on other nodes.
pub(super) async fn viewers(app: &App, place: &viewing::Place) -> DbResult<Vec<UserId>> {
    if is_alone(app) {
        return Ok(Vec::new());
    }
    let (tenant_id, conversation_id) = (&place.tenant_id, &place.conversation_id);
    let now = app.clock.now();
    presence::list_viewers(&app.db, tenant_id, conversation_id, &app.node_id, now).await
}

/// Conversations of an account that somebody looks at on other nodes.
pub(super) async fn viewed(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<Vec<ConversationId>> {
    if is_alone(app) {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    presence::list_viewed(&app.db, tenant_id, account_id, &app.node_id, now).await
}
