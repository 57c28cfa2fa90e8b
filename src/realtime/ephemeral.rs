//! What holds only for the moment, and is never logged: who is here (this file), who types (`typing`), who looks at which conversation
//! (`viewing`). What clients say of it comes through `hints`.

use hoopoe_db::{
    ids::{AccountId, TenantId, UserId},
    model::Role,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{calls, cluster, elsewhere, seats::Seat, slow, typing, viewing};
use crate::{app::App, auth::Access};

/// A packet for a room on all nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hint {
    pub room: String,
    pub event: String,
    pub data: Value,
}

/// Tells a room on all nodes.
pub(super) async fn tell(app: &App, room: String, event: &str, data: Value) {
    app.hub.emit(&room, event, &data).await;
    let event = event.to_owned();
    calls::relay(app, Hint { room, event, data });
}

/// Tells those who may see an account, on all nodes.
pub(crate) async fn tell_account(app: &App, account_id: &AccountId, event: &str, data: Value) {
    tell(app, format!("account:{account_id}"), event, data).await;
}

/// Tells those on this node who manage an account.
pub(crate) fn tell_managers<T: Serialize>(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    event: &str,
    data: &T,
) {
    let Some(io) = app.hub.io() else { return };
    for seat in app.hub.seats().all() {
        let access = seat.access();
        let is_theirs = access.tenant_id == *tenant_id && access.may_see(account_id);
        if is_theirs
            && access.require(Role::Manager).is_ok()
            && let Some(socket) = io.get_socket(seat.sid)
            && !slow::try_emit(&socket, event, data)
        {
            tracing::debug!(event, "a full socket was not told");
        }
    }
}

/// Users of a tenant who are here, on any node.
pub(super) async fn online(app: &App, tenant_id: &TenantId) -> Vec<UserId> {
    let mut online = app.hub.seats().online(tenant_id);
    online.extend(elsewhere::online(app, tenant_id).await);
    online.into_iter().collect()
}

/// Says that a user came.
pub(super) async fn announce_online(app: &App, access: &Access) {
    let room = format!("tenant:{}", access.tenant_id);
    tell(app, room, "user:online", json!({"user_id": access.user_id})).await;
}

/// Cleans up after a connection: its viewing and typing end; the user is offline with their last tab.
pub(super) async fn left(app: &App, seat: &Seat) {
    let access = seat.access();
    cluster::forget(app, seat).await;
    viewing::leave(app, seat);
    if app.hub.seats().has_user(&access.user_id) {
        return;
    }
    typing::end_all(app, &access).await;
    announce_offline(app, &access.tenant_id, &access.user_id).await;
}

/// Says that a user left, unless they are still here on some node.
pub(super) async fn announce_offline(app: &App, tenant_id: &TenantId, user_id: &UserId) {
    let is_here = app.hub.seats().has_user(user_id)
        || elsewhere::online(app, tenant_id).await.contains(user_id);
    if !is_here {
        let room = format!("tenant:{tenant_id}");
        tell(app, room, "user:offline", json!({"user_id": user_id})).await;
    }
}
