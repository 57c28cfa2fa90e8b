//! Quoted messages: a preview of each, as it is at the moment, goes into the message that quotes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    IngestError, Round,
    by_provider_id::{self, MessageKey, by_provider_id},
    messages::{Arrival, New},
    previews::preview,
};
use crate::{
    ids::MessageId,
    model::{Direction, Quoted},
};

impl New<'_> {
    /// As a later message of the batch quotes it.
    pub(super) fn as_quoted(&self) -> Quoted {
        let message = self.arrival.message;
        Quoted {
            message_id: Some(self.id.clone()),
            provider_id: Some(message.provider_id.clone()),
            text: preview(message.text.as_deref()),
            kind: message.kind.clone(),
            direction: message.direction,
        }
    }
}

/// A quoted message that we do not have: older than the account, or sent from elsewhere.
pub(super) fn unseen(provider_id: &str) -> Quoted {
    Quoted {
        message_id: None,
        provider_id: Some(provider_id.to_owned()),
        text: String::new(),
        kind: "unsupported".to_owned(),
        direction: Direction::Out,
    }
}

/// What names a message that an arrival quotes.
pub(super) fn key_of(arrival: &Arrival<'_>, provider_id: &str) -> MessageKey {
    let incoming = arrival.incoming;
    (
        incoming.tenant_id.clone(),
        incoming.account_id.clone(),
        provider_id.to_owned(),
    )
}

by_provider_id!(FIND, "m.id, m.type AS kind, m.direction, m.text");

#[derive(sqlx::FromRow)]
struct QuotedRow {
    id: MessageId,
    kind: String,
    #[sqlx(try_from = "String")]
    direction: Direction,
    text: Option<String>,
}

/// Quoted messages that were there before the batch.
pub(super) async fn find(
    round: &mut Round<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<BTreeMap<MessageKey, Quoted>, IngestError> {
    let keys: BTreeSet<MessageKey> = arrivals
        .iter()
        .filter_map(|arrival| {
            let provider_id = arrival.message.quoted_provider_id.as_deref()?;
            Some(key_of(arrival, provider_id))
        })
        .collect();
    let found = by_provider_id::find::<QuotedRow>(round, &FIND, &keys).await?;
    Ok(found
        .into_iter()
        .map(|(key, row)| {
            let quoted = Quoted {
                message_id: Some(row.id),
                provider_id: Some(key.2.clone()),
                text: preview(row.text.as_deref()),
                kind: row.kind,
                direction: row.direction,
            };
            (key, quoted)
        })
        .collect())
}
