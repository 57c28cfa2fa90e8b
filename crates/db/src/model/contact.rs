//! Contacts, their identities, and merges.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::{
    Millis,
    ids::{ContactId, MergeId, UserId},
};

words! {
    /// Where a contact's name comes from; a better source is never replaced by a worse one.
    NameSource {
        /// Only the number, or a masked id, stands in.
        Number = "number",
        /// The WhatsApp username.
        Username = "username",
        /// The WhatsApp profile.
        Profile = "profile",
        /// Entered by one of us.
        Manual = "manual",
    }
}

words! {
    /// What kind of id a contact is known by.
    IdentityKind {
        /// Phone number: digits of the WhatsApp id.
        Phone = "phone",
        /// Business-scoped user id.
        Bsuid = "bsuid",
        /// Business-scoped user id over several portfolios.
        ParentBsuid = "parent_bsuid",
        /// WhatsApp's hidden id of linked devices.
        Lid = "lid",
        /// A group.
        Group = "group",
    }
}

/// An id by which a contact is known.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    sqlx::FromRow,
)]
pub struct Identity {
    /// Its kind.
    #[sqlx(try_from = "String")]
    pub kind: IdentityKind,
    /// Where it is unique: the portfolio for BSUIDs, empty for phones.
    pub scope: String,
    /// The id itself.
    pub value: String,
    /// False for an id that was replaced by a newer one; late updates still find the contact by it.
    #[sqlx(rename = "is_current")]
    pub current: bool,
}

/// As much of a contact as a list or a bubble needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContactSummary {
    /// Its id.
    pub id: ContactId,
    /// The name to show.
    pub name: String,
    /// Where the name comes from.
    pub name_source: NameSource,
    /// E.164, where known.
    pub phone: Option<String>,
    /// Without `@`; a label, not a key.
    pub username: Option<String>,
    /// Whether it is a group.
    pub is_group: bool,
    /// Picture, where there is one; another one has another address.
    pub avatar_url: Option<String>,
}

/// A person (or group) who writes to the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// As lists show it.
    #[serde(flatten)]
    pub summary: ContactSummary,
    /// The name that they gave themselves in WhatsApp.
    pub profile_name: Option<String>,
    /// What we noted down.
    pub notes: String,
    /// Whether we ignore them.
    pub blocked: bool,
    /// Ids by which they are known, current ones first.
    pub identities: Vec<Identity>,
    /// When they first wrote. Unix milliseconds.
    pub first_seen_at: Option<Millis>,
    /// When they last wrote. Unix milliseconds.
    pub last_seen_at: Option<Millis>,
    /// How many messages came from them.
    pub messages_in: i64,
    /// How many went to them.
    pub messages_out: i64,
    /// Unix milliseconds.
    pub created_at: Millis,
    /// Unix milliseconds.
    pub updated_at: Millis,
}

/// The summary's columns as a row: shared by all queries that show a contact.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SummaryRow {
    pub contact_id: ContactId,
    pub contact_name: String,
    #[sqlx(try_from = "String")]
    pub contact_name_source: NameSource,
    pub contact_phone: Option<String>,
    pub contact_username: Option<String>,
    pub contact_is_group: bool,
    pub contact_picture: Option<String>,
}

/// The address of a contact's picture, by its SHA-256.
pub(crate) fn avatar_url(id: &ContactId, picture: Option<&str>) -> Option<String> {
    let version = picture?.get(..12)?;
    Some(format!("/api/v1/media/contacts/{id}?v={version}"))
}

impl From<SummaryRow> for ContactSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            avatar_url: avatar_url(&row.contact_id, row.contact_picture.as_deref()),
            id: row.contact_id,
            name: row.contact_name,
            name_source: row.contact_name_source,
            phone: row.contact_phone,
            username: row.contact_username,
            is_group: row.contact_is_group,
        }
    }
}

words! {
    /// Who decided a merge.
    MergeKind {
        /// The ids came together in one signed payload.
        Automatic = "automatic",
        /// One of us decided.
        Manual = "manual",
    }
}

/// A merge of two contacts, which can be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// The contact that remained.
    pub survivor_id: ContactId,
    /// The contact that went.
    pub merged_id: ContactId,
    /// Who decided.
    #[sqlx(try_from = "String")]
    pub kind: MergeKind,
    /// The evidence, in words.
    pub reason: String,
    /// Who did it, for manual ones.
    pub actor_id: Option<UserId>,
    /// Unix milliseconds.
    pub created_at: Millis,
    /// Unix milliseconds.
    pub undone_at: Option<Millis>,
}
