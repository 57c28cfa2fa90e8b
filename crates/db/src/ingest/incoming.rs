//! What comes in, as decided by the server's `inbound/receive.rs` (a pure function): channel-neutral, ready to be written.

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    ids::{AccountId, TenantId},
    model::{Direction, IdentityKind, MessageError, MessageSource, MessageStatus},
};

/// One update for one account.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// For which of our numbers.
    pub account_id: AccountId,
    /// When it reached us, by our clock.
    pub received_at: Millis,
    /// What it is.
    pub update: IncomingUpdate,
}

/// What an update is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum IncomingUpdate {
    /// A message of a customer, or of ours sent from elsewhere.
    Message(Box<IncomingMessage>),
    /// A message of ours was sent, delivered, read, …
    Status(IncomingStatus),
    /// A message was edited, deleted, or reacted to.
    Amendment(Amendment),
    /// A person's ids were replaced.
    IdentityChange(IdentityChange),
    /// A name from the address book, or a person seen without a message.
    Contact(Person),
    /// The provider, told to write to one id of a person, named another (numbers in Brazil or Mexico have two forms).
    Alias(Person),
    /// A template was approved, rejected, paused, …
    Template {
        /// The WhatsApp Business Account whose it is.
        waba_id: String,
        /// What is told of it.
        news: crate::templates::News,
    },
}

/// An id by which a person is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdentityKey {
    /// Its kind.
    pub kind: IdentityKind,
    /// Where it is unique: the portfolio for BSUIDs, empty for phones.
    pub scope: String,
    /// The id.
    pub value: String,
}

/// A person as one signed payload tells of them: ids that occur together belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Ids; the one to reply to first.
    pub keys: Vec<IdentityKey>,
    /// The name they gave themselves.
    pub profile_name: Option<String>,
    /// Their username, without `@`.
    pub username: Option<String>,
    /// A name from our address book.
    pub book_name: Option<String>,
    /// Whether this is a group.
    pub is_group: bool,
}

/// A message to store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IncomingMessage {
    /// The other side of the conversation: a person or a group.
    pub chat: Person,
    /// Who wrote it, in groups.
    pub sender: Option<Person>,
    /// Which way it went.
    pub direction: Direction,
    /// How it came to us.
    pub source: MessageSource,
    /// The provider's id.
    pub provider_id: String,
    /// Type, as in [`crate::model::Message::kind`].
    pub kind: String,
    /// Text or caption.
    pub text: Option<String>,
    /// What else it holds: JSON text.
    pub content: String,
    /// The provider's id of the message it answers.
    pub quoted_provider_id: Option<String>,
    /// It was forwarded.
    pub forwarded: bool,
    /// By the provider's clock.
    pub provider_at: Millis,
    /// Its picture, voice note or file.
    pub media: Option<IncomingMedia>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Whether it lets us answer with free text for 24 hours.
    pub opens_window: bool,
    /// Whether it counts as unread and calls for attention.
    pub is_news: bool,
}

/// Media that still has to be fetched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IncomingMedia {
    /// The provider's id of it.
    pub provider_media_id: String,
    /// MIME type, as the provider says.
    pub mime: String,
    /// SHA-256 in hex, as the provider says.
    pub sha256: Option<String>,
    /// Name the sender gave it.
    pub filename: Option<String>,
}

/// News of a message that we sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IncomingStatus {
    /// The provider's id of the message.
    pub provider_id: String,
    /// Where it stands.
    pub status: MessageStatus,
    /// By the provider's clock.
    pub at: Millis,
    /// Why it failed.
    pub error: Option<MessageError>,
    /// What we gave the provider when sending, as it came back.
    pub callback: Option<String>,
    /// To whom it went: ids learned from it belong together.
    pub recipient: Person,
    /// For a message to a group: the member that this is about, nameless where it is about the group as a whole. A channel that knows the members
    /// hands in `sent` for each of them: who is not told of is not counted.
    pub member: Option<Person>,
}

/// A change of a message that is already there (or still to come).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Amendment {
    /// The provider's id of the message.
    pub provider_id: String,
    /// By the provider's clock.
    pub at: Millis,
    /// What changed.
    pub change: Change,
}

/// What an amendment changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// A reaction; an empty emoji takes it back.
    Reaction {
        /// The emoji.
        emoji: String,
        /// Who.
        by: crate::model::ReactionBy,
        /// Identity of who: each has one reaction per message.
        actor: String,
        /// Their name.
        name: Option<String>,
    },
    /// The text was replaced.
    Edit {
        /// The new text or caption.
        text: Option<String>,
        /// The new content: JSON text.
        content: String,
    },
    /// The sender took the message back.
    Revoke,
}

/// A person's ids were replaced by newer ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityChange {
    /// Ids that hold no longer.
    pub previous: Vec<IdentityKey>,
    /// The person as known from now on.
    pub current: Person,
}
