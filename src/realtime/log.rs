//! The event log by HTTP, for API clients: the same events with the same numbers as the sockets carry, and its pruning.

use std::{collections::BTreeMap, time::Duration};

use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hoopoe_db::{
    event::Envelope,
    streams::{self, Since},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Query},
};

/// How often old events are deleted, and how many at most in one go.
const PRUNE_EVERY: Duration = Duration::from_mins(10);
const PRUNE_AT_ONCE: i64 = 5_000;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What to read.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// The cursor from the last answer, or from `GET /events/head`.
    #[serde(default)]
    after: String,
    /// At most this many events, 1 to 500.
    #[serde(default)]
    limit: Option<i64>,
}

/// An event with the stream that numbers it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedEvent {
    /// Its stream.
    stream: String,
    /// Its number in the stream.
    seq: i64,
    /// When it was stored. Unix milliseconds.
    at: i64,
    /// What happened.
    #[serde(flatten)]
    #[schema(inline)]
    event: LoggedData,
}

/// The event's name and content, as the schema `Event` describes them.
#[derive(Debug, Serialize, ToSchema)]
struct LoggedData {
    #[serde(rename = "type")]
    kind: String,
    #[schema(value_type = Object)]
    data: std::sync::Arc<serde_json::value::RawValue>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// In order within each stream.
    events: Vec<LoggedEvent>,
    /// The cursor for what follows.
    next: String,
    /// Whether more is there already.
    more: bool,
    /// Streams whose cursor was older than the log, or of another life of it: load what they are about again; the cursor goes on from their head.
    reset: Vec<String>,
}

/// Where the log stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventHead {
    /// The cursor behind the last event.
    next: String,
}

/// Events since a cursor
///
/// Without a cursor the log is read from its beginning, as far back as it is kept.
#[utoipa::path(get, path = "/events", tag = "events", params(EventQuery),
    responses((status = 200, body = EventPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(super) async fn list_events(
    State(app): State<App>,
    access: Access,
    Query(query): Query<EventQuery>,
) -> ApiResult<Json<EventPage>> {
    let visible = streams::visible(&access.tenant_id, &access.user_id, access.accounts());
    let held = decode(&query.after)?;
    let is_other_life = held.as_ref().is_some_and(|held| held.epoch != app.epoch);
    let mut cursors = BTreeMap::new();
    let found = if is_other_life {
        streams::reset(&app.db, &access.tenant_id, &visible).await?
    } else {
        let held = held.unwrap_or_default().streams;
        for stream in visible {
            let after = match held.get(&stream) {
                Some(after) => *after,
                None => streams::before_first(&app.db, &stream).await?,
            };
            cursors.insert(stream, after);
        }
        let limit = query.limit.unwrap_or(streams::MAX_EVENTS);
        let limit = limit.clamp(1, streams::MAX_EVENTS);
        streams::since(&app.db, &access.tenant_id, &cursors, limit).await?
    };
    Ok(Json(page(&app, found, cursors)?))
}

/// Puts what was found together, with the cursor behind it.
fn page(app: &App, found: Vec<Since>, mut cursors: BTreeMap<String, i64>) -> ApiResult<EventPage> {
    let mut page = EventPage {
        events: Vec::new(),
        next: String::new(),
        more: false,
        reset: Vec::new(),
    };
    for since in found {
        page.more |= since.more;
        let last = since.events.last().map(|event| event.seq);
        let next = if since.reset {
            since.head
        } else {
            last.unwrap_or(since.head)
        };
        cursors.insert(since.stream_id.clone(), next);
        if since.reset {
            page.reset.push(since.stream_id.clone());
        }
        page.events.extend(
            since
                .events
                .into_iter()
                .map(|event| logged(&since.stream_id, event)),
        );
    }
    page.next = encode(app, cursors)?;
    Ok(page)
}

fn logged(stream: &str, envelope: Envelope) -> LoggedEvent {
    LoggedEvent {
        stream: stream.to_owned(),
        seq: envelope.seq,
        at: envelope.at,
        event: LoggedData {
            kind: envelope.kind,
            data: envelope.data,
        },
    }
}

/// Where the log stands now
#[utoipa::path(get, path = "/events/head", tag = "events",
    responses((status = 200, body = EventHead), (status = 401, body = ErrorBody)))]
pub(super) async fn get_event_head(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<EventHead>> {
    let visible = streams::visible(&access.tenant_id, &access.user_id, access.accounts());
    let heads = streams::heads(&app.db, &access.tenant_id, &visible).await?;
    Ok(Json(EventHead {
        next: encode(&app, heads)?,
    }))
}

/// What a cursor holds. `hoopoe watch` reads it as well.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    /// The life of the log.
    epoch: String,
    /// Last numbers, by stream.
    streams: BTreeMap<String, i64>,
}

fn encode(app: &App, streams: BTreeMap<String, i64>) -> ApiResult<String> {
    let cursor = Cursor {
        epoch: app.epoch.clone(),
        streams,
    };
    serde_json::to_vec(&cursor)
        .map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
        .map_err(ApiError::internal)
}

fn decode(text: &str) -> ApiResult<Option<Cursor>> {
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or_else(|| ApiError::validation("after", "not a cursor of the event log"))
}

/// Starts deleting what is older than `events.retention_days`.
pub(super) fn start(app: &App) {
    let app = app.clone();
    app.clone().tasks.every(PRUNE_EVERY, move || {
        let app = app.clone();
        async move { prune(&app).await }
    });
}

async fn prune(app: &App) {
    let before = app.clock.now() - i64::from(app.config.events.retention_days) * DAY_MS;
    loop {
        match streams::prune(&app.db, before, PRUNE_AT_ONCE).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, "old events could not be deleted");
                break;
            }
        }
    }
    if let Err(error) = hoopoe_db::ingest::prune_parked(&app.db, before).await {
        tracing::warn!(%error, "updates that waited in vain could not be deleted");
    }
}
