//! Takes in what a phone tells a companion when it connects: the past, which comes in pieces of many conversations and only once, so that each piece is kept until
//! all of it is stored; whom the phone blocks; and which groups there are. Run by `session` beside its watch over the connection.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use hoopoe_db::Millis;
use tokio::{sync::mpsc, time::Instant};
use whatsapp_rust::{
    Client, Jid,
    bytes::Bytes,
    wacore::{
        history_sync::HistorySyncStream,
        types::events::{Event, LazyHistorySync},
    },
    waproto::whatsapp::Conversation,
};

use crate::{
    About, Person, groups,
    listening::insist,
    past::{self, Past},
    person::Me,
    supervisor::Parts,
};

/// A piece larger than this, as it comes, is stored at once and not kept before: it does not survive a stop.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
/// The most that a piece may unfold to.
const UNFOLDED_BYTES: u64 = 512 * 1024 * 1024;
/// How often it is told how far the import came, at most.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// The kinds of pieces that bring messages up to the end: FULL and RECENT. Source: `HistorySyncType` in WhatsApp's protocol.
const LAST_KINDS: [i32; 2] = [2, 3];
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
            Event::GroupUpdate(told) if groups::is_new(&Me::of(client), told) => {
                ask_group(parts, client, &told.group_jid).await
            }
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

/// What a group is called that we were added to.
async fn ask_group(parts: &Parts, client: &Client, group: &Jid) -> anyhow::Result<()> {
    let Some(about) = About::at(group) else {
        return Ok(());
    };
    let news = vec![About {
        profile_name: groups::ask_subject(client, group).await?,
        ..about
    }];
    let host = &parts.host;
    insist("a group", || {
        host.people(parts.store.holder(), news.clone())
    })
    .await;
    Ok(())
}

/// What a kept piece is called: in the order in which pieces came.
struct Name {
    at: Millis,
    kind: i32,
    order: u32,
    progress: u32,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            at,
            kind,
            order,
            progress,
        } = self;
        write!(f, "{at:016}-{kind}-{order:08}-{progress}")
    }
}

impl Name {
    /// How much of the past is there with the piece of this name; those of earlier versions do not tell.
    fn percent_of(name: &str) -> Option<i64> {
        let mut parts = name.split('-');
        let kind = parts.nth(1)?.parse().ok()?;
        percent(kind, parts.nth(1)?.parse().ok()?)
    }
}

/// How much of the past is there with a piece of this kind. All is only with the last of those that bring messages: others count for themselves.
fn percent(kind: i32, progress: u32) -> Option<i64> {
    let most = if LAST_KINDS.contains(&kind) { 100 } else { 99 };
    (progress > 0).then(|| i64::from(progress).min(most))
}

/// Counts the conversations that are stored, and shows the count now and then.
struct Count {
    conversations: i64,
    told: Instant,
}

impl Count {
    fn new() -> Self {
        Self {
            conversations: 0,
            told: Instant::now(),
        }
    }

    async fn add(&mut self, parts: &Parts, is_conversation: bool) {
        self.conversations += i64::from(is_conversation);
        if self.told.elapsed() >= TELL_EVERY {
            self.tell(parts).await;
        }
    }

    async fn tell(&mut self, parts: &Parts) {
        let conversations = std::mem::take(&mut self.conversations);
        self.told = Instant::now();
        if conversations > 0 {
            parts.note_history(None, conversations, false).await;
        }
    }
}

/// A piece has come: it is kept, then stored as messages, then forgotten.
async fn take(parts: &Parts, client: &Arc<Client>, piece: &LazyHistorySync) -> anyhow::Result<()> {
    let packed = piece.compressed_bytes();
    if packed.len() > KEPT_BYTES {
        import(parts, client, packed.clone(), None).await?;
        let percent = percent(piece.sync_type(), piece.progress().unwrap_or_default());
        parts.note_history(percent, 0, true).await;
        return Ok(());
    }
    let order = piece.chunk_order().unwrap_or_default();
    let name = Name {
        at: parts.host.now(),
        kind: piece.sync_type(),
        order,
        progress: piece.progress().unwrap_or_default(),
    };
    let name = name.to_string();
    parts.store.keep_history(&name, packed).await?;
    parts.store.note_place(&name, 0).await?;
    import_kept(parts, client, &name).await
}

async fn import_kept(parts: &Parts, client: &Arc<Client>, name: &str) -> anyhow::Result<()> {
    if let Some(packed) = parts.store.find_history(name).await? {
        import(parts, client, Bytes::from(packed), Some(name)).await?;
        parts.note_history(Name::percent_of(name), 0, true).await;
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
    let mut count = Count::new();
    while let Some(past) = conversations.recv().await {
        let is_conversation = !past.messages.is_empty();
        store(parts, past).await?;
        count.add(parts, is_conversation).await;
        place += 1;
        if let Some(name) = name {
            parts.store.note_place(name, place).await?;
        }
    }
    count.tell(parts).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pieces_name_tells_how_far_the_past_came_with_it() {
        let percent = |kind, progress| {
            let name = Name {
                at: 5,
                kind,
                order: 2,
                progress,
            };
            Name::percent_of(&name.to_string())
        };
        assert_eq!(percent(3, 40), Some(40));
        assert_eq!(percent(3, 100), Some(100));
        assert_eq!(percent(0, 100), Some(99), "more follows the first");
        assert_eq!(percent(4, 0), None, "names alone");
        let earlier = "0000000000000005-3-00000002";
        assert_eq!(Name::percent_of(earlier), None);
    }
}
