//! What the batch writes of people: new contacts, their ids and words; and better names of known ones.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use super::{
    super::{IngestError, Round, locks},
    Key, People, Resolved, State,
};
use crate::{
    Millis, contacts,
    ids::{ContactId, GroupId, TenantId},
    model::{IdentityKind, NameSource},
    sql::{Rows, batch, execute, fetch_all},
    terms,
};

/// Ids that the batch has to write.
#[derive(Debug, Default)]
pub(super) struct Writes {
    pub new: Vec<PlacedId>,
    /// Ids that are taken from a contact that no longer has them (a number given to somebody else), or that hold again.
    pub reassigned: Vec<PlacedId>,
    pub outdated: Vec<Key>,
}

/// An id with whom it belongs to from now on.
#[derive(Debug)]
pub(super) struct PlacedId {
    pub key: Key,
    pub contact_id: ContactId,
    pub group_id: GroupId,
    pub is_current: bool,
}

batch!(
    INSERT_CONTACTS,
    "INSERT INTO contacts (id, tenant_id, name, name_source, profile_name, username, phone, is_group, created_at, updated_at)
     SELECT r.id, r.tenant_id, r.name, r.name_source, r.profile_name, r.username, r.phone, r.is_group, r.at, r.at
     FROM {rows: id TEXT, tenant_id TEXT, name TEXT, name_source TEXT, profile_name TEXT, username TEXT, phone TEXT, is_group BOOLEAN, at BIGINT}"
);
// Somebody may have given a name of our own since the contact was read: compared here, where the row is locked.
batch!(
    UPDATE_CONTACTS,
    "UPDATE contacts SET
       name = CASE WHEN r.name_rank >= CASE contacts.name_source WHEN 'manual' THEN 3 WHEN 'profile' THEN 2 WHEN 'username' THEN 1 ELSE 0 END
         THEN r.name ELSE contacts.name END,
       name_source = CASE WHEN r.name_rank >= CASE contacts.name_source WHEN 'manual' THEN 3 WHEN 'profile' THEN 2 WHEN 'username' THEN 1 ELSE 0 END
         THEN r.name_source ELSE contacts.name_source END,
       profile_name = r.profile_name, username = r.username, phone = r.phone, updated_at = r.at
     FROM {rows: id TEXT, tenant_id TEXT, name TEXT, name_source TEXT, name_rank BIGINT, profile_name TEXT, username TEXT, phone TEXT, at BIGINT}
     WHERE contacts.id = r.id AND contacts.tenant_id = r.tenant_id
     RETURNING contacts.id, contacts.name, contacts.name_source"
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
     FROM {rows: tenant_id TEXT, kind TEXT, scope TEXT, value TEXT, contact_id TEXT, group_id TEXT}
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
    /// Below every source where the batch brought no name.
    name_rank: i64,
    profile_name: Option<&'a str>,
    username: Option<&'a str>,
    phone: Option<&'a str>,
    is_group: bool,
    at: Millis,
}

impl<'a> ContactRow<'a> {
    fn new(contact: &'a Resolved, now: Millis) -> Self {
        let summary = &contact.summary;
        Self {
            id: &summary.id,
            tenant_id: &contact.tenant_id,
            name: &summary.name,
            name_source: summary.name_source,
            name_rank: if contact.has_new_name {
                rank(summary.name_source)
            } else {
                -1
            },
            profile_name: contact.profile_name.as_deref(),
            username: summary.username.as_deref(),
            phone: summary.phone.as_deref(),
            is_group: summary.is_group,
            at: now,
        }
    }
}

/// Sources of names by how good they are; the statement says the same.
fn rank(source: NameSource) -> i64 {
    match source {
        NameSource::Number => 0,
        NameSource::Username => 1,
        NameSource::Profile => 2,
        NameSource::Manual => 3,
    }
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
    fn of((tenant_id, key): &'a Key, at: Millis) -> Self {
        Self {
            tenant_id,
            kind: key.kind,
            scope: &key.scope,
            value: &key.value,
            contact_id: None,
            group_id: None,
            is_current: false,
            at,
        }
    }

    /// In one order, so that two writers with the same people wait for each other rather than block each other.
    fn all(placed: &'a mut [PlacedId], at: Millis) -> Vec<Self> {
        placed.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let rows = placed.iter().map(|placed| Self {
            contact_id: Some(&placed.contact_id),
            group_id: Some(&placed.group_id),
            is_current: placed.is_current,
            ..Self::of(&placed.key, at)
        });
        rows.collect()
    }
}

impl Writes {
    /// Contacts that were there before the batch and are given ids.
    fn known(&self, people: &People) -> BTreeSet<ContactId> {
        let fresh: HashSet<&ContactId> = people
            .in_state(State::New)
            .map(|contact| &contact.summary.id)
            .collect();
        let placed = self.new.iter().chain(&self.reassigned);
        let known = placed.map(|placed| &placed.contact_id);
        known.filter(|id| !fresh.contains(id)).cloned().collect()
    }

    /// Writes new contacts and all ids.
    pub(super) async fn write(
        mut self,
        round: &mut Round<'_>,
        people: &People,
    ) -> Result<(), IngestError> {
        insert_contacts(round, people).await?;
        let now = round.now;
        if !self.new.is_empty() {
            let rows = IdentityRow::all(&mut self.new, now);
            let written = execute!(round.tx, &INSERT_IDENTITIES, Rows(&rows))?;
            if usize::try_from(written).ok() != Some(rows.len()) {
                return Err(IngestError::Raced);
            }
        }
        if !self.reassigned.is_empty() {
            let rows = IdentityRow::all(&mut self.reassigned, now);
            execute!(round.tx, &REASSIGN_IDENTITIES, Rows(&rows))?;
        }
        if !locks::are_there(round, &self.known(people)).await? {
            return Err(IngestError::Raced);
        }
        if !self.outdated.is_empty() {
            self.outdated.sort_unstable();
            let keys = self.outdated.iter();
            let rows: Vec<IdentityRow> = keys.map(|key| IdentityRow::of(key, now)).collect();
            execute!(round.tx, &OUTDATE_IDENTITIES, Rows(&rows))?;
        }
        Ok(())
    }
}

/// New contacts, and the words by which they are found.
async fn insert_contacts(round: &mut Round<'_>, people: &People) -> Result<(), IngestError> {
    let rows: Vec<ContactRow> = people
        .in_state(State::New)
        .map(|contact| ContactRow::new(contact, round.now))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    execute!(round.tx, &INSERT_CONTACTS, Rows(&rows))?;
    let terms: Vec<terms::TermRow> = people.in_state(State::New).flat_map(terms_of).collect();
    Ok(terms::insert(round.tx, &terms).await?)
}

fn terms_of(contact: &Resolved) -> impl Iterator<Item = terms::TermRow> {
    let summary = &contact.summary;
    let mut words = terms::of(
        &summary.name,
        contact.profile_name.as_deref(),
        summary.username.as_deref(),
        summary.phone.as_deref(),
    );
    let ids = contact
        .identities
        .iter()
        .filter(|identity| identity.kind != IdentityKind::Phone);
    words.extend(ids.flat_map(|identity| terms::of_id(&identity.value)));
    words.into_iter().map(|term| terms::TermRow {
        tenant_id: contact.tenant_id.clone(),
        term,
        contact_id: summary.id.clone(),
    })
}

/// Writes what was learned of known contacts, takes over names that are better meanwhile, and renews the words by which they are found. The
/// contacts' rows are locked already.
pub(super) async fn update_contacts(
    round: &mut Round<'_>,
    people: &mut People,
) -> Result<(), IngestError> {
    let rows: Vec<ContactRow> = people
        .in_state(State::Changed)
        .map(|contact| ContactRow::new(contact, round.now))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let kept = fetch_all!(
        round.tx,
        (ContactId, String, String),
        &UPDATE_CONTACTS,
        Rows(&rows)
    )?;
    drop(rows);
    for (id, name, source) in kept {
        let index = people.by_contact.get(&id);
        if let Some(contact) = index.and_then(|index| people.resolved.get_mut(*index)) {
            contact.summary.name = name;
            let unknown = |reason| IngestError::Db(crate::DbError::Corrupt(reason));
            contact.summary.name_source = source.parse().map_err(unknown)?;
        }
    }
    people.agree();
    for contact in people.in_state(State::Changed) {
        let (tenant_id, id) = (&contact.tenant_id, &contact.summary.id);
        let loaded = contacts::load(round.tx, tenant_id, std::slice::from_ref(id)).await?;
        let loaded: Vec<_> = loaded.iter().collect();
        contacts::renew_terms(round.tx, tenant_id, &loaded, &[]).await?;
    }
    Ok(())
}
