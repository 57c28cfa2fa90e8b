//! What customers do this moment, told to those who may see the conversation and never stored: who types, who is there. One task for each supervisor of this
//! node, which sleeps while nobody looks.
//!
//! WhatsApp tells these only to accounts that somebody looks at, and of people who were asked for. So an account is shown to be looked at, and people are
//! asked for, exactly while somebody has one of its conversations open, on whichever node, and the account's setting (`send_typing`) allows it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use hoopoe_db::{
    DbResult, accounts, conversations,
    ids::ConversationId,
    linked::{self, Known},
};
use hoopoe_linked::{Activity, Person, Presence, Typing};
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    ids,
    pictures::{self, Seen},
    runs::Run,
};
use crate::{app::App, realtime};

/// What waits to be told of an account; what is more is not told.
const QUEUE: usize = 256;

/// Typing ends after this, unless it is said again: WhatsApp's apps say it about every ten seconds.
const TYPING_ENDS_AFTER: Duration = Duration::from_secs(25);

/// While somebody looks: how often it is made sure that all is as it should be.
const CHECK_EVERY: Duration = Duration::from_mins(1);

/// How many people of an account are asked for at most.
const MOST_WATCHED: usize = 200;

/// For how long it is remembered who has an address, and of how many.
const KNOWN_FOR: Duration = Duration::from_mins(1);
const MOST_KNOWN: usize = 256;

/// What the task is told.
#[derive(Debug)]
pub(super) enum Heard {
    /// Somebody types, or stopped.
    Typing(Typing),
    /// Somebody came or went.
    Presence(Presence),
    /// Somebody has written in a chat: they type no more.
    Written(String),
    /// Somebody of ours began to look at a conversation, or does no more.
    Looked(ConversationId),
}

/// Where a supervisor's host and others tell the task.
pub(super) type Mouth = mpsc::Sender<Heard>;

pub(super) fn channel() -> (Mouth, mpsc::Receiver<Heard>) {
    mpsc::channel(QUEUE)
}

/// Tells the task of an account, if it is at work; what is too much is not heard.
pub(super) fn tell(mouth: &Mouth, heard: Heard) {
    if mouth.try_send(heard).is_err() {
        tracing::debug!("more signs of life than can be told");
    }
}

/// Tells what customers do until the supervisor ends.
pub(super) async fn run(app: App, run: Run, heard: mpsc::Receiver<Heard>) {
    let mut live = Live {
        app,
        run: run.clone(),
        connection: 0,
        seen: false,
        watched: BTreeMap::new(),
        there: HashMap::new(),
        typing: HashMap::new(),
        known: HashMap::new(),
    };
    run.ended.run_until_cancelled(live.follow(heard)).await;
    live.lose().await;
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct There {
    online: bool,
    last_seen_at: Option<i64>,
}

struct Live {
    app: App,
    run: Run,
    /// The number of the connection over which people were asked for; 0 without one.
    connection: u64,
    /// Whether WhatsApp was told that somebody looks; it holds over connections.
    seen: bool,
    /// Conversations that are looked at, and who was asked for (nobody, in groups).
    watched: BTreeMap<ConversationId, Option<Person>>,
    there: HashMap<ConversationId, There>,
    /// Who types, in which conversation: what they do, and until when unless it is said again.
    typing: HashMap<(ConversationId, String), (Activity, Instant)>,
    known: HashMap<String, (Known, Instant)>,
}

impl Live {
    async fn follow(&mut self, mut heard: mpsc::Receiver<Heard>) {
        let handle = self.run.handle.clone();
        let mut checks = interval(CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The number of the last connection: the next one has another.
        let mut last = 0;
        loop {
            let first_end = self.typing.values().map(|(_, until)| *until).min();
            tokio::select! {
                number = handle.connection_after(last) => {
                    (self.connection, last) = (number, number);
                    self.watched.clear();
                    self.look().await;
                }
                () = handle.disconnected(), if self.connection != 0 => self.lose().await,
                heard = heard.recv() => match heard {
                    Some(heard) => self.hear(heard).await,
                    None => return,
                },
                () = sleep_until(first_end.unwrap_or_else(Instant::now)), if first_end.is_some() => self.end_typing().await,
                _ = checks.tick(), if !self.watched.is_empty() => self.look().await,
            }
        }
    }

    async fn hear(&mut self, heard: Heard) {
        let told = match heard {
            Heard::Typing(typing) => self.typed(typing).await,
            Heard::Presence(presence) => self.came(presence).await,
            Heard::Written(chat) => self.wrote(&chat).await,
            Heard::Looked(conversation_id) => {
                self.look().await;
                // Who looks now has not heard what others were told before.
                if let Some(there) = self.there.get(&conversation_id).copied() {
                    self.tell_there(&conversation_id, there).await;
                }
                Ok(())
            }
        };
        if let Err(error) = told {
            tracing::debug!(%error, "a sign of life was not told");
        }
    }

    /// Asks for those whose conversations are looked at, and for nobody else.
    async fn look(&mut self) {
        if self.connection == 0 {
            return;
        }
        let looked = match self.looked().await {
            Ok(looked) => looked,
            Err(error) => {
                tracing::debug!(%error, "it is not known who looks");
                return;
            }
        };
        let handle = self.run.handle.clone();
        // Said again with each check: the client takes it back by itself when it has just connected.
        if !looked.is_empty() || self.seen {
            self.seen = !looked.is_empty();
            // What is not told now is with the next check or connection.
            let _ = handle.set_seen(self.seen).await;
        }
        let watched = std::mem::take(&mut self.watched);
        for (conversation_id, person) in watched {
            if looked.contains(&conversation_id) {
                self.watched.insert(conversation_id, person);
                continue;
            }
            self.there.remove(&conversation_id);
            if let Some(person) = person {
                let _ = handle.unwatch(&person).await;
            }
        }
        for conversation_id in looked {
            if !self.watched.contains_key(&conversation_id) {
                let person = self.person_of(&conversation_id).await;
                if let Some(person) = &person {
                    let _ = handle.watch(person).await;
                }
                self.watched.insert(conversation_id, person);
            }
        }
    }

    /// The conversations that are looked at on any node, where customers may know.
    async fn looked(&self) -> DbResult<BTreeSet<ConversationId>> {
        let (app, owned) = (&self.app, &self.run.owned);
        let looked = realtime::viewed(app, &owned.tenant_id, &owned.id).await?;
        if looked.is_empty() {
            return Ok(looked);
        }
        let account = accounts::get_account(&app.db, &owned.tenant_id, &owned.id).await?;
        let allowed = looked.into_iter().filter(|_| account.send_typing);
        Ok(allowed.take(MOST_WATCHED).collect())
    }

    async fn person_of(&self, conversation_id: &ConversationId) -> Option<Person> {
        let (app, owned) = (&self.app, &self.run.owned);
        let found = conversations::get(&app.db, &owned.tenant_id, conversation_id).await;
        let to = found.ok()?.reply_to;
        let chat = ids::chat(to.kind, &to.value)?;
        let person = Person::at(&chat);
        pictures::tell(&self.run.eye, Seen::Chat(chat, person.clone()));
        Some(person).filter(|person| !person.is_unknown())
    }

    async fn typed(&mut self, typing: Typing) -> DbResult<()> {
        let Some(Known {
            conversation_id: Some(conversation_id),
            ..
        }) = self.find_chat(&typing.chat, &typing.person).await?
        else {
            return Ok(());
        };
        let is_group = ids::is_group(&typing.chat);
        let who = if is_group {
            typing.person.address()
        } else {
            None
        };
        let key = (conversation_id, who.unwrap_or_default());
        let before = if typing.activity == Activity::Paused {
            self.typing.remove(&key)
        } else {
            let until = Instant::now() + TYPING_ENDS_AFTER;
            self.typing.insert(key.clone(), (typing.activity, until))
        };
        let before = before.map_or(Activity::Paused, |(activity, _)| activity);
        if before == typing.activity {
            return Ok(());
        }
        let name = if is_group {
            self.find(&key.1, &typing.person).await?
        } else {
            None
        };
        self.tell_typing(&key, typing.activity, name.map(|known| known.name))
            .await;
        Ok(())
    }

    async fn came(&mut self, presence: Presence) -> DbResult<()> {
        let address = presence.person.address().unwrap_or_default();
        let known = self.find(&address, &presence.person).await?;
        let Some(conversation_id) = known.and_then(|known| known.conversation_id) else {
            return Ok(());
        };
        let there = There {
            online: presence.online,
            last_seen_at: presence.last_seen.filter(|_| !presence.online),
        };
        let is_watched = self.watched.contains_key(&conversation_id);
        if is_watched && self.there.insert(conversation_id.clone(), there) != Some(there) {
            self.tell_there(&conversation_id, there).await;
        }
        Ok(())
    }

    /// Who wrote in a chat types no more; in a group whoever did is not looked up.
    async fn wrote(&mut self, chat: &str) -> DbResult<()> {
        if self.typing.is_empty() {
            return Ok(());
        }
        let known = self.find_chat(chat, &Person::at(chat)).await?;
        let Some(conversation_id) = known.and_then(|known| known.conversation_id) else {
            return Ok(());
        };
        self.stop_typing(|(id, _), _| *id == conversation_id).await;
        Ok(())
    }

    async fn end_typing(&mut self) {
        let now = Instant::now();
        self.stop_typing(|_, until| until <= now).await;
    }

    async fn stop_typing(&mut self, ends: impl Fn(&(ConversationId, String), Instant) -> bool) {
        let over = self.typing.extract_if(|key, (_, until)| ends(key, *until));
        let over: Vec<(ConversationId, String)> = over.map(|(key, _)| key).collect();
        for key in over {
            self.tell_typing(&key, Activity::Paused, None).await;
        }
    }

    /// There is no connection: nothing is known of anybody.
    async fn lose(&mut self) {
        self.connection = 0;
        self.watched.clear();
        for (conversation_id, _) in std::mem::take(&mut self.there) {
            self.tell_there(&conversation_id, There::default()).await;
        }
        self.stop_typing(|_, _| true).await;
    }

    /// Whose a chat is.
    async fn find_chat(&mut self, chat: &str, person: &Person) -> DbResult<Option<Known>> {
        let group = Person::default();
        let person = if ids::is_group(chat) { &group } else { person };
        self.find(chat, person).await
    }

    /// Who has an address: a person by all their names, or a group.
    async fn find(&mut self, address: &str, person: &Person) -> DbResult<Option<Known>> {
        let now = Instant::now();
        if let Some((known, until)) = self.known.get(address)
            && *until > now
        {
            return Ok(Some(known.clone()));
        }
        let owned = &self.run.owned;
        let keys = ids::keys(address, person);
        let found = linked::find_known(&self.app.db, &owned.tenant_id, &owned.id, &keys).await?;
        if let Some(known) = &found {
            if self.known.len() >= MOST_KNOWN {
                self.known.clear();
            }
            self.known
                .insert(address.to_owned(), (known.clone(), now + KNOWN_FOR));
        }
        Ok(found)
    }

    async fn tell_typing(
        &self,
        (conversation_id, who): &(ConversationId, String),
        activity: Activity,
        name: Option<String>,
    ) {
        let activity = match activity {
            Activity::Typing => "typing",
            Activity::Recording => "recording",
            Activity::Paused => "paused",
        };
        let data = json!({"conversation_id": conversation_id, "activity": activity, "who": who, "name": name});
        let account_id = &self.run.owned.id;
        realtime::tell_account(&self.app, account_id, "customer:typing", data).await;
    }

    async fn tell_there(&self, conversation_id: &ConversationId, there: There) {
        let (online, last_seen_at) = (there.online, there.last_seen_at);
        let data = json!({"conversation_id": conversation_id, "online": online, "last_seen_at": last_seen_at});
        let account_id = &self.run.owned.id;
        realtime::tell_account(&self.app, account_id, "customer:presence", data).await;
    }
}
