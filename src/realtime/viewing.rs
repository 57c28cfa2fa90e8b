//! Who looks at which conversation, on all nodes together. A node keeps its own in memory and writes them down (`presence`); when something
//! changes on any of them, each node puts the two together and tells its own sockets. One task tells, so that what is told last is newest.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use hoopoe_db::{
    DbResult,
    ids::{AccountId, ConversationId, TenantId, UserId},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use socketioxide::socket::Sid;
use tokio::sync::Notify;

use super::{calls, cluster, elsewhere, hints, seats::Seat};
use crate::{app::App, linked};

/// A conversation that somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    pub conversation_id: ConversationId,
}

/// Who looks at what on this node, and what is to be told anew.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    here: Mutex<HashMap<ConversationId, HashMap<Sid, UserId>>>,
    changed: Mutex<BTreeSet<Place>>,
    news: Notify,
}

impl Viewers {
    fn of(&self, conversation_id: &ConversationId) -> BTreeSet<UserId> {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let viewers = here.get(conversation_id).into_iter();
        viewers.flat_map(HashMap::values).cloned().collect()
    }

    fn come(&self, conversation_id: &ConversationId, sid: Sid, user_id: UserId) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let viewers = here.entry(conversation_id.clone()).or_default();
        viewers.insert(sid, user_id);
    }

    fn go(&self, conversation_id: &ConversationId, sid: Sid) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(viewers) = here.get_mut(conversation_id) {
            viewers.remove(&sid);
            if viewers.is_empty() {
                here.remove(conversation_id);
            }
        }
    }

    /// Has the viewers of a conversation told anew to this node's sockets.
    pub(super) fn changed(&self, place: Place) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.insert(place);
        drop(changed);
        self.news.notify_one();
    }

    fn take_changed(&self) -> BTreeSet<Place> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection looks at a conversation from now on, or at none.
pub(super) async fn look(app: &App, seat: &Arc<Seat>, at: Option<ConversationId>) {
    let next = match at {
        Some(conversation_id) => {
            let may = hints::may_speak_of(app, seat, &conversation_id).await;
            may.map(|(access, account_id)| Place {
                tenant_id: access.tenant_id,
                account_id,
                conversation_id,
            })
        }
        None => None,
    };
    let before = seat.look_at(next.clone());
    if before == next {
        return;
    }
    let viewers = app.hub.viewers();
    if let Some(place) = &before {
        viewers.go(&place.conversation_id, seat.sid);
    }
    if let Some(place) = &next {
        viewers.come(&place.conversation_id, seat.sid, seat.access().user_id);
    }
    cluster::note(app, seat).await;
    for place in before.into_iter().chain(next) {
        tell_all(app, place);
    }
}

/// A connection is closed: it looks at nothing any more. Its row goes with it.
pub(super) fn leave(app: &App, seat: &Seat) {
    if let Some(place) = seat.look_at(None) {
        app.hub.viewers().go(&place.conversation_id, seat.sid);
        tell_all(app, place);
    }
}

/// Has the viewers of a conversation told anew on all nodes.
pub(super) fn tell_all(app: &App, place: Place) {
    calls::relay_viewers(app, &place);
    app.hub.viewers().changed(place);
}

/// Tells what changed, one conversation after another.
pub(super) async fn run(app: App) {
    let stopping = app.tasks.stopping().clone();
    let viewers = app.hub.viewers();
    while stopping
        .run_until_cancelled(viewers.news.notified())
        .await
        .is_some()
    {
        for place in viewers.take_changed() {
            announce(&app, &place).await;
        }
    }
}

/// Conversations of an account that somebody looks at, on any node.
pub(crate) async fn viewed(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<BTreeSet<ConversationId>> {
    let seats = app.hub.seats().all();
    let here = seats.iter().filter_map(|seat| seat.viewing());
    let here = here.filter(|place| place.account_id == *account_id);
    let mut viewed: BTreeSet<ConversationId> = here.map(|place| place.conversation_id).collect();
    viewed.extend(elsewhere::viewed(app, tenant_id, account_id).await?);
    Ok(viewed)
}

async fn announce(app: &App, place: &Place) {
    linked::look(app, &place.account_id, &place.conversation_id);
    let mut user_ids = app.hub.viewers().of(&place.conversation_id);
    match elsewhere::viewers(app, place).await {
        Ok(others) => user_ids.extend(others),
        Err(error) => {
            tracing::debug!(%error, "who looks at a conversation elsewhere is not known: nothing is told");
            return;
        }
    }
    let data = json!({"conversation_id": place.conversation_id, "user_ids": user_ids});
    let room = format!("account:{}", place.account_id);
    app.hub.emit(&room, "viewers:changed", &data).await;
}
