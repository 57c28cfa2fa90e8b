//! Takes in what a phone tells a companion when it connects: the past, which comes in pieces of many conversations and only once, so that each piece is kept until
//! all of it is stored; whom the phone blocks; and which groups there are. Run by `session` beside its watch over the connection.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::mpsc;
use whatsapp_rust::{
    Client,
    bytes::Bytes,
    wacore::{
        history_sync::HistorySyncStream,
        types::events::{Event, LazyHistorySync},
    },
    waproto::whatsapp::Conversation,
};

use crate::{
    About, Person,
    listening::insist,
    past::{self, Past},
    person::Me,
    supervisor::Parts,
};

/// A piece larger than this, as it comes, is stored at once and not kept before: it does not survive a stop.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// The most that a piece may unfold to.
const UNFOLDED_BYTES: u64 = 512 * 1024 * 1024;
/// How many messages are stored at once.
const BATCH: usize = 500;
/// How many groups and blocked people are asked for.
const MOST_PEOPLE: usize = 10_000;

/// Follows what comes until it is dropped; whatever is under way then goes on with the next connection.
pub(crate) async fn follow(
    parts: &Parts,
    client: &Arc<Client>,
    mut events: mpsc::Receiver<Arc<Event>>,
) {
    while let Some(event) = events.recv().await {
        let done = match &*event {
            Event::Connected(_) => greet(parts, client).await,
            Event::HistorySync(piece) => take(parts, client, piece).await,
            _ => Ok(()),
        };
        done.unwrap_or_else(warn);
    }
}

fn warn(error: anyhow::Error) {
    tracing::warn!(error = format!("{error:#}"), "history was not taken in");
}

/// What is asked once there is a connection.
async fn greet(parts: &Parts, client: &Arc<Client>) -> anyhow::Result<()> {
    for name in parts.store.list_history().await? {
        // What the host can't store now it is asked to with the next connection.
        import_kept(parts, client, &name).await.unwrap_or_else(warn);
    }
    let asked = ask_blocked(parts, client).await;
    ask_groups(parts, client).await?;
    asked
}

/// Whom the phone blocks, and whom it does no longer.
async fn ask_blocked(parts: &Parts, client: &Client) -> anyhow::Result<()> {
    let blocked = client.blocking().get_blocklist().await?;
    let blocked = blocked.iter().take(MOST_PEOPLE);
    let mut blocked: Vec<String> = blocked
        .map(|entry| entry.jid.to_non_ad().to_string())
        .collect();
    blocked.sort();
    let before = parts.store.list_blocked().await?;
    if blocked == before {
        return Ok(());
    }
    let about = |address: &String, blocked| About {
        person: Person::at(address),
        blocked: Some(blocked),
        ..About::default()
    };
    let freed = before.iter().filter(|address| !blocked.contains(*address));
    let mut news: Vec<About> = freed.map(|address| about(address, false)).collect();
    news.extend(blocked.iter().map(|address| about(address, true)));
    news.retain(|about| !about.person.is_unknown());
    let host = &parts.host;
    if insist("blocked people", || {
        host.people(parts.store.holder(), news.clone())
    })
    .await
    {
        parts.store.note_blocked(&blocked).await?;
    }
    Ok(())
}

/// What the groups are called.
async fn ask_groups(parts: &Parts, client: &Client) -> anyhow::Result<()> {
    let groups = client.groups().get_participating().await?;
    let groups = groups.values().take(MOST_PEOPLE);
    let news: Vec<About> = groups
        .filter_map(|group| {
            Some(About {
                profile_name: crate::content::bounds::line(&group.subject),
                ..About::at(&group.id)?
            })
        })
        .collect();
    let host = &parts.host;
    if !news.is_empty() {
        insist("groups", || host.people(parts.store.holder(), news.clone())).await;
    }
    Ok(())
}

/// A piece has come: it is kept, then stored as messages, then forgotten.
async fn take(parts: &Parts, client: &Arc<Client>, piece: &LazyHistorySync) -> anyhow::Result<()> {
    let packed = piece.compressed_bytes();
    if packed.len() > KEPT_BYTES {
        return import(parts, client, packed.clone(), None).await;
    }
    let order = piece.chunk_order().unwrap_or_default();
    let name = format!("{:016}-{}-{order:08}", parts.host.now(), piece.sync_type());
    parts.store.keep_history(&name, packed).await?;
    parts.store.note_place(&name, 0).await?;
    import_kept(parts, client, &name).await
}

async fn import_kept(parts: &Parts, client: &Arc<Client>, name: &str) -> anyhow::Result<()> {
    if let Some(packed) = parts.store.find_history(name).await? {
        import(parts, client, Bytes::from(packed), Some(name)).await?;
    }
    Ok(parts.store.forget_history(name).await?)
}

/// Stores the messages of a piece, from the place on that it had come to before.
async fn import(
    parts: &Parts,
    client: &Arc<Client>,
    packed: Bytes,
    name: Option<&str>,
) -> anyhow::Result<()> {
    let mut place = match name {
        Some(name) => parts.store.find_place(name).await?,
        None => 0,
    };
    let (me, from) = (Me::of(client), place);
    // One conversation at a time is unfolded: the next when the one before is stored.
    let (out, mut conversations) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || read(&me, &packed, from, &out));
    while let Some(past) = conversations.recv().await {
        store(parts, past).await?;
        place += 1;
        if let Some(name) = name {
            parts.store.note_place(name, place).await?;
        }
    }
    // What can't be read now can't be read later either: what could is stored.
    reading.await?.unwrap_or_else(warn);
    Ok(())
}

/// Unfolds a piece; ends early when nobody takes in any more.
fn read(me: &Me, packed: &[u8], from: u64, out: &mpsc::Sender<Past>) -> anyhow::Result<()> {
    let mut stream = HistorySyncStream::new(packed, UNFOLDED_BYTES);
    let mut conversation = Conversation::default();
    let mut number = 0;
    while stream.next_conversation_into(&mut conversation)? {
        number += 1;
        if number > from && out.blocking_send(Past::of(me, &conversation)).is_err() {
            return Ok(());
        }
    }
    let rest = stream.remainder()?;
    let people = rest.pushnames.iter().filter_map(past::named);
    let names = Past {
        people: people.collect(),
        messages: Vec::new(),
    };
    // Who is gone needs no names.
    let _ = out.blocking_send(names);
    Ok(())
}

async fn store(parts: &Parts, past: Past) -> anyhow::Result<()> {
    let (host, holder) = (&parts.host, parts.store.holder());
    for batch in past.messages.chunks(BATCH) {
        let stored = insist("history", || host.receive(holder, batch.to_vec())).await;
        stored.then_some(()).context("the host did not store it")?;
    }
    for batch in past.people.chunks(BATCH) {
        insist("people", || host.people(holder, batch.to_vec())).await;
    }
    Ok(())
}
