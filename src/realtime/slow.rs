//! Seats are looked over: tokens that ended, clients that read too slowly. Who has too much waiting is taken out of the rooms at once, told as
//! soon as that is possible, and cut; a connection that does not go by itself then is ended from below.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::json;
use socketioxide::extract::SocketRef;

use super::{Hub, backlog::MAX_WAITING_BYTES, hints, rights, seats::Seat};
use crate::app::App;

/// How often seats are looked over.
const LOOK_OVER_EVERY: Duration = Duration::from_secs(5);

/// How long a client that was told to go may read nothing, and how long it may take at most to read what still waits for it.
const QUIET: Duration = Duration::from_secs(8);
const GRACE: Duration = Duration::from_mins(1);

/// How long a client may take until it can at least be told that it is too slow.
const DEAF_AFTER: Duration = Duration::from_secs(30);

/// Starts the look-over.
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
            // Its disconnection was heard before it had a seat.
            if app.hub.seats().leave(seat.sid).is_some() {
                hints::close(app, seat);
            }
            continue;
        };
        if seat.access().expires_at <= now {
            rights::expire(app, &socket, &seat);
        } else if seat.is_slow() {
            tell_slow(app, &socket, &seat);
        }
    }
    for line in app.hub.seats().take_overdue(QUIET, GRACE) {
        line.cut();
    }
}

/// Finds those for whom too many bytes wait, after so much was emitted that it may be.
pub(super) fn weigh(app: &App) {
    let tally = app.hub.tally();
    if !tally.is_due() {
        return;
    }
    for seat in app.hub.seats().all() {
        if !seat.is_slow()
            && seat.backlog.bytes(tally) > MAX_WAITING_BYTES
            && let Some(socket) = app.hub.io().and_then(|io| io.get_socket(seat.sid))
        {
            mark(&socket, &seat);
            tell_slow(app, &socket, &seat);
        }
    }
}

/// Finds the clients whose buffers are full, after an emit did not reach all: out of the rooms, so that nothing more piles up.
pub(super) fn mark_full(hub: &Hub, room: &str) {
    let Some(io) = hub.io() else { return };
    for socket in io.within(room.to_owned()).sockets() {
        // An empty mark costs next to nothing and fails exactly where the buffer is full.
        if !try_emit(&socket, "head", &json!({}))
            && let Some(seat) = hub.seats().find(socket.id)
        {
            mark(&socket, &seat);
        }
    }
}

fn mark(socket: &SocketRef, seat: &Seat) {
    if seat.mark_slow() {
        metrics::counter!("hoopoe_sockets_slow_total").increment(1);
    }
    socket.leave_all();
}

/// Told as soon as there is room for it in the buffer; then the client connects anew from its cursors. Whoever can't even be told is cut.
fn tell_slow(app: &App, socket: &SocketRef, seat: &Seat) {
    if try_emit(socket, "slow:client", &json!({})) || seat.slow_for() > DEAF_AFTER {
        cut(app, socket, seat);
    }
}

/// Ends a socket, and the connection below it too, should the client not do it.
pub(super) fn cut(app: &App, socket: &SocketRef, seat: &Seat) {
    socket.leave_all();
    if let Some(line) = seat.backlog.line() {
        app.hub.seats().expect_to_leave(Arc::clone(line));
    }
    if let Err(error) = socket.clone().disconnect() {
        // Its buffer is full: it is out of its rooms, and its line is cut in a moment.
        tracing::debug!(%error, "a socket could not be told to go");
    }
}

/// Sends a packet if there is room for it.
pub(super) fn try_emit<T: Serialize>(socket: &SocketRef, event: &str, data: &T) -> bool {
    socket.emit(event, data).is_ok()
}
