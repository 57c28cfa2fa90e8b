//! Who types. It ends by itself, also when the tab or the node dies: each node keeps its own, and tells all.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hoopoe_db::{
    conversations,
    ids::{AccountId, ConversationId, UserId},
};
use serde_json::json;

use super::{
    ephemeral::tell,
    hints::{self, Typing},
    seats::Seat,
};
use crate::{app::App, auth::Access};

/// Typing ends after this, unless it is said again.
const ENDS_AFTER: Duration = Duration::from_secs(6);

type Key = (ConversationId, UserId);

/// Who types where, and until when unless it is said again.
#[derive(Debug, Default)]
pub(super) struct Typists(Mutex<HashMap<Key, Instant>>);

impl Typists {
    /// Notes what somebody does. Whether that is news.
    fn set(&self, key: &Key, on: bool) -> bool {
        let mut typing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if on {
            let until = Instant::now() + ENDS_AFTER;
            typing.insert(key.clone(), until).is_none()
        } else {
            typing.remove(key).is_some()
        }
    }

    fn until(&self, key: &Key) -> Option<Instant> {
        let typing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        typing.get(key).copied()
    }

    /// A user is gone: where they typed.
    fn take(&self, user_id: &UserId) -> Vec<ConversationId> {
        let mut typing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = typing
            .keys()
            .filter(|(_, user)| user == user_id)
            .map(|(id, _)| id.clone())
            .collect();
        typing.retain(|(_, user), _| user != user_id);
        ended
    }
}

/// Somebody types, or stopped.
pub(super) async fn say(app: &App, seat: &Seat, said: Typing) {
    let Some((access, account_id)) = hints::may_speak_of(app, seat, &said.conversation_id).await
    else {
        return;
    };
    if said.on {
        let conversation_id = &said.conversation_id;
        crate::outbox::show_typing(app, &access.tenant_id, &account_id, conversation_id);
    }
    let key = (said.conversation_id, access.user_id);
    if app.hub.typists().set(&key, said.on) {
        announce(app, &account_id, &key, said.on).await;
        if said.on {
            app.tasks.spawn(end(app.clone(), account_id, key));
        }
    }
}

/// Waits until typing was not said again for a while, and ends it.
async fn end(app: App, account_id: AccountId, key: Key) {
    let stopping = app.tasks.stopping().clone();
    while let Some(until) = app.hub.typists().until(&key) {
        if until <= Instant::now() {
            app.hub.typists().set(&key, false);
            announce(&app, &account_id, &key, false).await;
            return;
        }
        let waited = stopping.run_until_cancelled(tokio::time::sleep_until(until.into()));
        if waited.await.is_none() {
            return;
        }
    }
}

/// A user is gone, and types no more.
pub(super) async fn end_all(app: &App, access: &Access) {
    for conversation_id in app.hub.typists().take(&access.user_id) {
        let found = conversations::get(&app.db, &access.tenant_id, &conversation_id).await;
        if let Ok(found) = found {
            let key = (conversation_id, access.user_id.clone());
            announce(app, &found.account_id, &key, false).await;
        }
    }
}

async fn announce(app: &App, account: &AccountId, (conversation, user): &Key, on: bool) {
    let event = if on { "typing:start" } else { "typing:stop" };
    let data = json!({"conversation_id": conversation, "user_id": user});
    tell(app, format!("account:{account}"), event, data).await;
}
