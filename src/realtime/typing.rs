//! Who types. It ends by itself, also when the tab or the node dies: each node keeps its own, and tells all.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hoopoe_db::{
    conversations,
    ids::{AccountId, ConversationId, TenantId, UserId},
};
use serde_json::json;

use super::{
    ephemeral::tell_account,
    hints::{self, Typing},
    seats::Seat,
};
use crate::{app::App, auth::Access, outbox};

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

    /// Whether somebody types in a conversation.
    fn any_in(&self, conversation_id: &ConversationId) -> bool {
        let typing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        typing.keys().any(|(id, _)| id == conversation_id)
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
        outbox::show_typing(app, &access.tenant_id, &account_id, conversation_id);
    }
    let key = (said.conversation_id, access.user_id);
    if app.hub.typists().set(&key, said.on) {
        let place = Place {
            tenant_id: access.tenant_id,
            account_id,
        };
        announce(app, &place, &key, said.on).await;
        if said.on {
            app.tasks.spawn(end(app.clone(), place, key));
        }
    }
}

/// Waits until typing was not said again for a while, and ends it.
async fn end(app: App, place: Place, key: Key) {
    let stopping = app.tasks.stopping().clone();
    while let Some(until) = app.hub.typists().until(&key) {
        if until <= Instant::now() {
            app.hub.typists().set(&key, false);
            announce(&app, &place, &key, false).await;
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
            let place = Place {
                tenant_id: access.tenant_id.clone(),
                account_id: found.account_id,
            };
            announce(app, &place, &key, false).await;
        }
    }
}

/// Whose the conversation is.
struct Place {
    tenant_id: TenantId,
    account_id: AccountId,
}

/// Tells colleagues; and the customer when nobody types any more. That somebody does they are told as long as it is said.
async fn announce(app: &App, place: &Place, (conversation, user): &Key, on: bool) {
    if !on && !app.hub.typists().any_in(conversation) {
        outbox::hide_typing(app, &place.tenant_id, &place.account_id, conversation);
    }
    let event = if on { "typing:start" } else { "typing:stop" };
    let data = json!({"conversation_id": conversation, "user_id": user});
    tell_account(app, &place.account_id, event, data).await;
}
