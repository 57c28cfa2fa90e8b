//! Conversations as lists and headers show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContactSummary, Direction, IdentityKind, MessageStatus, SummaryRow, words};
use crate::{
    Millis,
    ids::{AccountId, ConversationId, MessageId, TeamId, UserId},
};

words! {
    /// Whether a conversation waits for us.
    ConversationStatus {
        /// It does.
        Open = "open",
        /// It is done; a new message opens it again.
        Resolved = "resolved",
        /// It waits until a time, or until a new message.
        Snoozed = "snoozed",
    }
}

/// Where answers of a conversation go. Kept by the conversation, not by the contact, so that a merge never sends an answer astray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTo {
    /// Kind of the address.
    pub kind: IdentityKind,
    /// The address.
    pub value: String,
}

/// As much of the last message as the list needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessagePreview {
    /// The message.
    pub id: MessageId,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = super::MessageType)]
    pub kind: String,
    /// In or out.
    pub direction: Direction,
    /// At most 160 characters of its text; may be empty.
    pub text: String,
    /// Where it stands.
    pub status: MessageStatus,
    /// By the provider's clock. Unix milliseconds.
    pub at: Millis,
}

/// The thread between one account and one contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Our number.
    pub account_id: AccountId,
    /// The other side.
    pub contact: ContactSummary,
    /// Where answers go.
    pub reply_to: ReplyTo,
    /// Whether the other side is a group.
    pub is_group: bool,
    /// Whether it waits for us.
    pub status: ConversationStatus,
    /// Until when it is snoozed. Unix milliseconds.
    pub snoozed_until: Option<Millis>,
    /// Who answers.
    pub assignee_id: Option<UserId>,
    /// Which team answers.
    pub team_id: Option<TeamId>,
    /// Messages from the customer that none of us has read.
    pub unread_count: i64,
    /// Messages in all.
    pub message_count: i64,
    /// End of the 24 hours in which free text may be sent. Unix milliseconds.
    pub window_expires_at: Option<Millis>,
    /// The newest message.
    pub last_message: Option<MessagePreview>,
    /// By which lists sort. Unix milliseconds.
    pub last_message_at: Millis,
    /// Unix milliseconds.
    pub created_at: Millis,
    /// Unix milliseconds.
    pub updated_at: Millis,
    /// Rises with every change: of two copies the one with the higher version is the newer.
    pub version: i64,
}

/// Columns of a conversation `v` with its contact `c`, as [`ConversationRow`] reads them.
pub(crate) const CONVERSATION_COLUMNS: &str = "v.id, v.account_id, v.reply_kind, v.reply_value, v.is_group, v.status, v.snoozed_until, \
     v.assignee_id, v.team_id, v.unread_count, v.message_count, v.window_expires_at, v.last_message_id, v.last_message_type, \
     v.last_message_direction, v.last_message_text, v.last_message_status, v.last_message_at, v.created_at, v.updated_at, v.version, \
     c.id AS contact_id, c.name AS contact_name, c.name_source AS contact_name_source, c.phone AS contact_phone, \
     c.username AS contact_username, c.is_group AS contact_is_group, c.picture AS contact_picture";

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ConversationRow {
    pub id: ConversationId,
    pub account_id: AccountId,
    #[sqlx(try_from = "String")]
    pub reply_kind: IdentityKind,
    pub reply_value: String,
    pub is_group: bool,
    #[sqlx(try_from = "String")]
    pub status: ConversationStatus,
    pub snoozed_until: Option<Millis>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub unread_count: i64,
    pub message_count: i64,
    pub window_expires_at: Option<Millis>,
    pub last_message_id: Option<MessageId>,
    pub last_message_type: Option<String>,
    pub last_message_direction: Option<String>,
    pub last_message_text: Option<String>,
    pub last_message_status: Option<String>,
    pub last_message_at: Millis,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub version: i64,
    #[sqlx(flatten)]
    pub contact: SummaryRow,
}

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        let last_message = row.last_message_id.map(|id| MessagePreview {
            id,
            kind: row.last_message_type.unwrap_or_default(),
            direction: row
                .last_message_direction
                .and_then(|word| word.parse().ok())
                .unwrap_or(Direction::In),
            text: row.last_message_text.unwrap_or_default(),
            status: row
                .last_message_status
                .and_then(|word| word.parse().ok())
                .unwrap_or(MessageStatus::Received),
            at: row.last_message_at,
        });
        Self {
            id: row.id,
            account_id: row.account_id,
            contact: row.contact.into(),
            reply_to: ReplyTo {
                kind: row.reply_kind,
                value: row.reply_value,
            },
            is_group: row.is_group,
            status: row.status,
            snoozed_until: row.snoozed_until,
            assignee_id: row.assignee_id,
            team_id: row.team_id,
            unread_count: row.unread_count,
            message_count: row.message_count,
            window_expires_at: row.window_expires_at,
            last_message,
            last_message_at: row.last_message_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}
