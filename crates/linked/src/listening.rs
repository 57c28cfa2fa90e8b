//! Hears what the client tells besides messages, and passes it on. The client waits for nobody, so there is a queue between it and the host, of a bounded
//! length. Run by `session` beside its watch over the connection.

use std::{sync::Arc, time::Duration};

use hoopoe_db::Millis;
use tokio::sync::mpsc;
use whatsapp_rust::{
    Client,
    wacore::types::events::{Event, EventHandler, EventInterest, EventKind, UnavailableType},
};

use crate::{
    About, Arrived, Presence, Receipt, Typing, groups,
    handle::Desk,
    person::{Me, complete},
    supervisor::Parts,
};

/// How many news wait at most. A group of a thousand that reads a message makes a thousand.
const QUEUE: usize = 8_192;
/// How many of them are noted at once.
const BATCH: usize = 256;
/// How often it is tried to note them.
const TRIES: u32 = 5;
/// The first pause between tries; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// What is listened to here.
const NEWS: &[EventKind] = &[
    EventKind::ServerAck,
    EventKind::Receipt,
    EventKind::MarkChatAsReadUpdate,
    EventKind::ChatPresence,
    EventKind::Presence,
    EventKind::PushNameUpdate,
    EventKind::ContactUpdate,
    EventKind::PictureUpdate,
    EventKind::GroupUpdate,
    EventKind::UndecryptableMessage,
    // Nearly all messages come by the hook. These do not: what the phone brought again because it could not be read.
    EventKind::Messages,
];

/// What takes its time, and has a queue of its own: see `history`.
const SLOW: &[EventKind] = &[EventKind::Connected, EventKind::HistorySync];
/// How many of those wait at most: pieces of history are a megabyte or so.
const SLOW_QUEUE: usize = 32;

/// The client's end of the queues.
pub(crate) struct Ear {
    desk: Arc<Desk>,
    queue: mpsc::Sender<Arc<Event>>,
    slow: mpsc::Sender<Arc<Event>>,
}

/// Our end.
pub(crate) struct News {
    pub queue: mpsc::Receiver<Arc<Event>>,
    pub slow: mpsc::Receiver<Arc<Event>>,
}

impl Ear {
    pub(crate) fn new(desk: Arc<Desk>) -> (Arc<Self>, News) {
        let (queue, news) = mpsc::channel(QUEUE);
        let (slow, slow_news) = mpsc::channel(SLOW_QUEUE);
        let ours = News {
            queue: news,
            slow: slow_news,
        };
        (Arc::new(Self { desk, queue, slow }), ours)
    }

    pub(crate) fn interest() -> EventInterest {
        EventInterest::of(&[NEWS, SLOW].concat())
    }
}

impl EventHandler for Ear {
    fn handle_event(&self, event: Arc<Event>) {
        match &*event {
            Event::ServerAck(ack) => self.desk.answer(ack),
            Event::Receipt(receipt) => self.desk.prove(&receipt.message_ids),
            _ => {}
        }
        // Asking what a new group is called takes its time.
        if matches!(&*event, Event::GroupUpdate(_))
            && self.slow.try_send(Arc::clone(&event)).is_err()
        {
            tracing::warn!("a group's subject is asked for with the next connection");
        }
        let queue = if SLOW.contains(&event.kind()) {
            &self.slow
        } else {
            &self.queue
        };
        if queue.try_send(event).is_err() {
            tracing::warn!("more news than can be noted: some are left out");
        }
    }
}

/// What the host is to note together.
#[derive(Default)]
struct Noted {
    receipts: Vec<Receipt>,
    people: Vec<About>,
    messages: Vec<Arrived>,
    typing: Vec<Typing>,
    presence: Vec<Presence>,
}

/// Passes on what is heard until the client ends.
pub(crate) async fn listen(parts: &Parts, client: &Client, mut news: mpsc::Receiver<Arc<Event>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while news.recv_many(&mut batch, BATCH).await > 0 {
        let me = Me::of(client);
        let mut noted = Noted::default();
        for event in batch.drain(..) {
            sort(&me, &event, &mut noted, parts.host.now());
        }
        noted.complete(client).await;
        note(parts, noted).await;
    }
}

fn sort(me: &Me, event: &Event, noted: &mut Noted, now: Millis) {
    match event {
        Event::ServerAck(ack) => noted.receipts.extend(Receipt::of_ack(ack, now)),
        Event::Receipt(receipt) => noted.receipts.extend(Receipt::of(me, receipt)),
        Event::MarkChatAsReadUpdate(told) => noted.receipts.extend(Receipt::of_mark(told)),
        Event::PushNameUpdate(told) => noted.people.extend(About::named(told)),
        Event::ContactUpdate(told) => noted.people.extend(About::booked(told)),
        Event::PictureUpdate(told) => noted.people.extend(About::pictured(told)),
        Event::GroupUpdate(told) => {
            noted.people.extend(About::grouped(told));
            noted.messages.extend(groups::arrived(me, told));
        }
        Event::UndecryptableMessage(told) if told.unavailable_type == UnavailableType::ViewOnce => {
            noted
                .messages
                .extend(Arrived::withheld(&told.info, "view_once"));
        }
        Event::Messages(batch) if !batch.hook_committed => {
            let messages = batch.messages.iter();
            noted
                .messages
                .extend(messages.filter_map(|message| Arrived::of(me, message)));
        }
        Event::ChatPresence(told) => noted.typing.extend(Typing::of(told)),
        Event::Presence(told) => noted.presence.extend(Presence::of(told)),
        _ => {}
    }
}

impl Noted {
    /// Adds the names of people that are known from before.
    async fn complete(&mut self, client: &Client) {
        let receipts = self.receipts.iter_mut().map(|receipt| &mut receipt.by);
        let people = self.people.iter_mut().map(|about| &mut about.person);
        let messages = self.messages.iter_mut().map(|message| &mut message.person);
        let typing = self.typing.iter_mut().map(|typing| &mut typing.person);
        let presence = self
            .presence
            .iter_mut()
            .map(|presence| &mut presence.person);
        for person in receipts
            .chain(people)
            .chain(messages)
            .chain(typing)
            .chain(presence)
        {
            complete(client, person).await;
        }
        for message in &mut self.messages {
            groups::complete_members(client, message).await;
        }
    }
}

async fn note(parts: &Parts, noted: Noted) {
    let (host, holder) = (&parts.host, parts.store.holder());
    for typing in noted.typing {
        host.typing(holder, typing);
    }
    for presence in noted.presence {
        host.presence(holder, presence);
    }
    if !noted.receipts.is_empty() {
        insist("receipts", || host.receipts(holder, noted.receipts.clone())).await;
    }
    if !noted.people.is_empty() {
        insist("people", || host.people(holder, noted.people.clone())).await;
    }
    if !noted.messages.is_empty() {
        insist("messages", || host.receive(holder, noted.messages.clone())).await;
    }
}

/// Tries something a few times: WhatsApp does not bring it again. Returns whether it worked.
pub(crate) async fn insist<F>(what: &str, mut work: impl FnMut() -> F) -> bool
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut pause = PAUSE;
    for attempt in 1..=TRIES {
        match work().await {
            Ok(()) => return true,
            Err(error) if attempt == TRIES => {
                tracing::warn!(error = format!("{error:#}"), what, "news were lost");
            }
            Err(error) => {
                tracing::info!(
                    error = format!("{error:#}"),
                    what,
                    "news are to be noted again"
                );
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
    false
}
