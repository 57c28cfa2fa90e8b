//! `GET /sim/events`: what happens, live, as server-sent events with one JSON object each.
//! Called by the phone page; ends when the simulator stops.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::RecvError;

use crate::engine::Engine;

/// Handler of `GET /sim/events`. A page that falls behind is told `{"type":"lagged"}` and loads anew.
pub(crate) async fn stream(
    State(engine): State<Arc<Engine>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let state = (engine.listen(), engine.stop_signal());
    let events = unfold(state, |(mut events, stop)| async move {
        let received = tokio::select! {
            () = stop.cancelled() => return None,
            received = events.recv() => received,
        };
        let json = match received {
            Ok(event) => serde_json::to_string(&event).unwrap_or_default(),
            Err(RecvError::Lagged(_)) => r#"{"type":"lagged"}"#.to_owned(),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(Event::default().data(json)), (events, stop)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
