//! The product's things as the API, the sockets and the log show them. Rows are read straight into these; nothing is re-read to be announced.

mod account;
mod capabilities;
mod change;
mod contact;
mod conversation;
mod dead_letter;
mod media;
mod message;
mod message_row;
mod recipient;
mod sending;
mod user;
mod webhook;

pub use account::{Account, AccountState, Channel, MetaApp};
pub use capabilities::Capabilities;
pub use change::{ChangeKind, ChangeStatus, MessageChange};
pub use contact::{Contact, ContactSummary, Identity, IdentityKind, Merge, MergeKind, NameSource};
pub use conversation::{Conversation, ConversationStatus, MessagePreview, ReplyTo};
pub use dead_letter::{DeadLetter, DeadLetterReason, DeadLetterState};
pub use media::{Media, MediaState};
pub use message::{
    Content, Direction, Message, MessageError, MessageSource, MessageStatus, MessageType, Quoted,
    Reaction, ReactionBy,
};
pub use recipient::{Recipient, RecipientCounts};
pub use sending::{
    Attempt, AttemptOutcome, ParameterFormat, SavedReply, Template, TextDraft, Upload, UploadKind,
};
pub use user::{Role, Tenant, User};
pub use webhook::{Delivery, DeliveryDetail, DeliveryState, Webhook, WebhookEventType};

pub(crate) use contact::{SummaryRow, avatar_url};
pub(crate) use conversation::{CONVERSATION_COLUMNS, ConversationRow};
pub(crate) use message_row::{MESSAGE_COLUMNS, MESSAGE_JOINS, MessageRow};

/// A closed set of words, kept as text: the same in the database, in JSON and in the OpenAPI document.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        // By hand: the derive does not see the words that a macro puts into attributes.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($text),*]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("unknown {}: {text:?}", stringify!($name))),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> { text.parse() }
        }
    };
}
pub(crate) use words;
