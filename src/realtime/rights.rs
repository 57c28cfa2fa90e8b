//! Sockets follow what their users may do: rooms with every change of rights, and the end with their token.

use std::{collections::BTreeSet, sync::Arc};

use hoopoe_db::{Id as _, event::Envelope, ids::UserId};
use serde_json::json;
use socketioxide::extract::SocketRef;

use super::{
    hints,
    seats::Seat,
    slow::{self, cut},
};
use crate::{app::App, auth::Access};

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
        Ok(access) => replace(app, &socket, seat, access),
        Err(error) if error.code() == crate::error::ErrorCode::Unavailable => {
            tracing::warn!(%error, "a socket could not be checked again; it is tried later");
        }
        Err(_) => expire(app, &socket, seat),
    }
}

/// Gives a seat what it may see from now on; its rooms follow, and what it looks at.
pub(super) fn replace(app: &App, socket: &SocketRef, seat: &Arc<Seat>, access: Access) {
    let before: BTreeSet<String> = seat.streams().into_iter().collect();
    seat.set_access(access);
    let after: BTreeSet<String> = seat.streams().into_iter().collect();
    if before == after || seat.is_slow() {
        return;
    }
    seat.queue.forget();
    socket.leave(before.difference(&after).cloned().collect::<Vec<_>>());
    socket.join(after.difference(&before).cloned().collect::<Vec<_>>());
    seat.backlog.follow(app.hub.tally(), after);
    let looks_on = seat
        .viewing()
        .is_none_or(|place| seat.access().may_see(&place.account_id));
    if !looks_on {
        hints::look_away(app, seat);
    }
}

/// Tells a client that its time is over, and cuts it.
pub(super) fn expire(app: &App, socket: &SocketRef, seat: &Seat) {
    if !slow::try_emit(socket, "session:expired", &json!({})) {
        tracing::debug!("a full socket could not be told that its session ended");
    }
    cut(app, socket, seat);
}
