//! Prefixed, typed, time-ordered ids such as `msg_0k3…`. Every crate that names a thing of the product uses these.

use std::sync::{LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::Millis;

/// Length of the part behind the prefix: a UUID of version 7 in base 32.
const BODY_LENGTH: usize = 26;

/// Crockford's base 32 in lower case: sorts like the number it stands for.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What all typed ids share.
pub trait Id: Sized {
    /// Three letters that say what the id names.
    const PREFIX: &'static str;
    /// A fresh id, later in order than all made before it by this process.
    fn new(now: Millis) -> Self;
    /// Reads an id, or `None` where prefix or shape are wrong.
    fn parse(text: &str) -> Option<Self>;
    /// The id as text.
    fn as_str(&self) -> &str;
}

/// One counter for the whole process keeps ids of one millisecond in order.
static CONTEXT: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

/// Length of the whole: prefix, underscore, body.
const LENGTH: usize = 4 + BODY_LENGTH;

/// The text of an id: always as long, always ASCII, so that it is copied rather than allocated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Text([u8; LENGTH]);

impl Text {
    fn new(prefix: &str, now: Millis) -> Self {
        let (seconds, millis) = (now.div_euclid(1000), now.rem_euclid(1000));
        let seconds = u64::try_from(seconds).unwrap_or_default();
        let nanos = u32::try_from(millis).unwrap_or_default() * 1_000_000;
        let uuid = {
            let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
            Uuid::new_v7(Timestamp::from_unix(&*context, seconds, nanos))
        };
        Self::encode(prefix, uuid.as_u128())
    }

    fn encode(prefix: &str, value: u128) -> Self {
        let digit = |position: usize| {
            let digit = usize::try_from((value >> (position * 5)) & 31).ok()?;
            ALPHABET.get(digit).copied()
        };
        let body = (0..BODY_LENGTH).rev().filter_map(digit);
        let mut text = [b'_'; LENGTH];
        for (slot, letter) in text
            .iter_mut()
            .zip(prefix.bytes().chain([b'_']).chain(body))
        {
            *slot = letter;
        }
        Self(text)
    }

    fn parse(prefix: &str, text: &str) -> Option<Self> {
        let body = text.strip_prefix(prefix)?.strip_prefix('_')?;
        let fits = body.len() == BODY_LENGTH && body.bytes().all(|byte| ALPHABET.contains(&byte));
        let text = text.as_bytes().try_into().ok()?;
        fits.then_some(Self(text))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_str().fmt(f)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
        #[schema(value_type = String)]
        pub struct $name(Text);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn new(now: Millis) -> Self { Self(Text::new($prefix, now)) }
            fn parse(text: &str) -> Option<Self> { Text::parse($prefix, text).map(Self) }
            fn as_str(&self) -> &str { self.0.as_str() }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<D: Database> Type<D> for $name where str: Type<D> {
            fn type_info() -> D::TypeInfo { <str as Type<D>>::type_info() }
            fn compatible(info: &D::TypeInfo) -> bool { <str as Type<D>>::compatible(info) }
        }

        impl<'q, D: Database> Encode<'q, D> for $name where String: Encode<'q, D> {
            fn encode_by_ref(&self, buffer: &mut D::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.as_str().to_owned().encode(buffer)
            }
        }

        impl<'r, D: Database> Decode<'r, D> for $name where &'r str: Decode<'r, D> {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(<&str as Decode<'r, D>>::decode(value)?.parse::<Self>()?)
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::parse(text).ok_or_else(|| format!("expected an id that starts with {}_", $prefix))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

ids! {
    /// One organisation.
    TenantId = "ten";
    /// A person with a login.
    UserId = "usr";
    /// A group of users.
    TeamId = "tea";
    /// A Meta app: the secret and path of webhooks.
    MetaAppId = "app";
    /// A connected WhatsApp number.
    AccountId = "acc";
    /// A person (or group) who writes to the tenant.
    ContactId = "con";
    /// Ids of one person that were seen together.
    GroupId = "grp";
    /// The thread between an account and a contact.
    ConversationId = "cnv";
    /// One entry of a conversation.
    MessageId = "msg";
    /// A picture, voice note or file of a message.
    MediaId = "med";
    /// An input that could not be understood.
    DeadLetterId = "dlt";
    /// A merge of two contacts.
    MergeId = "mrg";
    /// One login: the chain of refresh tokens that grows from it.
    SessionId = "ses";
    /// A file that an agent has put in and not sent yet.
    UploadId = "upl";
    /// A message template.
    TemplateId = "tpl";
    /// A saved reply.
    SavedReplyId = "rpl";
    /// Where events are told by HTTP.
    WebhookId = "whk";
    /// One event on its way to a webhook.
    DeliveryId = "dlv";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids_of_one_millisecond_keep_their_order() {
        let ids: Vec<MessageId> = (0..10_000)
            .map(|_| MessageId::new(1_790_000_000_000))
            .collect();
        assert!(ids.is_sorted());
        assert_eq!(
            ids.iter().collect::<std::collections::HashSet<_>>().len(),
            ids.len()
        );
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = MessageId::new(1_790_000_000_000);
        assert_eq!(id.as_str().parse::<MessageId>().unwrap(), id);
        assert!(ConversationId::parse(id.as_str()).is_none());
        assert!(MessageId::parse("msg_short").is_none());
        assert!(serde_json::from_str::<MessageId>("\"msg_' OR 1=1 --\"").is_err());
    }
}
