//! Catch-up: what a client with these cursors has missed, as one packet. Used at connect, on `since`, and by nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Once,
};

use hoopoe_db::{
    DbResult,
    event::Envelope,
    streams::{self, Since},
};
use serde::{Deserialize, Serialize};

use crate::{app::App, auth::Access};

/// Most streams one client may ask for at once.
const MAX_CURSORS: usize = 1_000;

/// Last numbers that a client has, by stream.
pub(super) type Cursors = BTreeMap<String, i64>;

/// Where a client stands: what it sends with `since`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Position {
    #[serde(default)]
    pub cursors: Cursors,
    /// The life of the log that the cursors are of. A client that does not say takes the risk that it was another.
    #[serde(default)]
    pub epoch: Option<String>,
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

impl SyncPacket {
    /// Bytes of its events.
    pub(super) fn bytes(&self) -> u64 {
        let events = self.streams.iter().flat_map(|stream| &stream.events);
        let bytes: usize = events.map(|event| event.data.get().len()).sum();
        u64::try_from(bytes).unwrap_or_default()
    }
}

/// What this user has missed of the streams they may see; other streams are left out as if they did not exist.
pub(super) async fn missed(app: &App, access: &Access, position: Position) -> DbResult<SyncPacket> {
    let visible: BTreeSet<String> =
        streams::visible(&access.tenant_id, &access.user_id, access.accounts())
            .into_iter()
            .collect();
    let asked: Cursors = position
        .cursors
        .into_iter()
        .take(MAX_CURSORS)
        .filter(|(stream, _)| visible.contains(stream))
        .collect();
    if asked.is_empty() {
        return Ok(SyncPacket::default());
    }
    let is_other_life = position.epoch.is_some_and(|epoch| epoch != app.epoch);
    let found = if is_other_life {
        let streams: Vec<String> = asked.into_keys().collect();
        streams::reset(&app.db, &access.tenant_id, &streams).await?
    } else {
        let tenant_id = &access.tenant_id;
        let found = streams::since(&app.db, tenant_id, &asked, streams::MAX_EVENTS).await?;
        watch_for_restored_backup(&asked, &found);
        found
    };
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

/// A cursor beyond the log's end is of a longer log than this one. Its client is reset; others whose cursors the new numbers have passed
/// meanwhile can't be told from those that are right, so the operator has to hear of it.
fn watch_for_restored_backup(asked: &Cursors, found: &[Since]) {
    static TOLD: Once = Once::new();
    let is_beyond = |since: &Since| {
        asked
            .get(&since.stream_id)
            .is_some_and(|cursor| *cursor > since.head)
    };
    if let Some(since) = found.iter().find(|since| is_beyond(since)) {
        TOLD.call_once(|| {
            tracing::warn!(
                stream = since.stream_id,
                head = since.head,
                "a client knows numbers that the event log does not have. If the database was restored from a backup, stop the server, run \
                 `hoopoe migrate --new-epoch`, and start it again"
            );
        });
    }
}
