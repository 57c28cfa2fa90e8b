//! People whom batches of a moment ago found, so that the next batch need not ask for them. What is remembered is true only if the row of the contact
//! still has the version that it had when it was read: whoever counts for it asks for that (see [`super::count`]), and the batch is run again without
//! memory where one has not. Triggers of the database change the version with whatever is remembered here, whoever changes it, on whatever node.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Cluster, Key, KnownThread, KnownThreads, look_up::Owner};
use crate::ids::AccountId;

/// Ids that are remembered since the last change of generations: what is not asked for during a whole generation is forgotten.
const GENERATION: usize = 8192;

/// Whose ids are, and the conversations behind them.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    owner: Owner,
    threads: Vec<(AccountId, KnownThread)>,
}

impl Entry {
    fn thread(&self, account_id: &AccountId) -> Option<&KnownThread> {
        let mut threads = self.threads.iter();
        threads
            .find(|(id, _)| id == account_id)
            .map(|(_, thread)| thread)
    }
}

/// Whether ids are one person's. Where they are not, people are about to be joined: not on the word of memory.
fn are_of_one(entries: &[Entry]) -> bool {
    let mut groups = entries.iter().map(|entry| &entry.owner.group_id);
    let first = groups.next();
    groups.all(|group| Some(group) == first)
}

impl Known {
    /// Gives every id its owner where everything about the people of a cluster is remembered; returns their conversations.
    pub(super) fn recall(&self, clusters: &mut [Cluster]) -> KnownThreads {
        let mut known = self.lock();
        let mut threads = KnownThreads::with_capacity(clusters.len());
        for cluster in clusters {
            let entries: Option<Vec<Entry>> = cluster
                .keys
                .keys()
                .map(|key| known.get(key, &cluster.accounts))
                .collect();
            let Some(entries) = entries.filter(|entries| are_of_one(entries)) else {
                continue;
            };
            cluster.is_recalled = true;
            for (mention, entry) in cluster.keys.values_mut().zip(entries) {
                let group_id = entry.owner.group_id.clone();
                let found = entry.threads.into_iter();
                threads
                    .extend(found.map(|(account, thread)| ((account, group_id.clone()), thread)));
                mention.owner = Some(entry.owner);
            }
        }
        threads
    }

    /// Remembers what was read before the batch wrote anything: what it writes itself may yet be rolled back.
    pub(super) fn remember(&self, clusters: &[Cluster], threads: &KnownThreads) {
        let mut known = self.lock();
        let looked_up = clusters.iter().filter(|cluster| !cluster.is_recalled);
        for cluster in looked_up {
            for (key, mention) in &cluster.keys {
                let Some(owner) = &mention.owner else {
                    continue;
                };
                let places = cluster.accounts.iter().filter_map(|account_id| {
                    let place = (account_id.clone(), owner.group_id.clone());
                    let thread = threads.get(&place)?.clone();
                    Some((place.0, thread))
                });
                let places: Vec<_> = places.collect();
                known.put(key, owner, places);
            }
        }
    }

    /// Forgets ids of which something is no longer so.
    pub(super) fn forget<'a>(&self, keys: impl Iterator<Item = &'a Key>) {
        let mut known = self.lock();
        for key in keys {
            known.young.remove(key);
            known.old.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    /// What is remembered of an id, if that is all conversations with these accounts.
    fn get<'a>(
        &mut self,
        key: &Key,
        accounts: impl IntoIterator<Item = &'a AccountId>,
    ) -> Option<Entry> {
        if let Some((key, entry)) = self.old.remove_entry(key) {
            self.insert(key, entry);
        }
        let entry = self.young.get(key)?;
        let threads = accounts.into_iter().map(|account_id| {
            let thread = entry.thread(account_id)?.clone();
            Some((account_id.clone(), thread))
        });
        Some(Entry {
            owner: entry.owner.clone(),
            threads: threads.collect::<Option<_>>()?,
        })
    }

    /// Conversations of the same person that were found before stay; of another version nothing does.
    fn put(&mut self, key: &Key, owner: &Owner, found: Vec<(AccountId, KnownThread)>) {
        let before = self.young.remove(key).or_else(|| self.old.remove(key));
        let before = before.filter(|entry| entry.owner.version == owner.version);
        let mut threads = before.map_or_else(Vec::new, |entry| entry.threads);
        threads.retain(|(account_id, _)| !found.iter().any(|(id, _)| id == account_id));
        threads.extend(found);
        let owner = owner.clone();
        self.insert(key.clone(), Entry { owner, threads });
    }

    fn insert(&mut self, key: Key, entry: Entry) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }
}
