//! What is known of a message to a group at each member, and what follows for the message as a whole. Pure: [`super::recipients`] reads and writes it.
//!
//! The rule. Members that something was told of are the known ones; whom it could not be delivered to no longer counts as to be reached.
//! The message is *delivered* once every other known member has it, *read* once each has read it, *played* likewise, and *failed* when it failed at
//! all of them; as long as one is missing it is *sent*. So the status follows from what is known, not from the order in which it became known, and
//! goes back when a member turns up of whom nothing was known before. A status of the group as a whole counts for all members, but `failed`
//! only until one of them has the message.

use serde::{Deserialize, Serialize};

use super::{Person, incoming::IdentityKey, stamps::Stamps};
use crate::{
    Millis,
    model::{MessageError, MessageStatus, RecipientCounts},
};

/// A member of a group as a status names them; without ids: the group as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Member {
    pub keys: Vec<IdentityKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<&Person> for Member {
    fn from(person: &Person) -> Self {
        let username = person.username.as_ref().map(|name| format!("@{name}"));
        Self {
            keys: person.keys.clone(),
            name: person.profile_name.clone().or(username),
        }
    }
}

impl Member {
    /// What the member's row is called when it is first written; empty for the group as a whole.
    pub(super) fn label(&self) -> String {
        self.keys.first().map_or_else(String::new, |key| {
            format!("{}:{}:{}", key.kind.as_str(), key.scope, key.value)
        })
    }

    fn is_group(&self) -> bool {
        self.keys.is_empty()
    }

    fn is(&self, other: &Self) -> bool {
        if self.is_group() || other.is_group() {
            return self.is_group() && other.is_group();
        }
        self.keys.iter().any(|key| other.keys.contains(key))
    }

    /// In one order and each once, so that the end is the same whatever came first.
    fn learn(&mut self, other: &Self) {
        self.keys.extend(other.keys.iter().cloned());
        self.keys.sort_unstable();
        self.keys.dedup();
        if self.name.is_none() {
            self.name.clone_from(&other.name);
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub recipient: String,
    pub member: Member,
    pub stamps: Stamps,
}

/// All rows of one message, and which of them have to be written.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    changed: Vec<String>,
    /// Rows of who proved to be somebody else's row.
    gone: Vec<String>,
}

impl Ledger {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }

    /// Takes a status in.
    pub(super) fn note(
        &mut self,
        member: &Member,
        status: MessageStatus,
        at: Millis,
        error: Option<&MessageError>,
    ) {
        let (mut same, others): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry| entry.member.is(member));
        self.entries = others;
        // The row with the lowest name stays, whichever was written first.
        same.sort_by(|a, b| b.recipient.cmp(&a.recipient));
        let held = same.pop();
        let mut entry = held.clone().unwrap_or_else(|| Entry {
            recipient: member.label(),
            member: Member::default(),
            stamps: Stamps::default(),
        });
        for twin in same {
            entry.member.learn(&twin.member);
            entry.stamps.absorb(&twin.stamps);
            self.gone.push(twin.recipient);
        }
        entry.member.learn(member);
        entry.stamps.note(status, at, error);
        if held.as_ref() != Some(&entry) {
            self.changed.push(entry.recipient.clone());
        }
        self.entries.push(entry);
    }

    /// Rows to write.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| self.changed.contains(&entry.recipient))
    }

    /// Names of rows to delete.
    pub(super) fn gone(&self) -> impl Iterator<Item = &str> {
        let kept = |name: &&String| !self.entries.iter().any(|entry| entry.recipient == **name);
        self.gone.iter().filter(kept).map(String::as_str)
    }

    fn counts(&self) -> Option<(RecipientCounts, usize)> {
        let mut counts = RecipientCounts::default();
        let mut played = 0;
        let members = self.entries.iter().filter(|entry| !entry.member.is_group());
        for (status, _) in members.filter_map(|entry| entry.stamps.highest()) {
            counts.total += 1;
            if status == MessageStatus::Failed {
                counts.failed += 1;
                continue;
            }
            counts.sent += 1;
            counts.delivered += i64::from(status.rank() >= MessageStatus::Delivered.rank());
            counts.read += i64::from(status.rank() >= MessageStatus::Read.rank());
            played += usize::from(status == MessageStatus::Played);
        }
        (counts.total > 0).then_some((counts, played))
    }

    /// What follows for the message.
    pub(super) fn standing(&self) -> Option<Standing> {
        let whole = self.entries.iter().find(|entry| entry.member.is_group());
        let whole = whole.and_then(|entry| entry.stamps.highest());
        let whole = whole.map(|(status, _)| status);
        let counted = self.counts();
        let status = match (counted, whole) {
            (None, whole) => whole?,
            (Some((counts, played)), whole) => {
                let members = status_of(&counts, played);
                let whole = whole
                    .filter(|status| *status != MessageStatus::Failed || counts.delivered == 0);
                let higher = whole.filter(|status| status.rank() > members.rank());
                higher.unwrap_or(members)
            }
        };
        let sent_at = self.entries.iter().filter_map(|entry| entry.stamps.sent_at);
        Some(Standing {
            status,
            counts: counted.map(|(counts, _)| counts),
            sent_at: sent_at.min(),
            failure: self.failure().filter(|_| status == MessageStatus::Failed),
            at: self.time_of(status),
        })
    }

    fn failure(&self) -> Option<(Millis, Option<MessageError>)> {
        let failed = self.entries.iter().filter_map(|entry| {
            let at = entry.stamps.failed_at?;
            Some(((at, &entry.recipient), entry.stamps.error.clone()))
        });
        let first = failed.min_by_key(|(place, _)| *place);
        first.map(|((at, _), error)| (at, error))
    }

    /// When the last one came so far.
    fn time_of(&self, status: MessageStatus) -> Option<Millis> {
        let reached = self
            .entries
            .iter()
            .filter_map(|entry| entry.stamps.highest());
        let reached = reached.filter(|(told, _)| told.rank() >= status.rank());
        reached.map(|(_, at)| at).max()
    }
}

fn status_of(counts: &RecipientCounts, played: usize) -> MessageStatus {
    let to_reach = counts.total - counts.failed;
    if to_reach == 0 {
        MessageStatus::Failed
    } else if i64::try_from(played) == Ok(to_reach) {
        MessageStatus::Played
    } else if counts.read == to_reach {
        MessageStatus::Read
    } else if counts.delivered == to_reach {
        MessageStatus::Delivered
    } else {
        MessageStatus::Sent
    }
}

/// Where a message to a group stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standing {
    pub status: MessageStatus,
    /// `None` as long as nothing is known of any member.
    pub counts: Option<RecipientCounts>,
    pub sent_at: Option<Millis>,
    /// When and why it failed.
    pub failure: Option<(Millis, Option<MessageError>)>,
    /// Of the newest status that is as high.
    pub at: Option<Millis>,
}
