//! The one way out for events: committed → in number order → to the room of those who may see the stream. Events that wait for the same
//! stream leave in one packet, encoded once for all sockets.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use hoopoe_db::event::{Committed, Envelope};
use serde::Serialize;
use socketioxide::SocketIo;
use tokio::sync::{Notify, mpsc};

use super::{
    backlog::Tally,
    calls::Calls,
    dispatch::{Dispatch, Ready},
    lobby::Lobby,
    rights,
    seats::Seats,
    slow,
    typing::Typists,
    viewing::Viewers,
};
use crate::app::App;

/// How long a missing number is waited for before it is read from the log.
const GAP_PATIENCE: Duration = Duration::from_millis(200);

/// How often a stream with traffic says where its head is, which repairs a lost last event.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// Where committed events leave for those who may see them; cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    queue: mpsc::UnboundedSender<Vec<Committed>>,
    waiting: Mutex<Option<mpsc::UnboundedReceiver<Vec<Committed>>>>,
    io: OnceLock<SocketIo>,
    lobby: Lobby,
    seats: Seats,
    typists: Typists,
    viewers: Viewers,
    tally: Tally,
    calls: Calls,
    /// This node committed something that other nodes don't know of.
    committed: Notify,
    /// The log has news, from this node or another.
    news: Notify,
    /// Last number that went out, by stream.
    heads: Mutex<HashMap<Arc<str>, i64>>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("sockets", &self.sockets())
            .finish()
    }
}

impl Default for Hub {
    fn default() -> Self {
        let (queue, waiting) = mpsc::unbounded_channel();
        Self(Arc::new(Inner {
            queue,
            waiting: Mutex::new(Some(waiting)),
            io: OnceLock::new(),
            lobby: Lobby::default(),
            seats: Seats::default(),
            typists: Typists::default(),
            viewers: Viewers::default(),
            tally: Tally::default(),
            calls: Calls::default(),
            committed: Notify::new(),
            news: Notify::new(),
            heads: Mutex::default(),
        }))
    }
}

impl Hub {
    /// Hands events that this node committed to their audiences.
    pub fn publish(&self, events: Vec<Committed>) {
        if !events.is_empty() {
            self.0.committed.notify_one();
            self.0.news.notify_one();
            self.pass_on(events);
        }
    }

    /// Hands events that another node committed to those of their audiences who are here.
    pub(super) fn pass_on(&self, events: Vec<Committed>) {
        if !events.is_empty() && self.0.queue.send(events).is_err() {
            tracing::debug!("the server is stopping: clients catch up from the log");
        }
    }

    /// Returns when this node committed something since this was last asked.
    pub(super) async fn has_committed(&self) {
        self.0.committed.notified().await;
    }

    /// The log has news that another node committed.
    pub(super) fn tell_news(&self) {
        self.0.news.notify_one();
    }

    /// Returns when the log has news since this was last asked. For one who asks: webhooks.
    pub(crate) async fn has_news(&self) {
        self.0.news.notified().await;
    }

    /// How many sockets this node serves.
    pub fn sockets(&self) -> usize {
        self.0.seats.len()
    }

    pub(super) fn seats(&self) -> &Seats {
        &self.0.seats
    }

    pub(super) fn lobby(&self) -> &Lobby {
        &self.0.lobby
    }

    pub(super) fn typists(&self) -> &Typists {
        &self.0.typists
    }

    pub(super) fn viewers(&self) -> &Viewers {
        &self.0.viewers
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    pub(super) fn io(&self) -> Option<&SocketIo> {
        self.0.io.get()
    }

    pub(super) fn set_io(&self, io: SocketIo) {
        if self.0.io.set(io).is_err() {
            tracing::error!("the socket layer was mounted twice; the first one stays");
        }
    }

    /// Last numbers that went out, by stream.
    pub(super) fn heads(&self) -> HashMap<Arc<str>, i64> {
        self.0
            .heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes where streams stand that somebody began to follow here: what other nodes commit from now on is looked for.
    pub(super) fn follow_from(&self, streams: &BTreeMap<String, i64>) {
        let mut heads = self.0.heads.lock().unwrap_or_else(PoisonError::into_inner);
        for (stream, head) in streams {
            heads.entry(Arc::from(stream.as_str())).or_insert(*head);
        }
    }

    /// Sends an event to a room. Sockets that can't take it catch up by its number later.
    pub(super) async fn emit<T: Serialize + ?Sized + Sync>(
        &self,
        room: &str,
        event: &str,
        data: &T,
    ) {
        let Some(io) = self.io() else { return };
        if let Err(error) = io.to(room.to_owned()).emit(event, data).await {
            metrics::counter!("hoopoe_emits_incomplete_total").increment(1);
            tracing::debug!(%error, room, "some sockets could not take an event");
            slow::mark_full(self, room);
        }
    }
}

/// Packet `events`: numbered events of one stream, in order.
#[derive(Debug, Serialize)]
struct EventsPacket<'a> {
    stream: &'a str,
    events: &'a [Envelope],
}

pub(super) fn start(app: &App) {
    let waiting = app
        .hub
        .0
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(waiting) = waiting else { return };
    app.tasks.spawn(run(app.clone(), waiting));
}

async fn run(app: App, mut waiting: mpsc::UnboundedReceiver<Vec<Committed>>) {
    let stopping = app.tasks.stopping().clone();
    let mut dispatch = Dispatch::default();
    let mut marks = tokio::time::interval(HEAD_EVERY);
    marks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let patience = dispatch.waits().then_some(GAP_PATIENCE);
        tokio::select! {
            () = stopping.cancelled() => break,
            batch = waiting.recv() => {
                let Some(mut events) = batch else { break };
                while let Ok(more) = waiting.try_recv() {
                    events.extend(more);
                }
                let ready = dispatch.sort(events);
                send(&app, &mut dispatch, ready).await;
            }
            () = tokio::time::sleep(patience.unwrap_or(HEAD_EVERY)), if patience.is_some() => {
                let ready = dispatch.fill_gaps(&app).await;
                send(&app, &mut dispatch, ready).await;
            }
            _ = marks.tick(), if dispatch.has_news() => {
                dispatch.mark_heads(&app).await;
                slow::weigh(&app);
            }
        }
    }
}

async fn send(app: &App, dispatch: &mut Dispatch, ready: Ready) {
    for (stream, events) in ready {
        let Some(last) = events.last().map(|event| event.seq) else {
            continue;
        };
        dispatch.dirty.insert(Arc::clone(&stream), last);
        app.hub
            .0
            .heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::clone(&stream), last);
        rights::follow(app, &stream, &events).await;
        let packet = EventsPacket {
            stream: &stream,
            events: &events,
        };
        let bytes: usize = events.iter().map(|event| event.data.get().len()).sum();
        let bytes = u64::try_from(bytes).unwrap_or_default();
        app.hub.tally().add(&stream, bytes);
        app.hub.emit(&stream, "events", &packet).await;
    }
}
