//! A webhook body in, updates out.
//!
//! Called by the server's `inbound` for every delivery whose signature is right, and to replay dead letters. The
//! envelope is read in one go; elements that stand for an update stay raw until their own turn, so that what is
//! wrong with one concerns nobody else.

mod cards;
mod change;
mod coexistence;
mod content;
mod identity;
mod interactive;
mod mend;
mod message;
mod people;
mod scope;
mod status;

pub use cards::of_vcard;

use std::sync::Arc;

use thiserror::Error;

use crate::Update;
use crate::replay::Place;
use crate::update::UpdateKind;
use crate::wire::envelope::{Entry, Envelope};
use crate::wire::loose::{List, Node};
use scope::Scope;

/// `object` of every WhatsApp delivery.
const OBJECT: &str = "whatsapp_business_account";

/// The body is not a delivery of WhatsApp webhooks at all.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotAWebhook {
    /// Not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not an object with a list `entry`.
    #[error("the body is not a webhook envelope")]
    NotAnEnvelope,
    /// Webhooks of another product, such as `page`.
    #[error("the body is about {0}, not a WhatsApp business account")]
    OtherObject(String),
}

/// Reads a delivery. Every entry, change and element is looked at (Meta batches up to 1000 updates into one delivery;
/// Meta webhook reference). Never fails on unknown fields, types or values: see [`UpdateKind`].
pub fn parse(body: &[u8]) -> Result<Vec<Update>, NotAWebhook> {
    let text =
        std::str::from_utf8(body).map_err(|error| NotAWebhook::NotJson(error.to_string()))?;
    let updates = read(text);
    if is_flawed(&updates)
        && let Some(mended) = mend::mend(text, updates.is_err())
    {
        return read(&mended).or(updates);
    }
    updates
}

fn is_flawed(updates: &Result<Vec<Update>, NotAWebhook>) -> bool {
    match updates {
        Ok(updates) => updates
            .iter()
            .any(|update| matches!(update.kind, UpdateKind::Undecodable { .. })),
        Err(error) => matches!(error, NotAWebhook::NotJson(_)),
    }
}

fn read(text: &str) -> Result<Vec<Update>, NotAWebhook> {
    let envelope: Node<Envelope<'_>> =
        serde_json::from_str(text).map_err(|error| NotAWebhook::NotJson(error.to_string()))?;
    let envelope = envelope.object().ok_or(NotAWebhook::NotAnEnvelope)?;
    if let Some(other) = envelope.object.get().filter(|object| *object != OBJECT) {
        return Err(NotAWebhook::OtherObject(other.to_owned()));
    }
    if !envelope.entry.present {
        return Err(NotAWebhook::NotAnEnvelope);
    }
    let body: Arc<str> = Arc::from(text);
    let mut updates = Vec::new();
    for (number, entry) in envelope.entry.items.into_iter().enumerate() {
        read_entry(&body, entry, Place::entry(number), &mut updates);
    }
    Ok(updates)
}

fn read_entry(body: &Arc<str>, entry: Node<Entry<'_>>, place: Place, updates: &mut Vec<Update>) {
    let Node::Object(entry) = entry else {
        updates.push(Scope::unnamed(body, place).undecodable("the entry is not an object"));
        return;
    };
    let Entry { id, time, changes } = *entry;
    let scope = Scope {
        waba_id: id.0.unwrap_or_default(),
        entry_time_ms: time.time_ms(),
        ..Scope::unnamed(body, place)
    };
    let List {
        items,
        present: true,
        ..
    } = changes
    else {
        updates.push(scope.undecodable("the entry has no list of changes"));
        return;
    };
    for (number, change) in items.into_iter().enumerate() {
        change::read_change(&scope, change, place.change(number), updates);
    }
}
