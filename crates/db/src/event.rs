//! The events that clients are told of: one enum is the source for the log, the sockets, the OpenAPI schemas and the web app's types.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

use crate::{
    DbResult, Millis,
    ids::{
        AccountId, ContactId, ConversationId, MessageId, SavedReplyId, TemplateId, TenantId, UserId,
    },
    model::{
        Account, Contact, Conversation, Message, MessageError, MessageStatus, RecipientCounts,
        SavedReply, Template, TextDraft, User,
    },
};

/// A fact that clients can be told of. `type` names it, `data` holds it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "type", content = "data")]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest is the most frequent, so little room is wasted, and a box would cost every message an allocation"
)]
pub enum Event {
    /// A message was stored. Holds all that is needed to show it, even where the contact's own event is late.
    #[serde(rename = "message:new")]
    MessageNew(MessageNew),
    /// A message changed: edited, deleted, reacted to, or its media came.
    #[serde(rename = "message:updated")]
    MessageUpdated(MessageUpdated),
    /// A message we sent was sent, delivered, read, or failed.
    #[serde(rename = "message:status")]
    MessageStatus(MessageStatusChanged),
    /// A conversation began.
    #[serde(rename = "conversation:new")]
    ConversationNew(ConversationChanged),
    /// A conversation was assigned, resolved, snoozed, …
    #[serde(rename = "conversation:updated")]
    ConversationUpdated(ConversationChanged),
    /// A conversation was read by one of us.
    #[serde(rename = "conversation:read")]
    ConversationRead(ConversationRead),
    /// Somebody wrote for the first time, or was entered by hand.
    #[serde(rename = "contact:new")]
    ContactNew(ContactChanged),
    /// A contact's name, identities, notes, … changed.
    #[serde(rename = "contact:updated")]
    ContactUpdated(ContactChanged),
    /// Two contacts became one.
    #[serde(rename = "contact:merged")]
    ContactMerged(ContactMerged),
    /// An account was connected, renamed, lost its connection, …
    #[serde(rename = "account:updated")]
    AccountUpdated(AccountChanged),
    /// An account was removed.
    #[serde(rename = "account:deleted")]
    AccountDeleted(AccountDeleted),
    /// A colleague was added, renamed, disabled, …
    #[serde(rename = "user:updated")]
    UserUpdated(UserChanged),
    /// The accounts that this user may see changed.
    #[serde(rename = "membership:changed")]
    MembershipChanged(MembershipChanged),
    /// This user's own draft changed, on another screen of theirs.
    #[serde(rename = "draft:changed")]
    DraftChanged(DraftChanged),
    /// A saved reply was written, changed or removed.
    #[serde(rename = "saved_reply:changed")]
    SavedReplyChanged(SavedReplyChanged),
    /// A template was written, changed, approved, rejected, … or removed.
    #[serde(rename = "template:changed")]
    TemplateChanged(TemplateChanged),
    /// Something happened that can't be told event by event: load again.
    #[serde(rename = "sync:reset")]
    SyncReset(SyncReset),
}

/// The names on the wire: every event has one, and the list of all has no other.
macro_rules! names {
    ($($event:ident = $name:literal,)*) => {
        /// The names of all events.
        pub const NAMES: &[&str] = &[$($name),*];

        impl Event {
            /// The event's name on the wire.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$event(_) => $name,)* }
            }
        }
    };
}

names! {
    MessageNew = "message:new",
    MessageUpdated = "message:updated",
    MessageStatus = "message:status",
    ConversationNew = "conversation:new",
    ConversationUpdated = "conversation:updated",
    ConversationRead = "conversation:read",
    ContactNew = "contact:new",
    ContactUpdated = "contact:updated",
    ContactMerged = "contact:merged",
    AccountUpdated = "account:updated",
    AccountDeleted = "account:deleted",
    UserUpdated = "user:updated",
    MembershipChanged = "membership:changed",
    DraftChanged = "draft:changed",
    SavedReplyChanged = "saved_reply:changed",
    TemplateChanged = "template:changed",
    SyncReset = "sync:reset",
}

impl Event {
    /// The event's content as JSON, encoded once for the log and for every socket.
    pub(crate) fn data(&self) -> Result<Box<RawValue>, serde_json::Error> {
        use serde_json::value::to_raw_value as raw;
        match self {
            Self::MessageNew(data) => raw(data),
            Self::MessageUpdated(data) => raw(data),
            Self::MessageStatus(data) => raw(data),
            Self::ConversationNew(data) | Self::ConversationUpdated(data) => raw(data),
            Self::ConversationRead(data) => raw(data),
            Self::ContactNew(data) | Self::ContactUpdated(data) => raw(data),
            Self::ContactMerged(data) => raw(data),
            Self::AccountUpdated(data) => raw(data),
            Self::AccountDeleted(data) => raw(data),
            Self::UserUpdated(data) => raw(data),
            Self::MembershipChanged(data) => raw(data),
            Self::DraftChanged(data) => raw(data),
            Self::SavedReplyChanged(data) => raw(data),
            Self::TemplateChanged(data) => raw(data),
            Self::SyncReset(data) => raw(data),
        }
    }
}

/// Content of `message:new`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageNew {
    /// The message.
    pub message: Message,
    /// Its conversation as it stands after the message, with the contact's name.
    pub conversation: Conversation,
}

/// Content of `message:updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageUpdated {
    /// The message as it is now.
    pub message: Message,
}

/// Content of `message:status`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageStatusChanged {
    /// The message.
    pub message_id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// The status it has now; statuses only move up in rank, but for messages to groups.
    pub status: MessageStatus,
    /// When, by the provider's clock. Unix milliseconds.
    pub at: Millis,
    /// Why it failed, or why an attempt at sending it did while others follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<MessageError>,
    /// How many attempts at sending it have ended; left out where a status of the provider changes nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
    /// How many members of a group it has reached. Where this is told, the status follows from it, and may go back: a member of whom nothing was
    /// known before counts from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<RecipientCounts>,
    /// When it is to go out, where it is scheduled and still waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Millis>,
}

/// Content of `conversation:new` and `conversation:updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConversationChanged {
    /// The conversation as it is now.
    pub conversation: Conversation,
}

/// Content of `conversation:read`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConversationRead {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// How many messages are still unread.
    pub unread_count: i64,
    /// Who read it.
    pub user_id: Option<UserId>,
    /// The conversation's version after it.
    pub version: i64,
}

/// Content of `contact:new` and `contact:updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactChanged {
    /// The contact as it is now.
    pub contact: Contact,
}

/// Content of `contact:merged`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContactMerged {
    /// The contact that remains.
    pub survivor: Contact,
    /// The contact that is no more.
    pub merged_id: ContactId,
    /// Conversations that now belong to the survivor.
    pub conversations: Vec<Conversation>,
    /// Conversations that were folded into another: from and into.
    pub folded: Vec<FoldedConversation>,
}

/// A conversation whose messages moved into another.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FoldedConversation {
    /// The one that is no more.
    pub from: ConversationId,
    /// The one that holds its messages now.
    pub into: ConversationId,
}

/// Content of `account:updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountChanged {
    /// The account as it is now.
    pub account: Account,
}

/// Content of `account:deleted`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountDeleted {
    /// The account that is no more.
    pub account_id: AccountId,
}

/// Content of `user:updated`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserChanged {
    /// The user as they are now.
    pub user: User,
}

/// Content of `membership:changed`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MembershipChanged {
    /// The accounts that the user may see now.
    pub account_ids: Vec<AccountId>,
}

/// Content of `draft:changed`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DraftChanged {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What is to be said there; `null` where nothing is left of it.
    pub draft: Option<TextDraft>,
}

/// Content of `saved_reply:changed`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SavedReplyChanged {
    /// Which.
    pub id: SavedReplyId,
    /// As it is now; `null` where it was removed.
    pub reply: Option<SavedReply>,
}

/// Content of `template:changed`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TemplateChanged {
    /// Which.
    pub id: TemplateId,
    /// As it is now; `null` where it was removed.
    pub template: Option<Template>,
}

/// Content of `sync:reset`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SyncReset {}

/// Which sequence of numbers an event belongs to; who may see the audience sees the whole stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// Everybody of the tenant.
    Tenant,
    /// Those who may see the account.
    Account(AccountId),
    /// One user.
    User(UserId),
}

/// An event that waits for its number.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who is told.
    pub audience: Audience,
    /// What happened.
    pub event: Event,
}

impl Draft {
    /// The stream it goes to.
    pub fn stream_id(&self) -> String {
        match &self.audience {
            Audience::Tenant => format!("tenant:{}", self.tenant_id),
            Audience::Account(id) => format!("account:{id}"),
            Audience::User(id) => format!("user:{id}"),
        }
    }
}

/// An event as it travels: the numbered envelope with its content already encoded.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope {
    /// Its number in the stream: 1, 2, 3… without gaps.
    pub seq: i64,
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was stored. Unix milliseconds.
    pub at: Millis,
    /// Its content.
    pub data: Arc<RawValue>,
}

impl Envelope {
    /// An event as the log holds it.
    pub(crate) fn stored(seq: i64, kind: String, at: Millis, data: String) -> DbResult<Self> {
        Ok(Self {
            seq,
            kind,
            at,
            data: Arc::from(RawValue::from_string(data)?),
        })
    }
}

/// A stored event on its way to those who may see it.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Its stream.
    pub stream_id: Arc<str>,
    /// The numbered event.
    pub envelope: Envelope,
}
