//! Dead letters: inputs kept because they could not be understood.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::{
    Millis,
    ids::{AccountId, DeadLetterId, MetaAppId},
};

words! {
    /// Why an input became a dead letter.
    DeadLetterReason {
        /// It is for a number that the tenant has not connected.
        UnknownAccount = "unknown_account",
        /// It is of a kind that this version does not know.
        UnknownField = "unknown_field",
        /// It does not have the form that its kind should have.
        Undecodable = "undecodable",
        /// It is known, but this version does not act on it; a later one may, by replay.
        Unhandled = "unhandled",
        /// We failed on it.
        Failed = "failed",
    }
}

words! {
    /// What became of a dead letter.
    DeadLetterState {
        /// It waits.
        Open = "open",
        /// It was put through again, with success.
        Replayed = "replayed",
        /// Somebody decided that it is of no use.
        Discarded = "discarded",
    }
}

/// An input kept because it could not be understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeadLetterId,
    /// The Meta app whose webhook it came to.
    pub meta_app_id: Option<MetaAppId>,
    /// The account it is for, where known.
    pub account_id: Option<AccountId>,
    /// Where it came from.
    pub source: String,
    /// Why it is here.
    #[sqlx(try_from = "String")]
    pub reason: DeadLetterReason,
    /// Why, in words.
    pub detail: String,
    /// The input: JSON text that can be put through again; of linked devices what it was taken for, to be read.
    pub raw: String,
    /// What became of it.
    #[sqlx(try_from = "String")]
    pub state: DeadLetterState,
    /// How often it was put through again.
    pub attempts: i64,
    /// Unix milliseconds.
    pub received_at: Millis,
    /// Unix milliseconds.
    pub resolved_at: Option<Millis>,
}
