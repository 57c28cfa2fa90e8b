//! Who is connected to this node: one seat per socket, with what it may see. Seats follow changes of membership at once, end with their
//! token, and are taken out of their rooms when the client is too slow to be told anything.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hoopoe_db::{
    Id, Millis,
    event::Envelope,
    ids::{TenantId, UserId},
    presence, streams,
};
use serde_json::json;
use socketioxide::{extract::SocketRef, socket::Sid};

use super::Hub;
use crate::{app::App, auth::Access};

/// How often seats are looked over.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(5);

/// A connected socket.
#[derive(Debug)]
pub(super) struct Seat {
    pub sid: Sid,
    pub access: Mutex<Access>,
    slow: AtomicBool,
}

impl Seat {
    pub(super) fn access(&self) -> Access {
        self.access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The streams it may follow.
    pub(super) fn streams(&self) -> Vec<String> {
        let access = self.access();
        streams::visible(&access.tenant_id, &access.user_id, access.accounts())
    }
}

/// All seats of this node.
#[derive(Debug, Default)]
pub(super) struct Seats {
    by_sid: Mutex<HashMap<Sid, Arc<Seat>>>,
}

impl Seats {
    pub(super) fn len(&self) -> usize {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    pub(super) fn take(&self, sid: Sid, access: Access) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            sid,
            access: Mutex::new(access),
            slow: AtomicBool::new(false),
        });
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(sid, Arc::clone(&seat));
        seat
    }

    pub(super) fn leave(&self, sid: Sid) -> Option<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&sid)
    }

    pub(super) fn find(&self, sid: Sid) -> Option<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sid)
            .cloned()
    }

    fn all(&self) -> Vec<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Every stream that somebody here follows.
    pub(super) fn streams(&self) -> BTreeSet<String> {
        self.all().iter().flat_map(|seat| seat.streams()).collect()
    }

    /// All seats as presence rows that hold until a time.
    pub(super) fn presence(&self, node_id: &str, expires_at: Millis) -> Vec<presence::Row> {
        self.all()
            .iter()
            .map(|seat| {
                let access = seat.access();
                presence::Row {
                    connection_id: seat.sid.to_string(),
                    node_id: node_id.to_owned(),
                    tenant_id: access.tenant_id,
                    user_id: access.user_id,
                    expires_at,
                }
            })
            .collect()
    }

    /// Whether a user has a socket open on this node.
    pub(super) fn has_user(&self, user_id: &UserId) -> bool {
        self.all()
            .iter()
            .any(|seat| seat.access().user_id == *user_id)
    }

    /// Users of a tenant with a socket open on this node.
    pub(super) fn online(&self, tenant_id: &TenantId) -> BTreeSet<UserId> {
        let seats = self.all();
        seats
            .iter()
            .map(|seat| seat.access())
            .filter(|a| a.tenant_id == *tenant_id)
            .map(|a| a.user_id)
            .collect()
    }
}

/// Looks at events on their way out: those that change what somebody may see take effect on their sockets first.
pub(super) async fn follow(app: &App, stream: &str, events: &[Envelope]) {
    for event in events {
        match event.kind.as_str() {
            "membership:changed" => {
                if let Some(user_id) = stream.strip_prefix("user:").and_then(UserId::parse) {
                    renew_user(app, &user_id).await;
                }
            }
            "user:updated" => {
                let user: Option<ChangedUser> = serde_json::from_str(event.data.get()).ok();
                if let Some(changed) = user {
                    renew_user(app, &changed.user.id).await;
                }
            }
            "account:updated" | "account:deleted" => renew_all(app).await,
            _ => {}
        }
    }
}

#[derive(serde::Deserialize)]
struct ChangedUser {
    user: ChangedUserId,
}

#[derive(serde::Deserialize)]
struct ChangedUserId {
    id: UserId,
}

async fn renew_user(app: &App, user_id: &UserId) {
    app.grants.forget(user_id);
    for seat in app.hub.seats().all() {
        if seat.access().user_id == *user_id {
            renew(app, &seat).await;
        }
    }
}

/// An account came or went: whose streams change is known by the grants only.
async fn renew_all(app: &App) {
    app.grants.forget_all();
    for seat in app.hub.seats().all() {
        renew(app, &seat).await;
    }
}

/// Checks a seat again: rooms follow, and who may no longer be here is told and cut.
pub(super) async fn renew(app: &App, seat: &Arc<Seat>) {
    let Some(socket) = app.hub.io().and_then(|io| io.get_socket(seat.sid)) else {
        return;
    };
    match seat.access().renew(app).await {
        Ok(access) => replace(&socket, seat, access),
        Err(error) if error.code() == crate::error::ErrorCode::Unavailable => {
            tracing::warn!(%error, "a socket could not be checked again; it is tried later");
        }
        Err(_) => expire(&socket),
    }
}

/// Gives a seat what it may see from now on; its rooms follow.
pub(super) fn replace(socket: &SocketRef, seat: &Seat, access: Access) {
    let before: BTreeSet<String> = seat.streams().into_iter().collect();
    *seat.access.lock().unwrap_or_else(PoisonError::into_inner) = access;
    let after: BTreeSet<String> = seat.streams().into_iter().collect();
    socket.leave(before.difference(&after).cloned().collect::<Vec<_>>());
    socket.join(after.difference(&before).cloned().collect::<Vec<_>>());
}

/// Tells a client that its time is over, and cuts it.
fn expire(socket: &SocketRef) {
    if socket.emit("session:expired", &json!({})).is_err() {
        tracing::debug!("a full socket could not be told that its session ended");
    }
    cut(socket);
}

fn cut(socket: &SocketRef) {
    socket.leave_all();
    if let Err(error) = socket.clone().disconnect() {
        // Its buffer is full: it is out of its rooms, and the TCP time-out ends it.
        tracing::debug!(%error, "a socket could not be cut at once");
    }
}

/// Starts the look-over: tokens that ended, clients that are too slow.
pub(super) fn start(app: &App) {
    let app = app.clone();
    app.clone().tasks.every(LOOK_OVER_EVERY, move || {
        let app = app.clone();
        async move { look_over(&app) }
    });
}

fn look_over(app: &App) {
    let now = app.clock.now();
    for seat in app.hub.seats().all() {
        let Some(socket) = app.hub.io().and_then(|io| io.get_socket(seat.sid)) else {
            app.hub.seats().leave(seat.sid);
            continue;
        };
        if seat.access().expires_at <= now {
            expire(&socket);
        } else if seat.slow.load(Ordering::Relaxed) {
            tell_slow(&socket);
        } else if !socket.connected() {
            app.hub.seats().leave(seat.sid);
        }
    }
}

/// A client whose buffer was full is out of its rooms; once it can hear again it is told, and connects anew from its cursors.
fn tell_slow(socket: &SocketRef) {
    if socket.emit("slow:client", &json!({})).is_ok() {
        metrics::counter!("hoopoe_sockets_slow_total").increment(1);
        cut(socket);
    }
}

/// Finds the clients whose buffers are full, after an emit did not reach all: out of the rooms, so that nothing more piles up.
pub(super) fn mark_slow(hub: &Hub, room: &str) {
    let Some(io) = hub.io() else { return };
    for socket in io.within(room.to_owned()).sockets() {
        // An empty mark costs next to nothing and fails exactly where the buffer is full.
        if socket.emit("head", &json!({})).is_err()
            && let Some(seat) = hub.seats().find(socket.id)
        {
            seat.slow.store(true, Ordering::Relaxed);
            socket.leave_all();
        }
    }
}
