//! More than one node on one PostgreSQL: `NOTIFY` wakes, the log tells. A lost wake-up is made good by a sweep; an outage only delays.
//!
//! On SQLite there is one node, and none of this runs.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, PoisonError},
    time::Duration,
};

use hoopoe_db::{Engine, event::Committed, presence, streams};
use tokio::sync::Notify;

use super::{calls::Call, ephemeral, seats::Seat, viewing};
use crate::{app::App, linked, outbox};

/// Behind every lost wake-up: how often the log is looked at anyway.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// At most one wake-up in this time.
const WAKE_EVERY: Duration = Duration::from_millis(20);

/// How long a node's presence rows hold without being renewed, and how often they are.
const PRESENCE_HOLDS_MS: i64 = 90_000;
const PRESENCE_EVERY: Duration = Duration::from_secs(30);

/// Largest payload of a `NOTIFY`, with room to spare. Source: PostgreSQL manual, NOTIFY (8000 bytes).
const MAX_NOTIFY_BYTES: usize = 7_000;

const CHANNEL: &str = "hoopoe";

pub(super) fn start(app: &App) {
    if is_alone(app) {
        return;
    }
    let news = Arc::new(Notify::new());
    app.tasks.spawn(listen(app.clone(), Arc::clone(&news)));
    app.tasks.spawn(tail(app.clone(), news));
    app.tasks.spawn(wake(app.clone()));
    app.tasks.spawn(tell(app.clone()));
    let app = app.clone();
    app.clone().tasks.every(PRESENCE_EVERY, move || {
        let app = app.clone();
        async move { renew_presence(&app).await }
    });
}

pub(super) fn is_alone(app: &App) -> bool {
    app.db.engine() == Engine::Sqlite
}

/// Says what waits, one after another, so that the other nodes hear it in order.
async fn tell(app: App) {
    let waiting = app
        .hub
        .calls()
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(mut waiting) = waiting else { return };
    let stopping = app.tasks.stopping().clone();
    while let Some(Some(call)) = stopping.run_until_cancelled(waiting.recv()).await {
        notify(&app, &call).await;
    }
}

async fn notify(app: &App, call: &Call) {
    let Ok(payload) = serde_json::to_string(call) else {
        return;
    };
    if payload.len() > MAX_NOTIFY_BYTES {
        return;
    }
    if let Err(error) = streams::notify(&app.db, CHANNEL, &payload).await {
        tracing::debug!(%error, "the other nodes were not woken; their sweep finds it");
    }
}

/// Wakes the others when this node committed something.
async fn wake(app: App) {
    let stopping = app.tasks.stopping().clone();
    let next = async || {
        app.hub.has_committed().await;
        notify(&app, &Call::news(&app)).await;
        tokio::time::sleep(WAKE_EVERY).await;
    };
    while stopping.run_until_cancelled(next()).await.is_some() {}
}

async fn listen(app: App, news: Arc<Notify>) {
    let stopping = app.tasks.stopping().clone();
    while !stopping.is_cancelled() {
        if let Err(error) = stopping
            .run_until_cancelled(hear(&app, &news))
            .await
            .unwrap_or(Ok(()))
        {
            tracing::warn!(%error, "listening for the other nodes failed; it is tried again");
            stopping
                .run_until_cancelled(tokio::time::sleep(SWEEP_EVERY))
                .await;
        }
    }
}

async fn hear(app: &App, news: &Notify) -> anyhow::Result<()> {
    let mut calls = streams::listen(&app.db, CHANNEL).await?;
    loop {
        let payload = calls.next().await?;
        match serde_json::from_str::<Call>(&payload) {
            Ok(call) if call.node == app.node_id => {}
            Ok(Call {
                hint: Some(hint), ..
            }) => app.hub.emit(&hint.room, &hint.event, &hint.data).await,
            Ok(Call {
                viewers: Some(place),
                ..
            }) => app.hub.viewers().changed(place),
            Ok(Call {
                outbox: Some(account_id),
                ..
            }) => outbox::hear(app, &account_id),
            Ok(Call {
                offer: Some(shown), ..
            }) => {
                linked::hear_offer(app, &shown);
            }
            Ok(Call {
                sign: Some(sign), ..
            }) => outbox::hear_sign(app, sign),
            Ok(Call { media: true, .. }) => app.media.wake(),
            Ok(Call { linked: true, .. }) => linked::doubt(app),
            Ok(Call { webhooks: true, .. }) => app.webhooks.wake(),
            Ok(_) | Err(_) => {
                news.notify_one();
                app.hub.tell_news();
            }
        }
    }
}

/// Reads what other nodes committed on the streams that somebody here follows.
async fn tail(app: App, news: Arc<Notify>) {
    let stopping = app.tasks.stopping().clone();
    let mut known: HashMap<String, i64> = HashMap::new();
    loop {
        let woken =
            stopping.run_until_cancelled(tokio::time::timeout(SWEEP_EVERY, news.notified()));
        if woken.await.is_none() {
            return;
        }
        if let Err(error) = catch_up(&app, &mut known).await {
            tracing::warn!(%error, "the log can't be read");
        }
    }
}

async fn catch_up(app: &App, known: &mut HashMap<String, i64>) -> anyhow::Result<()> {
    for (stream, head) in app.hub.heads() {
        let entry = known.entry(stream.to_string()).or_insert(head);
        *entry = (*entry).max(head);
    }
    for stream in app.hub.seats().streams() {
        if let Entry::Vacant(fresh) = known.entry(stream) {
            let head = streams::head(&app.db, fresh.key()).await?;
            fresh.insert(head);
        }
    }
    for (stream, head) in streams::moved(&app.db, known).await? {
        let after = known.get(&stream).copied().unwrap_or_default();
        let since = streams::tail(&app.db, &stream, after, head).await?;
        let id: Arc<str> = Arc::from(stream.as_str());
        known.insert(stream, since.events.last().map_or(head, |event| event.seq));
        app.hub.pass_on(
            since
                .events
                .into_iter()
                .map(|envelope| Committed {
                    stream_id: Arc::clone(&id),
                    envelope,
                })
                .collect(),
        );
    }
    Ok(())
}

/// Writes down who is connected to this node, and tells of those whose node died.
async fn renew_presence(app: &App) {
    let (now, until) = (app.clock.now(), app.clock.now() + PRESENCE_HOLDS_MS);
    let seats = app.hub.seats().all();
    let rows: Vec<presence::Row> = seats
        .iter()
        .map(|seat| seat.presence(&app.node_id, until))
        .collect();
    match presence::replace_node(&app.db, &app.node_id, &rows, now).await {
        Ok(lost) => tell_of_lost(app, lost).await,
        Err(error) => tracing::warn!(%error, "presence could not be written down"),
    }
}

async fn tell_of_lost(app: &App, lost: Vec<presence::Lost>) {
    for one in lost {
        if let (Some(account_id), Some(conversation_id)) = (one.account_id, one.conversation_id) {
            let place = viewing::Place {
                tenant_id: one.tenant_id.clone(),
                account_id,
                conversation_id,
            };
            viewing::tell_all(app, place);
        }
        ephemeral::announce_offline(app, &one.tenant_id, &one.user_id).await;
    }
}

/// Writes down that a connection is open, and what it looks at.
pub(super) async fn note(app: &App, seat: &Seat) {
    if is_alone(app) || app.hub.seats().find(seat.sid).is_none() {
        return;
    }
    let now = app.clock.now();
    let row = seat.presence(&app.node_id, now + PRESENCE_HOLDS_MS);
    if let Err(error) = presence::upsert(&app.db, &row, now).await {
        tracing::debug!(%error, "presence could not be written down; it is with the next renewal");
    }
}

/// Strikes out a connection that was closed.
pub(super) async fn forget(app: &App, seat: &Seat) {
    if is_alone(app) {
        return;
    }
    let gone = presence::delete(&app.db, &seat.sid.to_string(), app.clock.now()).await;
    if let Err(error) = gone {
        tracing::debug!(%error, "presence could not be struck out; it is with the next renewal");
    }
}
