//! What the batch changes of contacts' rows: names, counters, and when they were seen.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    super::{
        IngestError, Round, locks,
        messages::{New, Stored},
    },
    People, State,
    write::update_contacts,
};
use crate::{
    Millis,
    ids::ContactId,
    model::Direction,
    sql::{Rows, batch, execute},
};

/// What the batch brought of a contact.
#[derive(Debug, Clone, Default, Serialize)]
pub(in super::super) struct Seen {
    pub n_in: i64,
    pub n_out: i64,
    pub first_at: Option<Millis>,
    pub last_at: Option<Millis>,
    /// The version that the contact must have, where it is counted for what it was a moment ago.
    pub version: Option<i64>,
}

impl Seen {
    /// Of two moments the earlier one, which no longer is where they differ.
    fn recall(&mut self, version: Option<i64>) {
        self.version = match (self.version, version) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    fn add(&mut self, direction: Direction, at: Millis) {
        if direction == Direction::Out {
            self.n_out += 1;
            return;
        }
        self.n_in += 1;
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
    }
}

batch!(
    pub(in super::super) COUNT,
    "UPDATE contacts SET messages_in = messages_in + r.n_in, messages_out = messages_out + r.n_out,
       first_seen_at = CASE WHEN r.first_at IS NOT NULL AND (first_seen_at IS NULL OR first_seen_at > r.first_at) THEN r.first_at ELSE first_seen_at END,
       last_seen_at = CASE WHEN r.last_at IS NOT NULL AND (last_seen_at IS NULL OR last_seen_at < r.last_at) THEN r.last_at ELSE last_seen_at END
     FROM {rows: id TEXT, n_in BIGINT, n_out BIGINT, first_at BIGINT, last_at BIGINT, version BIGINT}
     WHERE contacts.id = r.id AND (r.version IS NULL OR contacts.version = r.version) RETURNING contacts.id"
);

#[derive(Serialize)]
pub(in super::super) struct SeenRow<'a> {
    id: &'a ContactId,
    #[serde(flatten)]
    seen: &'a Seen,
}

impl<'a> SeenRow<'a> {
    pub(in super::super) fn new((id, seen): (&'a ContactId, &'a Seen)) -> Self {
        Self { id, seen }
    }
}

/// Writes better names, and adds what was stored to the contacts' counters and seen times.
pub(in super::super) async fn update(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
    people: &mut People,
) -> Result<(), IngestError> {
    let seen = people.see(&stored.new);
    if people.have_changed() {
        // Two statements lock contacts then: the order is that of one.
        let changed = people.in_state(State::Changed);
        let changed = changed.map(|contact| &contact.summary.id);
        locks::contacts(round, changed.chain(seen.keys())).await?;
        update_contacts(round, people).await?;
    }
    let rows: Vec<SeenRow> = seen.iter().map(SeenRow::new).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let counted = execute!(round.tx, &COUNT, Rows(&rows))?;
    if people.are_recalled() && usize::try_from(counted).ok() != Some(rows.len()) {
        return Err(IngestError::Outdated);
    }
    Ok(())
}

impl People {
    /// By contact, because one contact may have come as several people; and in one order, in which all writers lock.
    pub(in super::super) fn see(&mut self, new: &[New<'_>]) -> BTreeMap<ContactId, Seen> {
        let mut all: BTreeMap<ContactId, Seen> = BTreeMap::new();
        for arrival in new.iter().map(|new| &new.arrival) {
            for index in std::iter::once(arrival.person).chain(arrival.sender) {
                let Some(contact) = self.resolved.get_mut(index) else {
                    continue;
                };
                let (direction, at) = (arrival.message.direction, arrival.message.provider_at);
                contact.seen.add(direction, at);
                let id = contact.summary.id.clone();
                let of_contact = all.entry(id).or_default();
                of_contact.add(direction, at);
                of_contact.recall(contact.recalled);
            }
        }
        all
    }
}
