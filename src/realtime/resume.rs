//! Catch-up: what a client with these cursors has missed, as one packet. Used at connect, on `since`, and by nothing else.

use std::collections::{BTreeMap, BTreeSet};

use hoopoe_db::{DbResult, event::Envelope, streams};
use serde::{Deserialize, Serialize};

use crate::{app::App, auth::Access};

/// Most streams one client may ask for at once.
const MAX_CURSORS: usize = 1_000;

/// Last numbers that a client has, by stream.
pub(super) type Cursors = BTreeMap<String, i64>;

/// What a client sends with `since`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SinceRequest {
    #[serde(default)]
    pub cursors: Cursors,
}

/// Packet `sync`: what was missed.
#[derive(Debug, Default, Serialize)]
pub(super) struct SyncPacket {
    streams: Vec<SyncStream>,
}

#[derive(Debug, Serialize)]
struct SyncStream {
    stream: String,
    events: Vec<Envelope>,
    head: i64,
    more: bool,
    reset: bool,
}

/// What this user has missed of the streams they may see; other streams are left out as if they did not exist.
pub(super) async fn missed(app: &App, access: &Access, cursors: Cursors) -> DbResult<SyncPacket> {
    let visible: BTreeSet<String> =
        streams::visible(&access.tenant_id, &access.user_id, access.accounts())
            .into_iter()
            .collect();
    let asked: Cursors = cursors
        .into_iter()
        .take(MAX_CURSORS)
        .filter(|(stream, _)| visible.contains(stream))
        .collect();
    if asked.is_empty() {
        return Ok(SyncPacket::default());
    }
    let found = streams::since(&app.db, &access.tenant_id, &asked, streams::MAX_EVENTS).await?;
    let streams = found
        .into_iter()
        .map(|since| SyncStream {
            stream: since.stream_id,
            events: since.events,
            head: since.head,
            more: since.more,
            reset: since.reset,
        })
        .collect();
    Ok(SyncPacket { streams })
}
