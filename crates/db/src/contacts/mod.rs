//! Contacts: one of them, several at once, what people of the team do with them. Lists and search are in `list`, numbers and doubles in
//! `overview`.

mod list;
mod overview;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use list::{Page, Place, list, search};
#[cfg(feature = "testing")]
pub use list::{explain_list, explain_search};
pub use overview::{Duplicates, Statistics, duplicates, statistics};

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    event::{Audience, ContactChanged, Draft, Event},
    ids::{ContactId, GroupId, TenantId},
    model::{Contact, ContactSummary, Identity, IdentityKind, NameSource, SummaryRow},
    per_engine::locking,
    sql::{Batch, Lend, Rows, batch, execute, fetch_all, fetch_optional, id_rows},
    terms,
};

/// Columns of a contact `c`, as [`ContactRow`] reads them.
const COLUMNS: &str = "c.id AS contact_id, c.name AS contact_name, c.name_source AS contact_name_source, c.phone AS contact_phone, \
     c.username AS contact_username, c.is_group AS contact_is_group, c.picture AS contact_picture, c.profile_name, c.notes, c.blocked, c.first_seen_at, \
     c.last_seen_at, c.messages_in, c.messages_out, c.created_at, c.updated_at";

#[derive(Debug, Clone, sqlx::FromRow)]
struct ContactRow {
    #[sqlx(flatten)]
    summary: SummaryRow,
    profile_name: Option<String>,
    notes: String,
    blocked: bool,
    first_seen_at: Option<Millis>,
    last_seen_at: Option<Millis>,
    messages_in: i64,
    messages_out: i64,
    created_at: Millis,
    updated_at: Millis,
}

impl ContactRow {
    fn with(self, identities: Vec<Identity>) -> Contact {
        Contact {
            summary: ContactSummary::from(self.summary),
            profile_name: self.profile_name,
            notes: self.notes,
            blocked: self.blocked,
            identities,
            first_seen_at: self.first_seen_at,
            last_seen_at: self.last_seen_at,
            messages_in: self.messages_in,
            messages_out: self.messages_out,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

#[derive(Debug, sqlx::FromRow)]
struct OwnedIdentity {
    contact_id: ContactId,
    #[sqlx(flatten)]
    identity: Identity,
}

static BY_IDS: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(&format!(
        "SELECT {COLUMNS} FROM contacts c WHERE c.tenant_id = $2 AND c.id IN (SELECT r.id FROM {{rows: id TEXT}})"
    ))
});

batch!(
    IDENTITIES,
    "SELECT i.contact_id, i.kind, i.scope, i.value, i.is_current FROM identities i
     WHERE i.tenant_id = $2 AND i.contact_id IN (SELECT r.id FROM {rows: id TEXT})
     ORDER BY i.is_current DESC, i.kind DESC, i.scope, i.value"
);

/// Contacts with their identities, in the order of their ids as given; those that are not there are left out. Two statements.
pub(crate) async fn load(
    on: &mut impl Lend,
    tenant_id: &TenantId,
    ids: &[ContactId],
) -> DbResult<Vec<Contact>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = fetch_all!(on, ContactRow, &BY_IDS, Rows(&id_rows(ids)), tenant_id)?;
    let mut found = with_identities(on, tenant_id, rows).await?;
    let place: HashMap<&ContactId, usize> =
        ids.iter().enumerate().map(|(at, id)| (id, at)).collect();
    found.sort_by_key(|contact| place.get(&contact.summary.id).copied());
    Ok(found)
}

/// Completes rows, keeping their order.
async fn with_identities(
    on: &mut impl Lend,
    tenant_id: &TenantId,
    rows: Vec<ContactRow>,
) -> DbResult<Vec<Contact>> {
    let wanted = id_rows(rows.iter().map(|row| &row.summary.contact_id));
    let mut owned: HashMap<ContactId, Vec<Identity>> = HashMap::new();
    for row in fetch_all!(on, OwnedIdentity, &IDENTITIES, Rows(&wanted), tenant_id)? {
        owned.entry(row.contact_id).or_default().push(row.identity);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let identities = owned.remove(&row.summary.contact_id).unwrap_or_default();
            row.with(identities)
        })
        .collect())
}

/// One contact. A contact that was merged into another is not found.
pub async fn get(db: &Db, tenant_id: &TenantId, id: &ContactId) -> DbResult<Contact> {
    let mut reader = db.read().await?;
    let live = fetch_optional!(
        &mut reader,
        (ContactId,),
        "SELECT id FROM contacts WHERE id = $1 AND tenant_id = $2 AND merged_into IS NULL",
        id,
        tenant_id
    )?;
    let (id,) = live.ok_or(DbError::NotFound)?;
    let mut found = load(&mut reader, tenant_id, &[id]).await?;
    found.pop().ok_or(DbError::NotFound)
}

locking!(
    LOCK,
    "SELECT id FROM contacts WHERE id = $1 AND tenant_id = $2 AND merged_into IS NULL"
);

/// Locked until the transaction's end, so that counts that messages add meanwhile are not overwritten.
async fn get_locked(tx: &mut Tx, tenant_id: &TenantId, id: &ContactId) -> DbResult<Contact> {
    let live = fetch_optional!(tx, (ContactId,), LOCK, id, tenant_id)?;
    let (id,) = live.ok_or(DbError::NotFound)?;
    let mut found = load(tx, tenant_id, &[id]).await?;
    found.pop().ok_or(DbError::NotFound)
}

/// A contact as somebody enters it by hand.
#[derive(Debug, Clone)]
pub struct New {
    /// Its name; must not be blank.
    pub name: String,
    /// E.164, as [`normalize_phone`](crate::normalize_phone) gives it.
    pub phone: String,
}

/// Enters a contact by hand and notes `contact:new`.
///
/// # Errors
/// [`DbError::Conflict`] naming `phone` when somebody has this number already; the transaction must then be dropped.
pub async fn insert(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &New,
    now: Millis,
) -> DbResult<Contact> {
    let id = ContactId::new(now);
    let value = new.phone.trim_start_matches('+').to_owned();
    let written = execute!(
        tx,
        "INSERT INTO identities (tenant_id, kind, scope, value, contact_id, group_id, is_current, created_at)
         VALUES ($1, 'phone', '', $2, $3, $4, true, $5) ON CONFLICT DO NOTHING",
        tenant_id,
        &value,
        &id,
        GroupId::new(now),
        now
    )?;
    if written == 0 {
        return Err(DbError::Conflict("phone"));
    }
    execute!(
        tx,
        "INSERT INTO contacts (id, tenant_id, name, name_source, phone, created_at, updated_at)
         VALUES ($1, $2, $3, 'manual', $4, $5, $5)",
        &id,
        tenant_id,
        &new.name,
        &new.phone,
        now
    )?;
    let contact = load(tx, tenant_id, &[id]).await?.pop();
    let contact = contact.ok_or(DbError::NotFound)?;
    renew_terms(tx, tenant_id, &[&contact], &[]).await?;
    announce(tx, tenant_id, Event::ContactNew, &contact);
    Ok(contact)
}

/// What somebody changes of a contact; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// A name of our own; blank goes back to the one from WhatsApp.
    pub name: Option<String>,
    /// What we noted down.
    pub notes: Option<String>,
    /// Whether we ignore them.
    pub blocked: Option<bool>,
}

/// Changes a contact and notes `contact:updated`. What changes nothing is not noted.
pub async fn update(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ContactId,
    changes: &Changes,
    now: Millis,
) -> DbResult<Contact> {
    let held = get_locked(tx, tenant_id, id).await?;
    let mut next = held.clone();
    if let Some(name) = &changes.name {
        (next.summary.name, next.summary.name_source) = match name.trim() {
            "" => own_name(&held),
            name => (name.to_owned(), NameSource::Manual),
        };
    }
    if let Some(notes) = &changes.notes {
        next.notes.clone_from(notes);
    }
    next.blocked = changes.blocked.unwrap_or(held.blocked);
    if next == held {
        return Ok(held);
    }
    next.updated_at = now;
    write(tx, tenant_id, &next, now).await?;
    if next.summary.name != held.summary.name {
        renew_terms(tx, tenant_id, &[&next], &[]).await?;
    }
    announce(tx, tenant_id, Event::ContactUpdated, &next);
    Ok(next)
}

/// The name a contact has without our own: profile, username, number, masked id.
fn own_name(contact: &Contact) -> (String, NameSource) {
    let summary = &contact.summary;
    if let Some(name) = &contact.profile_name {
        return (name.clone(), NameSource::Profile);
    }
    if let Some(name) = &summary.username {
        return (format!("@{name}"), NameSource::Username);
    }
    let stand_in = summary.phone.clone().unwrap_or_else(|| {
        let id = contact
            .identities
            .first()
            .map_or("", |id| id.value.as_str());
        let end = id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        format!("…{}", id.get(end..).unwrap_or_default())
    });
    (stand_in, NameSource::Number)
}

/// Stores what people and merges may change of a contact.
pub(crate) async fn write(
    tx: &mut Tx,
    tenant_id: &TenantId,
    contact: &Contact,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE contacts SET name = $3, name_source = $4, profile_name = $5, username = $6, phone = $7, notes = $8, blocked = $9,
           first_seen_at = $10, last_seen_at = $11, messages_in = $12, messages_out = $13, updated_at = $14
         WHERE id = $1 AND tenant_id = $2",
        &contact.summary.id,
        tenant_id,
        &contact.summary.name,
        contact.summary.name_source.as_str(),
        &contact.profile_name,
        &contact.summary.username,
        &contact.summary.phone,
        &contact.notes,
        contact.blocked,
        contact.first_seen_at,
        contact.last_seen_at,
        contact.messages_in,
        contact.messages_out,
        now
    )
    .map(drop)
}

/// Gives contacts the words that follow from what they are called; contacts in `gone` lose theirs.
pub(crate) async fn renew_terms(
    tx: &mut Tx,
    tenant_id: &TenantId,
    contacts: &[&Contact],
    gone: &[&ContactId],
) -> DbResult<()> {
    let found: Vec<terms::Found> = contacts
        .iter()
        .map(|contact| terms::Found {
            contact_id: &contact.summary.id,
            name: &contact.summary.name,
            profile_name: contact.profile_name.as_deref(),
            username: contact.summary.username.as_deref(),
            phone: contact.summary.phone.as_deref(),
            ids: other_ids(contact),
        })
        .collect();
    terms::replace(tx, tenant_id, &found, gone).await
}

/// Ids other than the number that is shown.
fn other_ids(contact: &Contact) -> Vec<&str> {
    let shown = contact.summary.phone.as_deref().unwrap_or_default();
    contact
        .identities
        .iter()
        .filter(|id| id.kind != IdentityKind::Group && id.value != shown.trim_start_matches('+'))
        .map(|id| id.value.as_str())
        .collect()
}

/// Notes an event about a contact for everybody of the tenant.
pub(crate) fn announce(
    tx: &mut Tx,
    tenant_id: &TenantId,
    event: fn(ContactChanged) -> Event,
    contact: &Contact,
) {
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: event(ContactChanged {
            contact: contact.clone(),
        }),
    });
}
