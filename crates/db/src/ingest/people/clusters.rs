//! Ids that occur together: one cluster per person of the batch, before and after the database says whose ids they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    super::{Incoming, IncomingUpdate, Person, incoming::IdentityKey},
    Key,
    look_up::Owner,
};
use crate::ids::{AccountId, GroupId};

/// One person of the batch: all ids that occurred together, and what was said of them.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub keys: BTreeMap<Key, Mention>,
    pub said: Vec<Person>,
    /// Accounts to which the batch speaks of this person.
    pub accounts: BTreeSet<AccountId>,
    /// The provider's answer to us named one id for another.
    pub is_answer: bool,
    /// Owners are as they were a moment ago.
    pub is_recalled: bool,
}

/// How the batch speaks of an id, and whose it was before.
#[derive(Debug)]
pub(super) struct Mention {
    pub validity: Validity,
    /// `None` until it is looked up, and for ids nobody has.
    pub owner: Option<Owner>,
}

/// Whether an id holds, by what the batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
    Current,
    /// It was replaced by another.
    Previous,
}

/// Puts ids that occur together into one cluster each (union of sets).
pub(super) fn gather(batch: &[Incoming]) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut of_key: HashMap<Key, usize> = HashMap::new();
    for incoming in batch {
        for (person, previous) in mentioned(&incoming.update) {
            let keys = person.keys.iter().map(|key| (key, Validity::Current));
            let keys: Vec<(Key, Validity)> = keys
                .chain(previous.iter().map(|key| (key, Validity::Previous)))
                .map(|(key, validity)| ((incoming.tenant_id.clone(), key.clone()), validity))
                .collect();
            let home = join(&mut clusters, &mut of_key, &keys);
            let Some(cluster) = home.and_then(|home| clusters.get_mut(home)) else {
                continue;
            };
            cluster.mention(keys);
            cluster.said.push(person.clone());
            cluster.accounts.insert(incoming.account_id.clone());
            cluster.is_answer |= matches!(incoming.update, IncomingUpdate::Alias(_));
        }
    }
    clusters.retain(|cluster| !cluster.keys.is_empty());
    clusters
}

/// Everybody that an update tells of, with ids that it says are outdated.
fn mentioned(update: &IncomingUpdate) -> Vec<(&Person, &[IdentityKey])> {
    match update {
        IncomingUpdate::Message(message) => std::iter::once(&message.chat)
            .chain(&message.sender)
            .map(|person| (person, &[][..]))
            .collect(),
        // A status that names one id teaches nothing; one that names two proves that they belong together.
        IncomingUpdate::Status(status) if status.recipient.keys.len() > 1 => {
            vec![(&status.recipient, &[])]
        }
        IncomingUpdate::Status(_)
        | IncomingUpdate::Amendment(_)
        | IncomingUpdate::Template { .. } => Vec::new(),
        IncomingUpdate::IdentityChange(change) => vec![(&change.current, &change.previous)],
        IncomingUpdate::Contact(person) | IncomingUpdate::Alias(person) => vec![(person, &[])],
    }
}

/// The cluster of these keys; clusters that turn out to be one are joined.
fn join(
    clusters: &mut Vec<Cluster>,
    of_key: &mut HashMap<Key, usize>,
    keys: &[(Key, Validity)],
) -> Option<usize> {
    let mut homes: Vec<usize> = keys
        .iter()
        .filter_map(|(key, _)| of_key.get(key).copied())
        .collect();
    homes.sort_unstable();
    homes.dedup();
    let home = match homes.first() {
        Some(home) => *home,
        None if keys.is_empty() => return None,
        None => {
            clusters.push(Cluster::default());
            clusters.len() - 1
        }
    };
    for other in homes.into_iter().skip(1) {
        let absorbed = clusters
            .get_mut(other)
            .map(std::mem::take)
            .unwrap_or_default();
        for key in absorbed.keys.keys() {
            of_key.insert(key.clone(), home);
        }
        if let Some(cluster) = clusters.get_mut(home) {
            cluster.absorb(absorbed);
        }
    }
    for (key, _) in keys {
        of_key.insert(key.clone(), home);
    }
    Some(home)
}

/// Clusters whose ids the database knows as one group are one cluster: what is learned of one part holds for the other.
pub(super) fn join_known(clusters: Vec<Cluster>) -> Vec<Cluster> {
    let mut joined: Vec<Cluster> = Vec::with_capacity(clusters.len());
    let mut of_group: HashMap<GroupId, usize> = HashMap::with_capacity(clusters.len());
    for cluster in clusters {
        let groups: Vec<GroupId> = cluster
            .owners()
            .map(|owner| owner.group_id.clone())
            .collect();
        let mut homes: Vec<usize> = groups
            .iter()
            .filter_map(|group| of_group.get(group).copied())
            .collect();
        homes.sort_unstable();
        homes.dedup();
        let home = homes.first().copied().unwrap_or(joined.len());
        if home == joined.len() {
            joined.push(Cluster::default());
        }
        for other in homes.into_iter().skip(1) {
            let absorbed = joined.get_mut(other).map(std::mem::take);
            for at in of_group.values_mut().filter(|at| **at == other) {
                *at = home;
            }
            if let (Some(cluster), Some(absorbed)) = (joined.get_mut(home), absorbed) {
                cluster.absorb(absorbed);
            }
        }
        of_group.extend(groups.into_iter().map(|group| (group, home)));
        if let Some(at_home) = joined.get_mut(home) {
            at_home.absorb(cluster);
        }
    }
    joined.retain(|cluster| !cluster.keys.is_empty());
    joined
}

impl Cluster {
    /// Whether the batch says that ids were replaced.
    pub(super) fn is_change(&self) -> bool {
        let mut mentions = self.keys.values();
        mentions.any(|mention| mention.validity == Validity::Previous)
    }

    /// Owners of the ids that somebody has.
    fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.keys
            .values()
            .filter_map(|mention| mention.owner.as_ref())
    }

    fn mention(&mut self, keys: Vec<(Key, Validity)>) {
        for (key, validity) in keys {
            let mention = self.keys.entry(key).or_insert(Mention {
                validity,
                owner: None,
            });
            if validity == Validity::Previous {
                mention.validity = validity;
            }
        }
    }

    /// Takes another cluster in; they have no id in common.
    fn absorb(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.said.extend(other.said);
        self.accounts.extend(other.accounts);
        self.is_answer |= other.is_answer;
        self.is_recalled |= other.is_recalled;
    }
}
