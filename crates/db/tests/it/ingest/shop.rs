//! A number of ours, and what arrives at it.

use std::sync::atomic::{AtomicI64, Ordering};

use hoopoe_db::{
    Db, Millis, contacts,
    event::Committed,
    ids::{AccountId, ContactId, TenantId},
    ingest::{
        Amendment, Change, IdentityChange, IdentityKey, Incoming, IncomingMessage, IncomingStatus,
        IncomingUpdate, Ingested, Person, ingest,
    },
    messages::{self, Part},
    model::{
        Contact, Conversation, Direction, IdentityKind, Message, MessageError, MessageSource,
        MessageStatus, ReactionBy,
    },
    testing::{NOW, Seed, number, seed, texts},
};

/// A tenant with one number.
#[derive(Debug)]
pub struct Shop {
    pub db: Db,
    pub seed: Seed,
    clock: AtomicI64,
}

/// Who somebody is, by a phone number.
pub fn phone(digits: &str) -> IdentityKey {
    key(IdentityKind::Phone, "", digits)
}

/// Who somebody is, by a business-scoped user id.
pub fn bsuid(value: &str) -> IdentityKey {
    key(IdentityKind::Bsuid, "portfolio", value)
}

/// Any id.
pub fn key(kind: IdentityKind, scope: &str, value: &str) -> IdentityKey {
    IdentityKey {
        kind,
        scope: scope.to_owned(),
        value: value.to_owned(),
    }
}

/// A nameless person with these ids.
pub fn who(keys: &[IdentityKey]) -> Person {
    Person {
        keys: keys.to_vec(),
        ..Person::default()
    }
}

/// A person with a profile name.
pub fn named(keys: &[IdentityKey], name: &str) -> Person {
    Person {
        profile_name: Some(name.to_owned()),
        ..who(keys)
    }
}

/// A group.
pub fn group(value: &str) -> Person {
    Person {
        is_group: true,
        ..who(&[key(IdentityKind::Group, "", value)])
    }
}

impl Shop {
    /// Opens one on a fresh database.
    pub async fn open(db: &Db) -> Self {
        Self {
            seed: seed(db).await,
            db: db.clone(),
            clock: AtomicI64::new(NOW),
        }
    }

    /// The same shop as another node sees it.
    pub fn seen_from(&self, db: &Db) -> Self {
        Self {
            seed: self.seed.clone(),
            db: db.clone(),
            clock: AtomicI64::new(self.clock.load(Ordering::Relaxed)),
        }
    }

    pub fn tenant(&self) -> &TenantId {
        &self.seed.tenant
    }

    pub fn account(&self) -> &AccountId {
        &self.seed.account
    }

    fn next_second(&self) -> Millis {
        self.clock.fetch_add(1000, Ordering::Relaxed)
    }

    /// Any update, for the shop's number.
    pub fn update(&self, update: IncomingUpdate) -> Incoming {
        Incoming {
            tenant_id: self.tenant().clone(),
            account_id: self.account().clone(),
            received_at: NOW,
            update,
        }
    }

    /// A text from a customer, a second after the one before.
    pub fn text(&self, chat: &Person, id: &str) -> Incoming {
        self.message(self.plain(chat, id))
    }

    /// A message that was changed before it is handed in.
    pub fn message(&self, message: IncomingMessage) -> Incoming {
        self.update(IncomingUpdate::Message(Box::new(message)))
    }

    /// A text from a customer, to be changed. Its text is its id.
    pub fn plain(&self, chat: &Person, id: &str) -> IncomingMessage {
        IncomingMessage {
            chat: chat.clone(),
            sender: None,
            direction: Direction::In,
            source: MessageSource::Live,
            provider_id: id.to_owned(),
            kind: "text".to_owned(),
            text: Some(id.to_owned()),
            content: "{}".to_owned(),
            quoted_provider_id: None,
            forwarded: false,
            provider_at: self.next_second(),
            media: None,
            status: MessageStatus::Received,
            opens_window: true,
            is_news: true,
        }
    }

    /// A text that we sent from our phone.
    pub fn ours(&self, chat: &Person, id: &str) -> Incoming {
        self.message(IncomingMessage {
            direction: Direction::Out,
            source: MessageSource::Echo,
            status: MessageStatus::Sending,
            opens_window: false,
            is_news: false,
            ..self.plain(chat, id)
        })
    }

    /// News of a message that we sent. Its time is that of the seed plus the given seconds.
    pub fn status(&self, id: &str, status: MessageStatus, seconds: i64) -> Incoming {
        let error = (status == MessageStatus::Failed).then(|| MessageError {
            code: 131_026,
            title: "Undeliverable".to_owned(),
            detail: "Not on WhatsApp".to_owned(),
        });
        self.update(IncomingUpdate::Status(IncomingStatus {
            provider_id: id.to_owned(),
            status,
            at: NOW + seconds * 1000,
            error,
            callback: None,
            recipient: Person::default(),
            member: None,
        }))
    }

    /// News of a message that we sent to a group, at one of its members; of nobody: of the group as a whole.
    pub fn status_at(
        &self,
        member: &Person,
        id: &str,
        status: MessageStatus,
        seconds: i64,
    ) -> Incoming {
        let mut told = self.status(id, status, seconds);
        if let IncomingUpdate::Status(status) = &mut told.update {
            status.member = Some(member.clone());
        }
        told
    }

    /// A change of a message, so many seconds after the seed's time.
    pub fn change(&self, id: &str, change: Change, seconds: i64) -> Incoming {
        self.update(IncomingUpdate::Amendment(Amendment {
            provider_id: id.to_owned(),
            at: NOW + seconds * 1000,
            change,
        }))
    }

    /// A person's ids are replaced.
    pub fn replaces(&self, previous: &[IdentityKey], current: &Person) -> Incoming {
        self.update(IncomingUpdate::IdentityChange(IdentityChange {
            previous: previous.to_vec(),
            current: current.clone(),
        }))
    }

    /// Hands a batch in.
    pub async fn takes(&self, batch: &[Incoming]) -> Ingested {
        ingest(&self.db, batch, NOW).await.unwrap()
    }

    /// The contact that an id belongs to.
    pub async fn contact(&self, key: &IdentityKey) -> Contact {
        let id = self.owner(key).await;
        contacts::get(&self.db, self.tenant(), &id).await.unwrap()
    }

    /// The id of the contact that an id belongs to.
    pub async fn owner(&self, key: &IdentityKey) -> ContactId {
        let (kind, value) = (key.kind.as_str(), &key.value);
        let found = self
            .texts(&format!(
                "SELECT contact_id FROM identities WHERE kind = '{kind}' AND value = '{value}'"
            ))
            .await;
        assert_eq!(found.len(), 1, "{kind} {value} has one owner");
        found[0].parse().unwrap()
    }

    /// The conversations of the contact that an id belongs to.
    pub async fn threads(&self, key: &IdentityKey) -> Vec<Conversation> {
        let id = self.owner(key).await;
        let accounts = vec![self.account().clone()];
        hoopoe_db::conversations::list_of_contact(&self.db, self.tenant(), &id, &accounts)
            .await
            .unwrap()
    }

    /// The only conversation of the contact that an id belongs to.
    pub async fn thread(&self, key: &IdentityKey) -> Conversation {
        let mut threads = self.threads(key).await;
        assert_eq!(threads.len(), 1, "{key:?} has one conversation");
        threads.remove(0)
    }

    /// The provider's ids of a thread's messages, in the thread's order.
    pub async fn order(&self, thread: &Conversation) -> Vec<String> {
        let page = messages::page(&self.db, self.tenant(), &thread.id, &Part::Latest, 5_000)
            .await
            .unwrap();
        let texts = page
            .items
            .into_iter()
            .map(|message| message.text.unwrap_or_default());
        texts.collect()
    }

    /// The message with a provider's id.
    pub async fn stored(&self, id: &str) -> Message {
        let found = self
            .texts(&format!(
                "SELECT id FROM messages WHERE provider_id = '{id}'"
            ))
            .await;
        assert_eq!(found.len(), 1, "{id} is one row");
        messages::get(&self.db, self.tenant(), &found[0].parse().unwrap())
            .await
            .unwrap()
    }

    pub async fn count(&self, from: &str) -> i64 {
        number(&self.db, &format!("SELECT count(*) FROM {from}")).await
    }

    pub async fn texts(&self, statement: &str) -> Vec<String> {
        texts(&self.db, statement).await
    }
}

/// A reaction of the customer.
pub fn reaction(emoji: &str, actor: &str) -> Change {
    Change::Reaction {
        emoji: emoji.to_owned(),
        by: ReactionBy::Customer,
        actor: actor.to_owned(),
        name: None,
    }
}

/// A new text.
pub fn edit(text: &str) -> Change {
    Change::Edit {
        text: Some(text.to_owned()),
        content: "{}".to_owned(),
    }
}

/// Names of events, in order.
pub fn kinds(events: &[Committed]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.envelope.kind.as_str())
        .collect()
}
