//! More than one node on one PostgreSQL: `NOTIFY` wakes, the log tells. A lost wake-up is made good by a sweep; an outage only delays.
//!
//! On SQLite there is one node, and none of this runs.

use std::{collections::HashMap, sync::Arc, time::Duration};

use hoopoe_db::{
    Engine,
    event::Committed,
    ids::{TenantId, UserId},
    presence, streams,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::ephemeral::Hint;
use crate::app::App;

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

/// What nodes say to one another.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    /// Who says it.
    node: String,
    /// A packet to pass on; without one, the log has news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<Hint>,
}

pub(super) fn start(app: &App) {
    if app.db.engine() == Engine::Sqlite {
        return;
    }
    let news = Arc::new(Notify::new());
    app.tasks.spawn(listen(app.clone(), Arc::clone(&news)));
    app.tasks.spawn(tail(app.clone(), news));
    app.tasks.spawn(wake(app.clone()));
    let app = app.clone();
    app.clone().tasks.every(PRESENCE_EVERY, move || {
        let app = app.clone();
        async move { renew_presence(&app).await }
    });
}

/// Passes a packet on to the other nodes.
pub(super) fn relay(app: &App, hint: &Hint) {
    if app.db.engine() == Engine::Sqlite {
        return;
    }
    let call = Call {
        node: app.node_id.clone(),
        hint: Some(hint.clone()),
    };
    let app = app.clone();
    app.clone()
        .tasks
        .spawn(async move { notify(&app, &call).await });
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
    let mut told = app.hub.heads();
    while stopping
        .run_until_cancelled(tokio::time::sleep(WAKE_EVERY))
        .await
        .is_some()
    {
        let heads = app.hub.heads();
        if heads != told {
            told = heads;
            notify(
                &app,
                &Call {
                    node: app.node_id.clone(),
                    hint: None,
                },
            )
            .await;
        }
    }
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
            Ok(_) | Err(_) => news.notify_one(),
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
        if !known.contains_key(&stream) {
            let head = streams::head(&app.db, &stream).await?;
            known.insert(stream, head);
        }
    }
    for (stream, head) in streams::moved(&app.db, known).await? {
        let after = known.get(&stream).copied().unwrap_or_default();
        let since = streams::tail(&app.db, &stream, after, head).await?;
        let id: Arc<str> = Arc::from(stream.as_str());
        known.insert(stream, since.events.last().map_or(head, |event| event.seq));
        app.hub.publish(
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

/// Writes down who is connected to this node.
pub(super) async fn renew_presence(app: &App) {
    let rows = app
        .hub
        .seats()
        .presence(&app.node_id, app.clock.now() + PRESENCE_HOLDS_MS);
    if let Err(error) = presence::replace_node(&app.db, &app.node_id, &rows, app.clock.now()).await
    {
        tracing::warn!(%error, "presence could not be written down");
    }
}

/// Users of a tenant who are connected to other nodes.
pub(super) async fn online_elsewhere(app: &App, tenant_id: &TenantId) -> Vec<UserId> {
    if app.db.engine() == Engine::Sqlite {
        return Vec::new();
    }
    let found = presence::list_online(&app.db, tenant_id, &app.node_id, app.clock.now()).await;
    found.unwrap_or_default()
}
