//! People of a batch: ids that occur together are one person; known ids find the contact, unknown ones make it, two contacts become one.
//!
//! An id has an *owner*: a contact, and within the contact a *group* of ids that came together in signed payloads. A contact that was merged by
//! hand has several such groups, each with a conversation of its own per account. (A group chat is something else: a contact with `is_group`.)
//!
//! The steps: [`clusters`] gathers ids, [`look_up`] asks for their owners, [`settle`] decides who they are, [`write`] writes it down, [`count`] adds
//! what was stored. Called by [`super::attempt`].

mod clusters;
mod count;
mod known;
mod look_up;
mod names;
mod settle;
mod write;

use std::collections::HashMap;

use super::{Incoming, IngestError, Person, Round, incoming::IdentityKey, messages::Arrival};
use crate::{
    Db, Millis, contacts,
    event::{Audience, ContactChanged, Draft, Event},
    ids::{AccountId, ContactId, ConversationId, GroupId, TenantId},
    model::{Contact, ContactSummary, Identity},
};
use clusters::Cluster;
pub(super) use count::{COUNT, Seen, SeenRow, update};
pub(crate) use known::Known;
pub(crate) use names::{phone_of, stand_in};
use write::Writes;

/// An id within its tenant.
type Key = (TenantId, IdentityKey);

/// A contact that ids of the batch were resolved to, with the group of ids that they are of.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub tenant_id: TenantId,
    pub group_id: GroupId,
    pub summary: ContactSummary,
    pub profile_name: Option<String>,
    pub blocked: bool,
    identities: Vec<Identity>,
    state: State,
    /// The batch found a better name, or none was there.
    has_new_name: bool,
    /// The version that the contact had a moment ago, where the rest is as it was then.
    recalled: Option<i64>,
    seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unchanged,
    New,
    /// Name, username or number are others than were found.
    Changed,
}

/// A conversation that was there before the batch, and where its answers go.
#[derive(Debug, Clone)]
pub(super) struct KnownThread {
    pub id: ConversationId,
    pub reply_kind: String,
    pub reply_value: String,
}

type KnownThreads = HashMap<(AccountId, GroupId), KnownThread>;

/// All people of a batch.
#[derive(Debug, Default)]
pub(super) struct People {
    resolved: Vec<Resolved>,
    by_key: HashMap<Key, usize>,
    /// Where a contact was resolved to several times, the last, which knows all.
    by_contact: HashMap<ContactId, usize>,
    pub threads: KnownThreads,
}

/// Finds or makes the contact of everybody in the batch.
pub(super) async fn resolve(
    round: &mut Round<'_>,
    batch: &[Incoming],
    memory: Memory,
) -> Result<People, IngestError> {
    let mut clusters = clusters::gather(batch);
    if clusters.is_empty() {
        return Ok(People::default());
    }
    let mut threads = find(round, &mut clusters, memory).await?;
    clusters = clusters::join_known(clusters);
    if settle::join_contacts(round, &clusters).await? {
        // A merge moves whatever its contacts have, also ids and conversations of other clusters: asked again rather than followed.
        forget_all(&mut clusters);
        threads = look_up::look_up(round, &mut clusters).await?;
        clusters = clusters::join_known(clusters);
    }
    let mut people = People {
        threads,
        ..People::default()
    };
    let mut writes = Writes::default();
    for cluster in clusters {
        let contact = settle::settle(&cluster, round.now, &mut writes);
        people.add(contact, cluster);
    }
    if people.is_outdated() {
        return Err(IngestError::Outdated);
    }
    writes.write(round, &people).await?;
    Ok(people)
}

/// Gives every id its owner; returns the conversations.
async fn find(
    round: &mut Round<'_>,
    clusters: &mut [Cluster],
    memory: Memory,
) -> Result<KnownThreads, IngestError> {
    let db = round.tx.db().clone();
    let known = db.known();
    let mut threads = match memory {
        Memory::Trusted => known.recall(clusters),
        Memory::Failed => KnownThreads::new(),
    };
    threads.extend(look_up::look_up(round, clusters).await?);
    known.remember(clusters, &threads);
    Ok(threads)
}

/// Whether the people of a batch may be taken from memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// What is taken from it is checked when it is counted.
    Trusted,
    Failed,
}

/// Forgets all that is remembered of a batch's people.
pub(super) fn forget(db: &Db, batch: &[Incoming]) {
    let clusters = clusters::gather(batch);
    let keys = clusters.iter().flat_map(|cluster| cluster.keys.keys());
    db.known().forget(keys);
}

fn forget_all(clusters: &mut [Cluster]) {
    for cluster in clusters {
        cluster.is_recalled = false;
    }
}

impl People {
    /// Who this is. `None` only for a person without any id.
    pub(super) fn find(&self, tenant: &TenantId, person: &Person) -> Option<usize> {
        let key = person.keys.first()?;
        self.by_key.get(&(tenant.clone(), key.clone())).copied()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Resolved> {
        self.resolved.get(index)
    }

    /// Whether anything of contacts that were there has to be written besides their counters.
    pub(super) fn have_changed(&self) -> bool {
        self.in_state(State::Changed).next().is_some()
    }

    /// Whether the batch changes somebody who is as he was a moment ago: that has to start from how he is.
    fn is_outdated(&self) -> bool {
        self.in_state(State::Changed)
            .any(|contact| contact.recalled.is_some())
    }

    /// Whether anybody is as he was a moment ago.
    pub(super) fn are_recalled(&self) -> bool {
        let mut resolved = self.resolved.iter();
        resolved.any(|contact| contact.recalled.is_some())
    }

    /// The conversation of a message, where its person is as he was a moment ago.
    pub(super) fn recalled_thread(
        &self,
        arrival: &Arrival<'_>,
        contact: &Resolved,
    ) -> Option<&KnownThread> {
        contact.recalled?;
        let account_id = arrival.incoming.account_id.clone();
        self.threads.get(&(account_id, contact.group_id.clone()))
    }

    fn in_state(&self, state: State) -> impl Iterator<Item = &Resolved> {
        self.resolved
            .iter()
            .filter(move |contact| contact.state == state)
    }

    fn add(&mut self, mut contact: Resolved, cluster: Cluster) {
        let index = self.resolved.len();
        self.learn_from_earlier(&mut contact, &cluster, index);
        self.by_key
            .extend(cluster.keys.into_keys().map(|key| (key, index)));
        self.resolved.push(contact);
    }

    /// A contact that was merged by hand has several groups of ids, which may all occur in one batch: the later one knows what the earlier
    /// one learned, and is the one that is written.
    fn learn_from_earlier(&mut self, contact: &mut Resolved, cluster: &Cluster, index: usize) {
        let id = contact.summary.id.clone();
        let Some(before) = self.by_contact.insert(id, index) else {
            return;
        };
        if let Some(earlier) = self.resolved.get_mut(before)
            && earlier.state != State::Unchanged
        {
            contact.summary = earlier.summary.clone();
            contact.profile_name.clone_from(&earlier.profile_name);
            contact.state = earlier.state;
            contact.has_new_name = earlier.has_new_name;
            earlier.state = State::Unchanged;
            for person in &cluster.said {
                contact.learn(person);
            }
        }
    }

    /// All that were resolved to one contact show the same of it.
    fn agree(&mut self) {
        for index in 0..self.resolved.len() {
            let last = self.resolved.get(index).and_then(|contact| {
                let last = *self.by_contact.get(&contact.summary.id)?;
                (last != index).then_some(last)
            });
            let Some(last) = last.and_then(|last| self.resolved.get(last)) else {
                continue;
            };
            let (summary, profile_name) = (last.summary.clone(), last.profile_name.clone());
            if let Some(contact) = self.resolved.get_mut(index) {
                contact.summary = summary;
                contact.profile_name = profile_name;
            }
        }
    }

    /// Notes `contact:new` and `contact:updated`.
    pub(super) async fn announce(&self, round: &mut Round<'_>) -> Result<(), IngestError> {
        for contact in self.in_state(State::New) {
            let event = Event::ContactNew(ContactChanged {
                contact: contact.fresh(round.now),
            });
            round.tx.record(Draft {
                tenant_id: contact.tenant_id.clone(),
                audience: Audience::Tenant,
                event,
            });
        }
        for contact in self.in_state(State::Changed) {
            let id = std::slice::from_ref(&contact.summary.id);
            for loaded in contacts::load(round.tx, &contact.tenant_id, id).await? {
                contacts::announce(round.tx, &contact.tenant_id, Event::ContactUpdated, &loaded);
            }
        }
        Ok(())
    }
}

impl Resolved {
    /// As clients are told of it: what was stored, without reading it again.
    fn fresh(&self, now: Millis) -> Contact {
        Contact {
            summary: self.summary.clone(),
            profile_name: self.profile_name.clone(),
            notes: String::new(),
            blocked: false,
            identities: self.identities.clone(),
            first_seen_at: self.seen.first_at,
            last_seen_at: self.seen.last_at,
            messages_in: self.seen.n_in,
            messages_out: self.seen.n_out,
            created_at: now,
            updated_at: now,
        }
    }
}
