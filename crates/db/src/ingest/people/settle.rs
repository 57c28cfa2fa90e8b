//! Who a cluster is: somebody new, a known contact, or several that become one; and ids that were given to somebody else.

use std::collections::HashSet;

use super::{
    super::{IngestError, Round},
    Cluster, Key, Resolved, Seen, State, Writes,
    clusters::{Mention, Validity},
    look_up::Owner,
    names::phone_of,
    write::PlacedId,
};
use crate::{
    Id, Millis,
    ids::{ContactId, GroupId, TenantId},
    merges,
    model::{ContactSummary, Identity, IdentityKind, NameSource, avatar_url},
};

/// Two or more contacts whose ids came together in one signed payload are one person. Rare, so one merge at a time. Returns whether there was
/// something to join.
pub(super) async fn join_contacts(
    round: &mut Round<'_>,
    clusters: &[Cluster],
) -> Result<bool, IngestError> {
    let mut has_joined = false;
    for cluster in clusters {
        let owners = owners(cluster);
        let (Some(first), Some((tenant_id, _))) = (owners.first(), cluster.keys.keys().next())
        else {
            continue;
        };
        let mut seen: HashSet<&GroupId> = HashSet::from([&first.group_id]);
        for other in owners.iter().skip(1) {
            if !seen.insert(&other.group_id) {
                continue;
            }
            let (survivor, merged) = (
                (&first.contact_id, &first.group_id),
                (&other.contact_id, &other.group_id),
            );
            let reason = if cluster.is_answer {
                "WhatsApp named a number of the one when it took a message for the other"
            } else {
                "Their ids came together in one signed message"
            };
            let (tx, now) = (&mut *round.tx, round.now);
            merges::merge_automatic(tx, tenant_id, survivor, merged, reason, now).await?;
            has_joined = true;
        }
    }
    Ok(has_joined)
}

/// Owners of a cluster's ids, the oldest contact first, without those whose number was given to somebody else.
fn owners(cluster: &Cluster) -> Vec<&Owner> {
    let recycled = recycled_keys(cluster);
    let mut owners: Vec<&Owner> = cluster
        .keys
        .iter()
        .filter(|(key, _)| !recycled.contains(key))
        .filter_map(|(_, mention)| mention.owner.as_ref())
        .collect();
    owners.sort_by(|a, b| a.contact_id.cmp(&b.contact_id));
    owners
}

/// Phones that their old owner has given up and that now come with an unknown business-scoped id, or as another form of somebody else's phone:
/// they were handed to somebody else.
fn recycled_keys(cluster: &Cluster) -> HashSet<&Key> {
    if cluster.is_answer {
        return given_up_to_others(cluster);
    }
    let is_unknown_bsuid = |((_, key), mention): (&Key, &Mention)| {
        key.kind == IdentityKind::Bsuid && mention.owner.is_none()
    };
    if cluster.is_change() || !cluster.keys.iter().any(is_unknown_bsuid) {
        return HashSet::new();
    }
    let keys = cluster.keys.iter();
    keys.filter(|((_, key), mention)| key.kind == IdentityKind::Phone && was_given_up(mention))
        .map(|(key, _)| key)
        .collect()
}

fn was_given_up(mention: &Mention) -> bool {
    let owner = mention.owner.as_ref();
    owner.is_some_and(|owner| !owner.is_current)
}

/// Phones that somebody has given up, where others of the cluster are somebody else's.
fn given_up_to_others(cluster: &Cluster) -> HashSet<&Key> {
    let owners = cluster
        .keys
        .values()
        .filter_map(|mention| mention.owner.as_ref());
    let holders: HashSet<&ContactId> = owners
        .filter(|owner| owner.is_current)
        .map(|owner| &owner.contact_id)
        .collect();
    let is_others = |mention: &Mention| {
        let owner = mention.owner.as_ref();
        owner.is_some_and(|owner| !holders.is_empty() && !holders.contains(&owner.contact_id))
    };
    let keys = cluster.keys.iter();
    keys.filter(|(_, mention)| was_given_up(mention) && is_others(mention))
        .map(|(key, _)| key)
        .collect()
}

/// Decides who a cluster is, and notes what has to be written of their ids. Contacts that are one were joined before.
pub(super) fn settle(cluster: &Cluster, now: Millis, writes: &mut Writes) -> Resolved {
    let mut contact = match owners(cluster).first() {
        None => Resolved::new(cluster, now),
        Some(owner) => Resolved::known(cluster, owner, now),
    };
    let known = writes.new.len();
    contact.place_ids(cluster, writes);
    // Nothing else tells clients of an id that came without a message.
    let mut changed = cluster.is_answer && writes.new.len() > known;
    changed |= contact.follow_number(cluster);
    for person in &cluster.said {
        changed |= contact.learn(person);
    }
    if changed && contact.state != State::New {
        contact.state = State::Changed;
    }
    contact
}

impl Resolved {
    fn new(cluster: &Cluster, now: Millis) -> Self {
        let is_group = cluster.said.iter().any(|person| person.is_group);
        Self {
            tenant_id: tenant_of(cluster, now),
            group_id: GroupId::new(now),
            summary: ContactSummary {
                id: ContactId::new(now),
                name: String::new(),
                name_source: NameSource::Number,
                phone: None,
                username: None,
                is_group,
                avatar_url: None,
            },
            profile_name: None,
            blocked: false,
            identities: Vec::new(),
            state: State::New,
            has_new_name: true,
            recalled: None,
            seen: Seen::default(),
        }
    }

    fn known(cluster: &Cluster, owner: &Owner, now: Millis) -> Self {
        Self {
            tenant_id: tenant_of(cluster, now),
            group_id: owner.group_id.clone(),
            summary: ContactSummary {
                id: owner.contact_id.clone(),
                name: owner.name.clone(),
                name_source: owner.name_source,
                phone: owner.phone.clone(),
                username: owner.username.clone(),
                is_group: owner.is_group,
                avatar_url: avatar_url(&owner.contact_id, owner.picture.as_deref()),
            },
            profile_name: owner.profile_name.clone(),
            blocked: owner.blocked,
            identities: Vec::new(),
            state: State::Unchanged,
            has_new_name: false,
            recalled: cluster.is_recalled.then_some(owner.version),
            seen: Seen::default(),
        }
    }

    /// Notes which ids have to be written, moved, or marked as outdated.
    fn place_ids(&mut self, cluster: &Cluster, writes: &mut Writes) {
        let recycled = recycled_keys(cluster);
        for (key, mention) in &cluster.keys {
            let is_current = mention.validity == Validity::Current;
            let placed = || PlacedId {
                key: key.clone(),
                contact_id: self.summary.id.clone(),
                group_id: self.group_id.clone(),
                is_current,
            };
            match &mention.owner {
                Some(_) if recycled.contains(key) => writes.reassigned.push(placed()),
                Some(owner) if owner.is_current && !is_current => writes.outdated.push(key.clone()),
                // A change of ids that leads back to an id that was given up.
                Some(owner) if !owner.is_current && is_current && cluster.is_change() => {
                    writes.reassigned.push(placed());
                }
                Some(_) => {}
                None => writes.new.push(placed()),
            }
            self.identities.push(Identity {
                kind: key.1.kind,
                scope: key.1.scope.clone(),
                value: key.1.value.clone(),
                current: is_current,
            });
        }
        self.identities
            .sort_by(|a, b| b.current.cmp(&a.current).then_with(|| a.cmp(b)));
    }

    /// After a change of number the contact's own number follows.
    fn follow_number(&mut self, cluster: &Cluster) -> bool {
        let phones = |validity: Validity| {
            cluster
                .keys
                .iter()
                .filter(move |(_, mention)| mention.validity == validity)
                .filter_map(|(key, _)| phone_of(&key.1))
        };
        let shown = self.summary.phone.as_ref();
        if !shown.is_some_and(|shown| phones(Validity::Previous).any(|phone| phone == *shown)) {
            return false;
        }
        self.summary.phone = phones(Validity::Current).next();
        if self.summary.name_source == NameSource::Number {
            self.summary.name = String::new();
        }
        true
    }
}

/// A cluster has ids of one tenant only, and at least one.
fn tenant_of(cluster: &Cluster, now: Millis) -> TenantId {
    let first = cluster.keys.keys().next();
    first.map_or_else(|| TenantId::new(now), |(tenant_id, _)| tenant_id.clone())
}
