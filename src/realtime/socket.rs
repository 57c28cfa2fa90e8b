//! The Socket.IO side: the handshake with its check, catch-up, and the few things a client may say. Writes never come this way: they are REST.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, middleware::from_fn_with_state};
use hoopoe_db::{ids::UserId, streams};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef, State, TryData},
    handler::ConnectHandler,
};

use super::{
    cluster, ephemeral, hints,
    lobby::{self, Place},
    resume::{self, Cursors, Position},
    rights,
    seats::Seat,
    slow,
};
use crate::{app::App, auth::Access, error::ErrorCode};

/// Packets that may wait for one socket. Beyond, the client is told, cut, and catches up from its cursors.
const MAX_WAITING_PACKETS: usize = 1024;

/// Largest message from a client in bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// What a client sends with the handshake.
#[derive(Debug, Clone, Deserialize)]
struct Handshake {
    token: String,
    #[serde(default)]
    cursors: Cursors,
    #[serde(default)]
    epoch: Option<String>,
}

/// First packet after the handshake.
#[derive(Debug, Serialize)]
struct Hello<'a> {
    /// The life of the log: cursors of another one are void.
    epoch: &'a str,
    /// Last number of every stream that this user may see.
    streams: BTreeMap<String, i64>,
    user_id: UserId,
    connection_id: String,
    /// Colleagues who are here.
    online: Vec<UserId>,
}

/// Adds the socket layer around the router.
pub(super) fn mount(router: Router, app: &App) -> Router {
    let (layer, io) = SocketIo::builder()
        .max_buffer_size(MAX_WAITING_PACKETS)
        .max_payload(u64::try_from(MAX_MESSAGE_BYTES).unwrap_or(u64::MAX))
        .ws_max_message_size(MAX_MESSAGE_BYTES)
        .ws_max_frame_size(MAX_MESSAGE_BYTES)
        .ws_read_buffer_size(1024)
        .connect_timeout(lobby::PATIENCE)
        .with_state(app.clone())
        .build_layer();
    io.ns("/", connected.with(check));
    app.hub.set_io(io);
    router
        .layer(layer)
        .layer(from_fn_with_state(app.clone(), lobby::admit))
}

/// Refused connections get a `connect_error` whose message is a code of the API.
async fn check(
    socket: SocketRef,
    TryData(handshake): TryData<Handshake>,
    State(app): State<App>,
) -> Result<(), String> {
    let handshake = handshake.map_err(|_| "unauthorized".to_owned())?;
    let access = Access::from_token(&app, &handshake.token)
        .await
        .map_err(|error| code(error.code()))?;
    let position = Position {
        cursors: handshake.cursors,
        epoch: handshake.epoch,
    };
    socket.extensions.insert((access, position));
    if let Some(place) = socket.req_parts().extensions.get::<Arc<Place>>() {
        place.leave();
    }
    Ok(())
}

fn code(code: ErrorCode) -> String {
    match code {
        ErrorCode::TokenExpired => "token_expired",
        ErrorCode::Unavailable => "unavailable",
        _ => "unauthorized",
    }
    .to_owned()
}

/// Joins first, then reads: nothing can fall between.
async fn connected(socket: SocketRef, State(app): State<App>) {
    let Some((access, position)) = socket.extensions.remove::<(Access, Position)>() else {
        return;
    };
    listen(&socket);
    let was_away = !app.hub.seats().has_user(&access.user_id);
    let seat = app.hub.seats().take(&socket, access.clone());
    seat.backlog.follow(app.hub.tally(), seat.streams());
    socket.join(seat.streams());
    // What changed between the check and the joining is made good: from here on the seat is found by every change.
    rights::renew(&app, &seat).await;
    // Before the greeting: who has heard it counts as here on every node.
    cluster::note(&app, &seat).await;
    if let Err(error) = welcome(&app, &socket, &seat, position).await {
        tracing::warn!(%error, "a client could not be brought up to date");
        slow::cut(&app, &socket, &seat);
        return;
    }
    if was_away {
        ephemeral::announce_online(&app, &access).await;
    }
}

async fn welcome(
    app: &App,
    socket: &SocketRef,
    seat: &Seat,
    position: Position,
) -> anyhow::Result<()> {
    let access = seat.access();
    let heads = streams::heads(&app.db, &access.tenant_id, &seat.streams()).await?;
    app.hub.follow_from(&heads);
    let hello = Hello {
        epoch: &app.epoch,
        streams: heads,
        user_id: access.user_id.clone(),
        connection_id: socket.id.to_string(),
        online: ephemeral::online(app, &access.tenant_id).await,
    };
    socket.emit("hello", &hello)?;
    if !position.cursors.is_empty() {
        let missed = resume::missed(app, &access, position).await?;
        seat.backlog.tell(missed.bytes());
        socket.emit("sync", &missed)?;
    }
    Ok(())
}

fn listen(socket: &SocketRef) {
    socket.on("since", since);
    socket.on("auth", renew);
    socket.on("typing", hints::typing);
    socket.on("view", hints::view);
    socket.on_disconnect(disconnected);
}

/// `since {cursors, epoch}` → acknowledged with what was missed.
async fn since(
    socket: SocketRef,
    TryData(request): TryData<Position>,
    ack: AckSender,
    State(app): State<App>,
) {
    let Some(seat) = app.hub.seats().find(socket.id) else {
        return;
    };
    let answer = match request {
        Err(_) => {
            json!({"error": {"code": "bad_request", "message": "cursors must be numbers by stream"}})
        }
        Ok(request) => match resume::missed(&app, &seat.access(), request).await {
            Ok(packet) => {
                seat.backlog.tell(packet.bytes());
                serde_json::to_value(&packet).unwrap_or_default()
            }
            Err(_) => json!({"error": {"code": "unavailable", "message": "try again"}}),
        },
    };
    acknowledge(ack, &answer);
}

fn acknowledge(ack: AckSender, answer: &Value) {
    if let Err(error) = ack.send(answer) {
        tracing::debug!(%error, "an acknowledgement could not be sent");
    }
}

#[derive(Debug, Deserialize)]
struct NewToken {
    token: String,
}

/// `auth {token}`: a live socket goes on with a fresh access token of the same user.
async fn renew(
    socket: SocketRef,
    Data(fresh): Data<NewToken>,
    ack: AckSender,
    State(app): State<App>,
) {
    let Some(seat) = app.hub.seats().find(socket.id) else {
        return;
    };
    let answer = match Access::from_token(&app, &fresh.token).await {
        Ok(access) if access.user_id == seat.access().user_id => {
            rights::replace(&app, &socket, &seat, access);
            json!({"ok": true})
        }
        Ok(_) => {
            json!({"ok": false, "error": {"code": "unauthorized", "message": "the token is another user's"}})
        }
        Err(error) => {
            json!({"ok": false, "error": {"code": code(error.code()), "message": error.to_string()}})
        }
    };
    acknowledge(ack, &answer);
}

async fn disconnected(socket: SocketRef, State(app): State<App>) {
    if let Some(seat) = app.hub.seats().leave(socket.id) {
        hints::close(&app, seat);
    }
}
