//! People of a batch: ids that occur together are one person; known ids find the contact, unknown ones make it, two contacts become one.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::{
    Incoming, IncomingUpdate, IngestError, Person, Round, incoming::IdentityKey, messages::Stored,
};
use crate::{
    Id, Millis, contacts,
    event::{Audience, ContactChanged, Draft, Event},
    ids::{AccountId, ContactId, ConversationId, GroupId, TenantId},
    merges,
    model::{Contact, ContactSummary, Direction, Identity, IdentityKind, NameSource},
    normalize_phone,
    sql::{Rows, batch, execute, fetch_all},
    terms,
};

/// An id within its tenant.
pub(super) type Key = (TenantId, IdentityKey);

/// A contact as this batch knows it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub tenant_id: TenantId,
    pub group_id: GroupId,
    pub summary: ContactSummary,
    pub profile_name: Option<String>,
    pub blocked: bool,
    identities: Vec<Identity>,
    state: State,
    seen: Seen,
}

/// What the batch brought of a contact.
#[derive(Debug, Clone, Default, Serialize)]
struct Seen {
    n_in: i64,
    n_out: i64,
    first_at: Option<Millis>,
    last_at: Option<Millis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unchanged,
    New,
    Renamed,
}

/// A conversation that was found along with the person.
#[derive(Debug, Clone)]
pub(super) struct FoundThread {
    pub id: ConversationId,
    pub reply_kind: String,
    pub reply_value: String,
}

/// All people of a batch.
#[derive(Debug, Default)]
pub(super) struct People {
    known: Vec<Known>,
    by_key: HashMap<Key, usize>,
    by_contact: HashMap<ContactId, usize>,
    pub threads: HashMap<(AccountId, GroupId), FoundThread>,
}

impl People {
    /// Who this is. `None` only for a person without any id.
    pub(super) fn find(&self, tenant: &TenantId, person: &Person) -> Option<usize> {
        let key = person.keys.first()?;
        self.by_key.get(&(tenant.clone(), key.clone())).copied()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Known> {
        self.known.get(index)
    }

    /// A contact that was merged by hand has several groups of ids, which may all occur in one batch: the later one knows what the earlier
    /// one learned, and is the one that is written.
    fn note_again(&mut self, known: &mut Known, cluster: &Cluster, index: usize) {
        let id = known.summary.id.clone();
        let Some(before) = self.by_contact.insert(id, index) else {
            return;
        };
        if let Some(earlier) = self.known.get_mut(before)
            && earlier.state != State::Unchanged
        {
            known.summary = earlier.summary.clone();
            known.profile_name.clone_from(&earlier.profile_name);
            known.state = earlier.state;
            earlier.state = State::Unchanged;
            for person in &cluster.said {
                known.learn(person);
            }
        }
    }

    /// Notes `contact:new` and `contact:updated`.
    pub(super) async fn announce(&self, round: &mut Round<'_>) -> Result<(), IngestError> {
        for known in self.known.iter().filter(|known| known.state == State::New) {
            let event = Event::ContactNew(ContactChanged {
                contact: known.fresh(round.now),
            });
            round.tx.record(Draft {
                tenant_id: known.tenant_id.clone(),
                audience: Audience::Tenant,
                event,
            });
        }
        for known in self
            .known
            .iter()
            .filter(|known| known.state == State::Renamed)
        {
            let loaded = contacts::load(
                round.tx,
                &known.tenant_id,
                std::slice::from_ref(&known.summary.id),
            )
            .await?;
            for contact in loaded {
                let event = Event::ContactUpdated(ContactChanged { contact });
                round.tx.record(Draft {
                    tenant_id: known.tenant_id.clone(),
                    audience: Audience::Tenant,
                    event,
                });
            }
        }
        Ok(())
    }
}

impl Known {
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

    /// Takes over better names; returns whether anything changed.
    fn learn(&mut self, person: &Person) -> bool {
        let before = (self.summary.clone(), self.profile_name.clone());
        if let Some(username) = clean(person.username.as_deref()) {
            self.summary.username = Some(username);
        }
        if let Some(name) = clean(person.profile_name.as_deref()) {
            self.profile_name = Some(name);
        }
        if self.summary.phone.is_none() {
            self.summary.phone = person.keys.iter().find_map(phone_of);
        }
        self.choose_name(clean(person.book_name.as_deref()));
        before != (self.summary.clone(), self.profile_name.clone())
    }

    /// manual > profile > username > number; a worse source never replaces a better one.
    fn choose_name(&mut self, book_name: Option<String>) {
        let (name, source) = if let Some(name) = book_name {
            (name, NameSource::Manual)
        } else if let Some(name) = self.profile_name.clone() {
            (name, NameSource::Profile)
        } else if let Some(name) = self.summary.username.clone() {
            (format!("@{name}"), NameSource::Username)
        } else {
            (
                stand_in(self.summary.phone.as_deref(), &self.identities),
                NameSource::Number,
            )
        };
        if source >= self.summary.name_source || self.summary.name.is_empty() {
            self.summary.name = name;
            self.summary.name_source = source;
        }
    }
}

/// Longest name that is kept, in characters.
const MAX_NAME: usize = 200;

fn clean(name: Option<&str>) -> Option<String> {
    let name: String = name?
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn phone_of(key: &IdentityKey) -> Option<String> {
    if key.kind == IdentityKind::Phone {
        normalize_phone(&key.value)
    } else {
        None
    }
}

/// What to call somebody without a name: the number, else the id with its middle masked.
fn stand_in(phone: Option<&str>, identities: &[Identity]) -> String {
    if let Some(phone) = phone {
        return phone.to_owned();
    }
    let value = identities
        .first()
        .map_or("", |identity| identity.value.as_str());
    let tail: String = value
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let head: String = value.chars().take_while(|c| *c != '.').take(2).collect();
    format!("{head}…{tail}")
}

/// One person of the batch before the database was asked: all ids that occurred together, and what was said of them.
#[derive(Debug, Default)]
struct Cluster {
    keys: BTreeMap<Key, Role>,
    said: Vec<Person>,
    accounts: HashSet<AccountId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Current,
    Previous,
}

/// Finds or makes the contact of everybody in the batch.
pub(super) async fn resolve(
    round: &mut Round<'_>,
    batch: &[Incoming],
) -> Result<People, IngestError> {
    let clusters = gather(batch);
    if clusters.is_empty() {
        return Ok(People::default());
    }
    let (found, threads) = look_up(round, &clusters).await?;
    let clusters = join_known(clusters, &found);
    let mut people = People {
        threads,
        ..People::default()
    };
    let mut work = Writes::default();
    for cluster in &clusters {
        let index = people.known.len();
        let mut known = settle(round, cluster, &found, &mut work, &mut people.threads).await?;
        people.note_again(&mut known, cluster, index);
        people
            .by_key
            .extend(cluster.keys.keys().map(|key| (key.clone(), index)));
        people.known.push(known);
    }
    work.write(round, &people).await?;
    Ok(people)
}

/// Puts ids that occur together into one cluster each (union of sets).
fn gather(batch: &[Incoming]) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut of_key: HashMap<Key, usize> = HashMap::new();
    for incoming in batch {
        for (person, previous) in mentioned(&incoming.update) {
            let keys = person.keys.iter().map(|key| (key, Role::Current));
            let keys: Vec<(Key, Role)> = keys
                .chain(previous.iter().map(|key| (key, Role::Previous)))
                .map(|(key, role)| ((incoming.tenant_id.clone(), key.clone()), role))
                .collect();
            let Some(index) = join(&mut clusters, &mut of_key, &keys) else {
                continue;
            };
            let Some(cluster) = clusters.get_mut(index) else {
                continue;
            };
            for (key, role) in keys {
                let slot = cluster.keys.entry(key).or_insert(role);
                if role == Role::Previous {
                    *slot = role;
                }
            }
            cluster.said.push(person.clone());
            cluster.accounts.insert(incoming.account_id.clone());
        }
    }
    clusters.retain(|cluster| !cluster.keys.is_empty());
    clusters
}

/// The cluster of these keys; clusters that turn out to be one are joined.
fn join(
    clusters: &mut Vec<Cluster>,
    of_key: &mut HashMap<Key, usize>,
    keys: &[(Key, Role)],
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

/// Clusters whose ids the database knows as one person's are one cluster: what is learned of one part holds for the other.
fn join_known(clusters: Vec<Cluster>, found: &HashMap<Key, FoundRow>) -> Vec<Cluster> {
    let mut joined: Vec<Cluster> = Vec::with_capacity(clusters.len());
    let mut of_group: HashMap<&GroupId, usize> = HashMap::with_capacity(clusters.len());
    for cluster in clusters {
        let groups: Vec<&GroupId> = cluster
            .keys
            .keys()
            .filter_map(|key| found.get(key))
            .map(|row| &row.group_id)
            .collect();
        let mut homes: Vec<usize> = groups
            .iter()
            .filter_map(|group| of_group.get(*group).copied())
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
    fn is_change(&self) -> bool {
        self.keys.values().any(|role| *role == Role::Previous)
    }

    fn absorb(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.said.extend(other.said);
        self.accounts.extend(other.accounts);
    }
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
        IncomingUpdate::Contact(person) => vec![(person, &[])],
    }
}

batch!(
    LOOK_UP,
    "SELECT i.tenant_id, i.kind, i.scope, i.value, i.is_current, i.group_id, c.id AS contact_id, c.name, c.name_source, c.profile_name,
       c.username, c.phone, c.is_group, c.blocked, r.account_id, v.id AS conversation_id, v.reply_kind, v.reply_value
     FROM {rows: tenant_id TEXT, kind TEXT, scope TEXT, value TEXT, account_id TEXT}
     JOIN identities i ON i.tenant_id = r.tenant_id AND i.kind = r.kind AND i.scope = r.scope AND i.value = r.value
     JOIN contacts c ON c.id = i.contact_id
     LEFT JOIN conversations v ON v.account_id = r.account_id AND v.group_id = i.group_id"
);

#[derive(Debug, Clone, sqlx::FromRow)]
struct FoundRow {
    tenant_id: TenantId,
    #[sqlx(try_from = "String")]
    kind: IdentityKind,
    scope: String,
    value: String,
    is_current: bool,
    group_id: GroupId,
    contact_id: ContactId,
    name: String,
    #[sqlx(try_from = "String")]
    name_source: NameSource,
    profile_name: Option<String>,
    username: Option<String>,
    phone: Option<String>,
    is_group: bool,
    blocked: bool,
    account_id: AccountId,
    conversation_id: Option<ConversationId>,
    reply_kind: Option<String>,
    reply_value: Option<String>,
}

type Threads = HashMap<(AccountId, GroupId), FoundThread>;

async fn look_up(
    round: &mut Round<'_>,
    clusters: &[Cluster],
) -> Result<(HashMap<Key, FoundRow>, Threads), IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        tenant_id: &'a TenantId,
        kind: &'a str,
        scope: &'a str,
        value: &'a str,
        account_id: &'a AccountId,
    }
    let mut rows = Vec::new();
    for cluster in clusters {
        for (tenant_id, key) in cluster.keys.keys() {
            rows.extend(cluster.accounts.iter().map(|account_id| Row {
                tenant_id,
                kind: key.kind.as_str(),
                scope: &key.scope,
                value: &key.value,
                account_id,
            }));
        }
    }
    let rows = fetch_all!(round.tx, FoundRow, &LOOK_UP, Rows(&rows))?;
    let mut found = HashMap::with_capacity(rows.len());
    let mut threads = HashMap::with_capacity(rows.len());
    for row in rows {
        if let (Some(id), Some(reply_kind), Some(reply_value)) = (
            row.conversation_id.clone(),
            row.reply_kind.clone(),
            row.reply_value.clone(),
        ) {
            let thread = FoundThread {
                id,
                reply_kind,
                reply_value,
            };
            threads.insert((row.account_id.clone(), row.group_id.clone()), thread);
        }
        let key = IdentityKey {
            kind: row.kind,
            scope: row.scope.clone(),
            value: row.value.clone(),
        };
        found.insert((row.tenant_id.clone(), key), row);
    }
    Ok((found, threads))
}

/// Rows that the batch has to write about people.
#[derive(Debug, Default)]
struct Writes {
    identities: Vec<(Key, ContactId, GroupId, bool)>,
    /// Ids that are taken from a contact that no longer has them (a number given to somebody else).
    reassigned: Vec<(Key, ContactId, GroupId)>,
    outdated: Vec<Key>,
}

/// Decides who a cluster is: a new contact, a known one, or several that become one.
async fn settle(
    round: &mut Round<'_>,
    cluster: &Cluster,
    found: &HashMap<Key, FoundRow>,
    work: &mut Writes,
    threads: &mut Threads,
) -> Result<Known, IngestError> {
    let recycled = recycled_keys(cluster, found);
    let mut rows: Vec<&FoundRow> = cluster
        .keys
        .keys()
        .filter(|key| !recycled.contains(key))
        .filter_map(|key| found.get(key))
        .collect();
    rows.sort_by(|a, b| a.contact_id.cmp(&b.contact_id));
    let mut known = match rows.first() {
        None => Known::new(cluster, round.now),
        Some(first) => {
            let joined = unify(round, &rows, threads).await?;
            Known::existing(first, joined)
        }
    };
    let was_new = known.state == State::New;
    known.note_keys(cluster, found, &recycled, work);
    let mut changed = known.follow_number(cluster);
    for person in &cluster.said {
        changed |= known.learn(person);
    }
    if changed && !was_new {
        known.state = State::Renamed;
    }
    Ok(known)
}

/// Phones that their old owner has given up and that now come with an unknown business-scoped id: they were handed to somebody else.
fn recycled_keys<'a>(cluster: &'a Cluster, found: &HashMap<Key, FoundRow>) -> HashSet<&'a Key> {
    let has_unknown_bsuid = cluster
        .keys
        .keys()
        .any(|key| key.1.kind == IdentityKind::Bsuid && !found.contains_key(key));
    if !has_unknown_bsuid || cluster.is_change() {
        return HashSet::new();
    }
    cluster
        .keys
        .keys()
        .filter(|key| {
            key.1.kind == IdentityKind::Phone && found.get(*key).is_some_and(|row| !row.is_current)
        })
        .collect()
}

/// Two or more contacts whose ids came together in one signed payload are one person. Rare, so one merge at a time. Returns the contact that
/// remains, where there was something to join.
async fn unify(
    round: &mut Round<'_>,
    rows: &[&FoundRow],
    threads: &mut Threads,
) -> Result<Option<Contact>, IngestError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut joined = None;
    let mut seen: HashSet<&GroupId> = HashSet::from([&first.group_id]);
    for row in rows.iter().skip(1) {
        if !seen.insert(&row.group_id) {
            continue;
        }
        let (survivor, merged) = (
            (&first.contact_id, &first.group_id),
            (&row.contact_id, &row.group_id),
        );
        let reason = "Their ids came together in one signed message";
        let contact = merges::merge_automatic(
            round.tx,
            &first.tenant_id,
            survivor,
            merged,
            reason,
            round.now,
        )
        .await?;
        joined = contact.or(joined);
        threads.retain(|(_, group), _| *group != first.group_id && *group != row.group_id);
        for (account_id, thread) in merges::threads_of_group(round.tx, &first.group_id).await? {
            let (id, reply_kind, reply_value) = thread;
            let found = FoundThread {
                id,
                reply_kind,
                reply_value,
            };
            threads.insert((account_id, first.group_id.clone()), found);
        }
    }
    Ok(joined)
}

impl Known {
    fn new(cluster: &Cluster, now: Millis) -> Self {
        let tenant_id = cluster.keys.keys().next().map(|key| key.0.clone());
        let is_group = cluster.said.iter().any(|person| person.is_group);
        Self {
            tenant_id: tenant_id.unwrap_or_else(|| TenantId::new(now)),
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
            seen: Seen::default(),
        }
    }

    /// A known contact; after a merge as the merge left it.
    fn existing(row: &FoundRow, joined: Option<Contact>) -> Self {
        let mut known = Self::found(row);
        if let Some(contact) = joined {
            known.summary = contact.summary;
            known.profile_name = contact.profile_name;
            known.blocked = contact.blocked;
        }
        known
    }

    fn found(row: &FoundRow) -> Self {
        Self {
            tenant_id: row.tenant_id.clone(),
            group_id: row.group_id.clone(),
            summary: ContactSummary {
                id: row.contact_id.clone(),
                name: row.name.clone(),
                name_source: row.name_source,
                phone: row.phone.clone(),
                username: row.username.clone(),
                is_group: row.is_group,
                avatar_url: None,
            },
            profile_name: row.profile_name.clone(),
            blocked: row.blocked,
            identities: Vec::new(),
            state: State::Unchanged,
            seen: Seen::default(),
        }
    }

    /// Notes which ids have to be written, moved, or marked as outdated.
    fn note_keys(
        &mut self,
        cluster: &Cluster,
        found: &HashMap<Key, FoundRow>,
        recycled: &HashSet<&Key>,
        work: &mut Writes,
    ) {
        for (key, role) in &cluster.keys {
            let current = *role == Role::Current;
            let owner = (self.summary.id.clone(), self.group_id.clone());
            match found.get(key) {
                Some(_) if recycled.contains(key) => {
                    work.reassigned.push((key.clone(), owner.0, owner.1))
                }
                Some(row) if row.is_current && !current => work.outdated.push(key.clone()),
                // A change of ids that leads back to an id that was given up.
                Some(row) if !row.is_current && current && cluster.is_change() => {
                    work.reassigned.push((key.clone(), owner.0, owner.1));
                }
                Some(_) => {}
                None => work
                    .identities
                    .push((key.clone(), owner.0, owner.1, current)),
            }
            self.identities.push(Identity {
                kind: key.1.kind,
                scope: key.1.scope.clone(),
                value: key.1.value.clone(),
                current,
            });
        }
        self.identities
            .sort_by(|a, b| b.current.cmp(&a.current).then_with(|| a.cmp(b)));
    }

    /// After a change of number the contact's own number follows.
    fn follow_number(&mut self, cluster: &Cluster) -> bool {
        let phones = |role: Role| {
            cluster
                .keys
                .iter()
                .filter(move |(_, r)| **r == role)
                .filter_map(|(key, _)| phone_of(&key.1))
        };
        let given_up: Vec<String> = phones(Role::Previous).collect();
        if !self
            .summary
            .phone
            .as_ref()
            .is_some_and(|phone| given_up.contains(phone))
        {
            return false;
        }
        self.summary.phone = phones(Role::Current).next();
        if self.summary.name_source == NameSource::Number {
            self.summary.name = String::new();
        }
        true
    }
}

batch!(
    INSERT_CONTACTS,
    "INSERT INTO contacts (id, tenant_id, name, name_source, profile_name, username, phone, is_group, created_at, updated_at)
     SELECT r.id, r.tenant_id, r.name, r.name_source, r.profile_name, r.username, r.phone, r.is_group, r.at, r.at
     FROM {rows: id TEXT, tenant_id TEXT, name TEXT, name_source TEXT, profile_name TEXT, username TEXT, phone TEXT, is_group BOOLEAN, at BIGINT}"
);
batch!(
    UPDATE_CONTACTS,
    "UPDATE contacts SET name = r.name, name_source = r.name_source, profile_name = r.profile_name, username = r.username, phone = r.phone,
       updated_at = r.at
     FROM {rows: id TEXT, tenant_id TEXT, name TEXT, name_source TEXT, profile_name TEXT, username TEXT, phone TEXT, is_group BOOLEAN, at BIGINT}
     WHERE contacts.id = r.id AND contacts.tenant_id = r.tenant_id"
);
batch!(
    INSERT_IDENTITIES,
    "INSERT INTO identities (tenant_id, kind, scope, value, contact_id, group_id, is_current, created_at)
     SELECT r.tenant_id, r.kind, r.scope, r.value, r.contact_id, r.group_id, r.is_current, r.at
     FROM {rows: tenant_id TEXT, kind TEXT, scope TEXT, value TEXT, contact_id TEXT, group_id TEXT, is_current BOOLEAN, at BIGINT}
     WHERE true ON CONFLICT DO NOTHING"
);
batch!(
    REASSIGN_IDENTITIES,
    "UPDATE identities SET contact_id = r.contact_id, group_id = r.group_id, is_current = true
     FROM {rows: tenant_id TEXT, kind TEXT, scope TEXT, value TEXT, contact_id TEXT, group_id TEXT, is_current BOOLEAN, at BIGINT}
     WHERE identities.tenant_id = r.tenant_id AND identities.kind = r.kind AND identities.scope = r.scope AND identities.value = r.value"
);
batch!(
    OUTDATE_IDENTITIES,
    "UPDATE identities SET is_current = false FROM {rows: tenant_id TEXT, kind TEXT, scope TEXT, value TEXT}
     WHERE identities.tenant_id = r.tenant_id AND identities.kind = r.kind AND identities.scope = r.scope AND identities.value = r.value"
);

#[derive(Serialize)]
struct ContactRow<'a> {
    id: &'a ContactId,
    tenant_id: &'a TenantId,
    name: &'a str,
    name_source: NameSource,
    profile_name: Option<&'a str>,
    username: Option<&'a str>,
    phone: Option<&'a str>,
    is_group: bool,
    at: Millis,
}

#[derive(Serialize)]
struct IdentityRow<'a> {
    tenant_id: &'a TenantId,
    kind: IdentityKind,
    scope: &'a str,
    value: &'a str,
    contact_id: Option<&'a ContactId>,
    group_id: Option<&'a GroupId>,
    is_current: bool,
    at: Millis,
}

impl<'a> IdentityRow<'a> {
    fn new(
        key: &'a Key,
        contact: Option<&'a ContactId>,
        group: Option<&'a GroupId>,
        is_current: bool,
        at: Millis,
    ) -> Self {
        let (tenant_id, id) = key;
        Self {
            tenant_id,
            kind: id.kind,
            scope: &id.scope,
            value: &id.value,
            contact_id: contact,
            group_id: group,
            is_current,
            at,
        }
    }
}

impl Writes {
    async fn write(&self, round: &mut Round<'_>, people: &People) -> Result<(), IngestError> {
        write_contacts(round, people, State::New).await?;
        write_contacts(round, people, State::Renamed).await?;
        write_terms(round, people).await?;
        self.write_identities(round).await?;
        renew_terms(round, people).await
    }

    async fn write_identities(&self, round: &mut Round<'_>) -> Result<(), IngestError> {
        let now = round.now;
        if !self.identities.is_empty() {
            let mut rows: Vec<IdentityRow> = self
                .identities
                .iter()
                .map(|(key, contact, group, current)| {
                    IdentityRow::new(key, Some(contact), Some(group), *current, now)
                })
                .collect();
            // In one order, so that two writers with the same new people wait for each other rather than block each other.
            rows.sort_unstable_by_key(|row| {
                (row.tenant_id, row.kind.as_str(), row.scope, row.value)
            });
            let written = execute!(round.tx, &INSERT_IDENTITIES, Rows(&rows))?;
            if usize::try_from(written).ok() != Some(rows.len()) {
                return Err(IngestError::Raced);
            }
        }
        if !self.reassigned.is_empty() {
            let rows: Vec<IdentityRow> = self
                .reassigned
                .iter()
                .map(|(key, contact, group)| {
                    IdentityRow::new(key, Some(contact), Some(group), true, now)
                })
                .collect();
            execute!(round.tx, &REASSIGN_IDENTITIES, Rows(&rows))?;
        }
        if !self.outdated.is_empty() {
            let rows: Vec<IdentityRow> = self
                .outdated
                .iter()
                .map(|key| IdentityRow::new(key, None, None, false, now))
                .collect();
            execute!(round.tx, &OUTDATE_IDENTITIES, Rows(&rows))?;
        }
        Ok(())
    }
}

async fn write_contacts(
    round: &mut Round<'_>,
    people: &People,
    state: State,
) -> Result<(), IngestError> {
    let chosen: Vec<&Known> = people
        .known
        .iter()
        .filter(|known| known.state == state)
        .collect();
    if chosen.is_empty() {
        return Ok(());
    }
    let rows: Vec<ContactRow> = chosen
        .iter()
        .map(|known| ContactRow {
            id: &known.summary.id,
            tenant_id: &known.tenant_id,
            name: &known.summary.name,
            name_source: known.summary.name_source,
            profile_name: known.profile_name.as_deref(),
            username: known.summary.username.as_deref(),
            phone: known.summary.phone.as_deref(),
            is_group: known.summary.is_group,
            at: round.now,
        })
        .collect();
    let statement = if state == State::New {
        &INSERT_CONTACTS
    } else {
        &UPDATE_CONTACTS
    };
    execute!(round.tx, statement, Rows(&rows))?;
    Ok(())
}

/// Whoever was renamed is found by the new words, and no longer by the old ones.
async fn renew_terms(round: &mut Round<'_>, people: &People) -> Result<(), IngestError> {
    let renamed = people
        .known
        .iter()
        .filter(|known| known.state == State::Renamed);
    for known in renamed {
        let loaded = contacts::load(
            round.tx,
            &known.tenant_id,
            std::slice::from_ref(&known.summary.id),
        )
        .await?;
        let loaded: Vec<&Contact> = loaded.iter().collect();
        contacts::renew_terms(round.tx, &known.tenant_id, &loaded, &[]).await?;
    }
    Ok(())
}

/// The words by which new people are found.
async fn write_terms(round: &mut Round<'_>, people: &People) -> Result<(), IngestError> {
    let mut rows = Vec::new();
    for known in people
        .known
        .iter()
        .filter(|known| known.state == State::New)
    {
        let summary = &known.summary;
        let mut words = terms::of(
            &summary.name,
            known.profile_name.as_deref(),
            summary.username.as_deref(),
            summary.phone.as_deref(),
        );
        let ids = known
            .identities
            .iter()
            .filter(|identity| identity.kind != IdentityKind::Phone);
        words.extend(ids.flat_map(|identity| terms::of_id(&identity.value)));
        rows.extend(words.into_iter().map(|term| terms::TermRow {
            tenant_id: known.tenant_id.clone(),
            term,
            contact_id: summary.id.clone(),
        }));
    }
    Ok(terms::insert(round.tx, &rows).await?)
}

batch!(
    COUNT,
    "UPDATE contacts SET messages_in = messages_in + r.n_in, messages_out = messages_out + r.n_out,
       first_seen_at = CASE WHEN r.first_at IS NOT NULL AND (first_seen_at IS NULL OR first_seen_at > r.first_at) THEN r.first_at ELSE first_seen_at END,
       last_seen_at = CASE WHEN r.last_at IS NOT NULL AND (last_seen_at IS NULL OR last_seen_at < r.last_at) THEN r.last_at ELSE last_seen_at END
     FROM {rows: id TEXT, n_in BIGINT, n_out BIGINT, first_at BIGINT, last_at BIGINT} WHERE contacts.id = r.id"
);

/// Adds what was stored to the contacts' counters and seen times.
pub(super) async fn count(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
    people: &mut People,
) -> Result<(), IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a ContactId,
        #[serde(flatten)]
        seen: &'a Seen,
    }
    // By contact, because one contact may have come as several people; and in one order, in which all nodes lock.
    let mut touched: BTreeMap<ContactId, Seen> = BTreeMap::new();
    for arrival in stored.new.iter().map(|new| &new.arrival) {
        for index in std::iter::once(arrival.person).chain(arrival.sender) {
            let Some(known) = people.known.get_mut(index) else {
                continue;
            };
            let (direction, at) = (arrival.message.direction, arrival.message.provider_at);
            known.seen.add(direction, at);
            let id = known.summary.id.clone();
            touched.entry(id).or_default().add(direction, at);
        }
    }
    let rows: Vec<Row> = touched.iter().map(|(id, seen)| Row { id, seen }).collect();
    if rows.is_empty() {
        return Ok(());
    }
    execute!(round.tx, &COUNT, Rows(&rows))?;
    Ok(())
}

impl Seen {
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
