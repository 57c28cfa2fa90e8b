//! What holds only for the moment, and is never logged: who is here, who types, who looks at which conversation.
//!
//! State is per node; the packets reach the sockets of all nodes (`cluster`). Typing ends by itself, also when the tab dies.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hoopoe_db::{
    conversations,
    ids::{AccountId, ConversationId, TenantId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::extract::{Data, SocketRef, State};

use super::cluster;
use crate::{app::App, auth::Access};

/// Typing ends after this, unless it is said again.
const TYPING_ENDS_AFTER: Duration = Duration::from_secs(6);

/// What one connection may say in a while; more is not heard.
const MAX_HINTS: u32 = 40;
const HINTS_WHILE: Duration = Duration::from_secs(10);

/// The moment's state of this node.
#[derive(Debug, Default)]
pub(super) struct Ephemeral {
    typing: Mutex<HashMap<(ConversationId, UserId), Instant>>,
    viewing: Mutex<HashMap<String, Viewing>>,
    hints: Mutex<HashMap<String, (Instant, u32)>>,
}

#[derive(Debug, Clone)]
struct Viewing {
    conversation_id: ConversationId,
    account_id: AccountId,
    user_id: UserId,
}

impl Ephemeral {
    /// Whether a connection may say one more thing now.
    fn may_hint(&self, connection: &str) -> bool {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = hints
            .entry(connection.to_owned())
            .or_insert_with(|| (Instant::now(), 0));
        if since.elapsed() > HINTS_WHILE {
            (*since, *count) = (Instant::now(), 0);
        }
        *count += 1;
        *count <= MAX_HINTS
    }

    fn viewers(&self, conversation_id: &ConversationId) -> BTreeSet<UserId> {
        let viewing = self.viewing.lock().unwrap_or_else(PoisonError::into_inner);
        viewing
            .values()
            .filter(|v| v.conversation_id == *conversation_id)
            .map(|v| v.user_id.clone())
            .collect()
    }

    fn forget(&self, connection: &str) -> Option<Viewing> {
        self.hints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(connection);
        self.viewing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(connection)
    }
}

/// A packet for a room on all nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hint {
    pub room: String,
    pub event: String,
    pub data: Value,
}

async fn tell(app: &App, room: String, event: &str, data: Value) {
    app.hub.emit(&room, event, &data).await;
    cluster::relay(
        app,
        &Hint {
            room,
            event: event.to_owned(),
            data,
        },
    );
}

/// Users of a tenant who are here, on any node.
pub(super) async fn online(app: &App, tenant_id: &TenantId) -> Vec<UserId> {
    let mut online = app.hub.seats().online(tenant_id);
    online.extend(cluster::online_elsewhere(app, tenant_id).await);
    online.into_iter().collect()
}

/// Says that a user came.
pub(super) async fn announce_online(app: &App, access: &Access) {
    let room = format!("tenant:{}", access.tenant_id);
    tell(app, room, "user:online", json!({"user_id": access.user_id})).await;
}

/// Cleans up after a connection: its viewing and typing end; the user is offline with their last tab.
pub(super) async fn left(app: &App, connection: &str, access: &Access) {
    if let Some(viewing) = app.hub.ephemeral().forget(connection) {
        announce_viewers(app, &viewing.account_id, &viewing.conversation_id).await;
    }
    if app.hub.seats().has_user(&access.user_id) {
        return;
    }
    stop_all_typing(app, access).await;
    if !cluster::online_elsewhere(app, &access.tenant_id)
        .await
        .contains(&access.user_id)
    {
        let room = format!("tenant:{}", access.tenant_id);
        tell(
            app,
            room,
            "user:offline",
            json!({"user_id": access.user_id}),
        )
        .await;
    }
}

async fn stop_all_typing(app: &App, access: &Access) {
    let ended: Vec<ConversationId> = {
        let mut typing = app
            .hub
            .ephemeral()
            .typing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let ended = typing
            .keys()
            .filter(|(_, user)| *user == access.user_id)
            .map(|(id, _)| id.clone())
            .collect();
        typing.retain(|(_, user), _| *user != access.user_id);
        ended
    };
    for conversation_id in ended {
        if let Ok(found) = conversations::get(&app.db, &access.tenant_id, &conversation_id).await {
            announce_typing(
                app,
                &found.account_id,
                &conversation_id,
                &access.user_id,
                false,
            )
            .await;
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Typing {
    conversation_id: ConversationId,
    on: bool,
}

/// `typing {conversation_id, on}`.
pub(super) async fn typing(socket: SocketRef, Data(said): Data<Typing>, State(app): State<App>) {
    let Some((access, account_id)) = may_tell(&app, &socket, &said.conversation_id).await else {
        return;
    };
    if said.on {
        crate::outbox::show_typing(&app, &access.tenant_id, &account_id, &said.conversation_id);
    }
    let key = (said.conversation_id.clone(), access.user_id.clone());
    let until = Instant::now() + TYPING_ENDS_AFTER;
    let changed = {
        let mut typing = app
            .hub
            .ephemeral()
            .typing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if said.on {
            typing.insert(key.clone(), until).is_none()
        } else {
            typing.remove(&key).is_some()
        }
    };
    if changed {
        announce_typing(
            &app,
            &account_id,
            &said.conversation_id,
            &access.user_id,
            said.on,
        )
        .await;
        if said.on {
            app.clone().tasks.spawn(end_typing(app, account_id, key));
        }
    }
}

/// Waits until typing was not said again for a while, and ends it.
async fn end_typing(app: App, account_id: AccountId, key: (ConversationId, UserId)) {
    let stopping = app.tasks.stopping().clone();
    loop {
        let until = app
            .hub
            .ephemeral()
            .typing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .copied();
        let Some(until) = until else { return };
        if until <= Instant::now() {
            break;
        }
        if stopping
            .run_until_cancelled(tokio::time::sleep_until(until.into()))
            .await
            .is_none()
        {
            return;
        }
    }
    app.hub
        .ephemeral()
        .typing
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&key);
    announce_typing(&app, &account_id, &key.0, &key.1, false).await;
}

async fn announce_typing(
    app: &App,
    account: &AccountId,
    conversation: &ConversationId,
    user: &UserId,
    on: bool,
) {
    let event = if on { "typing:start" } else { "typing:stop" };
    tell(
        app,
        format!("account:{account}"),
        event,
        json!({"conversation_id": conversation, "user_id": user}),
    )
    .await;
}

#[derive(Debug, Deserialize)]
pub(super) struct View {
    conversation_id: Option<ConversationId>,
}

/// `view {conversation_id}`: this tab looks at a conversation, or with `null` at none.
pub(super) async fn view(socket: SocketRef, Data(said): Data<View>, State(app): State<App>) {
    let connection = socket.id.to_string();
    let before = {
        let mut viewing = app
            .hub
            .ephemeral()
            .viewing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        viewing.remove(&connection)
    };
    if let Some(before) = before {
        announce_viewers(&app, &before.account_id, &before.conversation_id).await;
    }
    let Some(conversation_id) = said.conversation_id else {
        return;
    };
    let Some((access, account_id)) = may_tell(&app, &socket, &conversation_id).await else {
        return;
    };
    let viewing = Viewing {
        conversation_id: conversation_id.clone(),
        account_id: account_id.clone(),
        user_id: access.user_id,
    };
    app.hub
        .ephemeral()
        .viewing
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(connection, viewing);
    announce_viewers(&app, &account_id, &conversation_id).await;
}

async fn announce_viewers(app: &App, account_id: &AccountId, conversation_id: &ConversationId) {
    let user_ids = app.hub.ephemeral().viewers(conversation_id);
    let data = json!({"conversation_id": conversation_id, "user_ids": user_ids});
    tell(
        app,
        format!("account:{account_id}"),
        "viewers:changed",
        data,
    )
    .await;
}

/// Who speaks, and on which account the conversation is, if they may see it and have not said too much.
async fn may_tell(
    app: &App,
    socket: &SocketRef,
    id: &ConversationId,
) -> Option<(Access, AccountId)> {
    let access = app.hub.seats().find(socket.id)?.access();
    if !app.hub.ephemeral().may_hint(&socket.id.to_string()) {
        return None;
    }
    let conversation = conversations::get(&app.db, &access.tenant_id, id)
        .await
        .ok()?;
    access
        .may_see(&conversation.account_id)
        .then_some((access, conversation.account_id))
}
