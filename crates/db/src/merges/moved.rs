//! What a merge moved, kept as JSON beside it: enough to move back exactly that, and nothing that came later.

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    ids::{ContactId, ConversationId, GroupId, MessageId, TeamId, UserId},
    model::{Contact, NameSource},
};

/// All that a merge moved.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Moved {
    /// Ids whose contact or group changed, as they were.
    pub identities: Vec<MovedIdentity>,
    /// Conversations whose contact or group changed, as they were.
    pub threads: Vec<MovedThread>,
    /// Conversations whose messages went into another.
    pub folds: Vec<Fold>,
    /// Messages in groups that the merged contact wrote.
    pub senders: Vec<MessageId>,
    /// What the survivor took over; nothing where only ids of one contact were joined.
    pub face: Option<Change<Face>>,
}

/// An id as it was.
#[derive(Debug, Clone, Serialize, Deserialize, sqlx::FromRow)]
pub(super) struct MovedIdentity {
    pub kind: String,
    pub scope: String,
    pub value: String,
    pub contact_id: ContactId,
    pub group_id: GroupId,
}

/// A conversation as it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MovedThread {
    pub id: ConversationId,
    pub contact_id: ContactId,
    pub group_id: GroupId,
}

/// A conversation that went into another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fold {
    /// The one that is no more.
    pub from: ConversationId,
    /// The one that holds its messages now.
    pub into: ConversationId,
    /// Those that went into `from` earlier, and so came along.
    pub along: Vec<ConversationId>,
    /// What it did to `into`.
    pub state: Change<ThreadState>,
}

/// Something before and after.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Change<T> {
    pub before: T,
    pub after: T,
}

/// What agents did with a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ThreadState {
    pub status: String,
    pub snoozed_until: Option<Millis>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub window_expires_at: Option<Millis>,
}

/// What a contact shows of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Face {
    pub name: String,
    pub name_source: NameSource,
    pub profile_name: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
    pub notes: String,
    pub blocked: bool,
    pub first_seen_at: Option<Millis>,
    pub last_seen_at: Option<Millis>,
}

/// Takes a field back to what it was, unless somebody has changed it since.
fn restore<T: PartialEq + Clone>(now: &mut T, before: &T, after: &T) {
    if now == after {
        now.clone_from(before);
    }
}

impl Face {
    pub(super) fn of(contact: &Contact) -> Self {
        Self {
            name: contact.summary.name.clone(),
            name_source: contact.summary.name_source,
            profile_name: contact.profile_name.clone(),
            username: contact.summary.username.clone(),
            phone: contact.summary.phone.clone(),
            notes: contact.notes.clone(),
            blocked: contact.blocked,
            first_seen_at: contact.first_seen_at,
            last_seen_at: contact.last_seen_at,
        }
    }

    pub(super) fn put_on(self, contact: &mut Contact) {
        contact.summary.name = self.name;
        contact.summary.name_source = self.name_source;
        contact.profile_name = self.profile_name;
        contact.summary.username = self.username;
        contact.summary.phone = self.phone;
        contact.notes = self.notes;
        contact.blocked = self.blocked;
        contact.first_seen_at = self.first_seen_at;
        contact.last_seen_at = self.last_seen_at;
    }

    /// What one person shows who was known as two: the better name, the first of everything else, both notes.
    pub(super) fn joined(&self, other: &Self) -> Self {
        let gains_number = self.phone.is_none() && other.phone.is_some();
        let better = other.name_source > self.name_source
            || (other.name_source == self.name_source
                && self.name_source == NameSource::Number
                && gains_number);
        let named = if better { other } else { self };
        let notes: Vec<&str> = [self.notes.trim(), other.notes.trim()]
            .into_iter()
            .filter(|notes| !notes.is_empty())
            .collect();
        Self {
            name: named.name.clone(),
            name_source: named.name_source,
            profile_name: self
                .profile_name
                .clone()
                .or_else(|| other.profile_name.clone()),
            username: self.username.clone().or_else(|| other.username.clone()),
            phone: self.phone.clone().or_else(|| other.phone.clone()),
            notes: notes.join("\n"),
            blocked: self.blocked || other.blocked,
            first_seen_at: [self.first_seen_at, other.first_seen_at]
                .into_iter()
                .flatten()
                .min(),
            last_seen_at: self.last_seen_at.max(other.last_seen_at),
        }
    }
}

impl Change<Face> {
    /// The face without what the merge brought, keeping what was changed since.
    pub(super) fn taken_back(&self, now: &Face) -> Face {
        let (before, after) = (&self.before, &self.after);
        let mut face = now.clone();
        // A name and where it comes from are one thing.
        if (&face.name, face.name_source) == (&after.name, after.name_source) {
            face.name.clone_from(&before.name);
            face.name_source = before.name_source;
        }
        restore(
            &mut face.profile_name,
            &before.profile_name,
            &after.profile_name,
        );
        restore(&mut face.username, &before.username, &after.username);
        restore(&mut face.phone, &before.phone, &after.phone);
        restore(&mut face.notes, &before.notes, &after.notes);
        restore(&mut face.blocked, &before.blocked, &after.blocked);
        restore(
            &mut face.first_seen_at,
            &before.first_seen_at,
            &after.first_seen_at,
        );
        restore(
            &mut face.last_seen_at,
            &before.last_seen_at,
            &after.last_seen_at,
        );
        face
    }
}

impl Change<ThreadState> {
    /// The state without what the merge brought, keeping what was changed since.
    pub(super) fn taken_back(&self, now: &ThreadState) -> ThreadState {
        let (before, after) = (&self.before, &self.after);
        let mut state = now.clone();
        if (&state.status, state.snoozed_until) == (&after.status, after.snoozed_until) {
            state.status.clone_from(&before.status);
            state.snoozed_until = before.snoozed_until;
        }
        restore(
            &mut state.assignee_id,
            &before.assignee_id,
            &after.assignee_id,
        );
        restore(&mut state.team_id, &before.team_id, &after.team_id);
        restore(
            &mut state.window_expires_at,
            &before.window_expires_at,
            &after.window_expires_at,
        );
        state
    }
}
