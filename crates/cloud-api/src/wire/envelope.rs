//! The envelope of a delivery: entries, changes, and the lists inside a change's `value`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::loose::{Int, List, Node, Text};
use super::status::Error;

/// The whole body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Envelope<'a> {
    pub(crate) object: Text,
    #[serde(borrow)]
    pub(crate) entry: List<Node<Entry<'a>>>,
}

/// `entry[]`: one business account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry<'a> {
    pub(crate) id: Text,
    pub(crate) time: Int,
    #[serde(borrow)]
    pub(crate) changes: List<Node<Change<'a>>>,
}

/// `changes[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change<'a> {
    pub(crate) field: Text,
    #[serde(borrow)]
    pub(crate) value: Node<Payload<'a>>,
}

/// `value`: the union of what the known fields hold. Each list belongs to one field or two; nothing collides.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payload<'a> {
    pub(crate) metadata: Node<Metadata>,
    /// Flat in `account_offboarded` and its like.
    pub(crate) phone_number_id: Text,
    pub(crate) event: Text,
    pub(crate) contacts: List<Node<Contact>>,
    #[serde(borrow)]
    pub(crate) messages: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) statuses: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) message_echoes: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) user_id_update: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) user_preferences: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) history: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) state_sync: List<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) user_actions: List<&'a RawValue>,
    pub(crate) errors: List<Node<Error>>,
}

/// `metadata`: which number of ours.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    pub(crate) display_phone_number: Text,
    pub(crate) phone_number_id: Text,
}

/// `contacts[]`, also the `context` of a history thread and the `contact` of an address book entry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contact {
    pub(crate) wa_id: Text,
    pub(crate) phone_number: Text,
    pub(crate) user_id: Text,
    pub(crate) parent_user_id: Text,
    pub(crate) username: Text,
    pub(crate) full_name: Text,
    pub(crate) first_name: Text,
    pub(crate) profile: Node<Profile>,
}

/// `contacts[].profile`; missing in some deliveries (seen in the field).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    pub(crate) name: Text,
    pub(crate) username: Text,
}

/// `user_id_update[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserIdUpdate {
    pub(crate) wa_id: Text,
    pub(crate) user_id: Node<Rotation>,
    pub(crate) parent_user_id: Node<Rotation>,
    pub(crate) timestamp: Int,
}

/// An id, before and after.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rotation {
    pub(crate) previous: Text,
    pub(crate) current: Text,
}

/// `user_preferences[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserPreference {
    pub(crate) wa_id: Text,
    pub(crate) user_id: Text,
    pub(crate) parent_user_id: Text,
    pub(crate) detail: Text,
    pub(crate) category: Text,
    pub(crate) value: Text,
    pub(crate) timestamp: Int,
}

/// `state_sync[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StateSync {
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) action: Text,
    pub(crate) contact: Node<Contact>,
    pub(crate) metadata: Node<StateSyncMetadata>,
}

/// `state_sync[].metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StateSyncMetadata {
    pub(crate) timestamp: Int,
}

/// `history[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct History<'a> {
    pub(crate) metadata: Node<HistoryMetadata>,
    #[serde(borrow)]
    pub(crate) threads: List<&'a RawValue>,
    pub(crate) errors: List<Node<Error>>,
}

/// `history[].metadata`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct HistoryMetadata {
    pub(crate) phase: Int,
    pub(crate) chunk_order: Int,
    pub(crate) progress: Int,
}

/// `history[].threads[]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Thread<'a> {
    pub(crate) id: Text,
    pub(crate) context: Node<Contact>,
    #[serde(borrow)]
    pub(crate) messages: List<&'a RawValue>,
}
