//! What the contacts page tells of all contacts: statistics, and people who may be in it twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::load;
use crate::{
    Db, DbResult, Millis,
    ids::{ContactId, TenantId},
    model::Contact,
    sql::{fetch_all, fetch_one},
    terms,
};

/// Most groups of doubles that are shown at once; the rest follow once these are merged.
const MAX_GROUPS: i64 = 50;

/// Most contacts of one group that are shown.
const MAX_GROUP: usize = 10;

/// Most rows that are read for them.
const MAX_ROWS: i64 = 500;

/// Numbers of the contacts page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
#[schema(as = ContactStatistics)]
pub struct Statistics {
    /// All contacts.
    pub total: i64,
    /// First known since the day began.
    pub new_today: i64,
    /// With a name of ours, from the profile, or a username.
    pub named: i64,
    /// Known by their number or id only.
    pub number_only: i64,
    /// Groups of contacts that may be one person.
    pub duplicates: i64,
}

/// Counts a tenant's contacts; `day_start` is where its day began.
pub async fn statistics(db: &Db, tenant_id: &TenantId, day_start: Millis) -> DbResult<Statistics> {
    let statement: &'static str = STATISTICS.as_str();
    let mut reader = db.read().await?;
    fetch_one!(&mut reader, Statistics, statement, tenant_id, day_start)
}

static STATISTICS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT count(*) AS total,
           CAST(COALESCE(sum(CASE WHEN created_at >= $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS new_today,
           CAST(COALESCE(sum(CASE WHEN name_source <> 'number' THEN 1 ELSE 0 END), 0) AS BIGINT) AS named,
           CAST(COALESCE(sum(CASE WHEN name_source = 'number' THEN 1 ELSE 0 END), 0) AS BIGINT) AS number_only,
           (SELECT count(*) FROM ({}) AS doubles) AS duplicates
         FROM contacts WHERE tenant_id = $1 AND merged_into IS NULL",
        *DOUBLE_KEYS
    )
});

/// Keys that several contacts share. Reads only the keys' part of the index.
static DOUBLE_KEYS: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT t.term FROM contact_terms t WHERE t.tenant_id = $1 AND {} GROUP BY t.term HAVING count(*) > 1",
        terms::KEY_RANGES
    )
});

static DOUBLES: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "SELECT d.term, d.contact_id FROM contact_terms d
         WHERE d.tenant_id = $1 AND d.term IN (SELECT k.term FROM ({} ORDER BY t.term LIMIT $2) AS k)
         ORDER BY d.term, d.contact_id LIMIT $3",
        *DOUBLE_KEYS
    )
});

/// Contacts that may be one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ContactDuplicates)]
pub struct Duplicates {
    /// Why they may be, in words.
    pub reason: String,
    /// The contacts.
    pub contacts: Vec<Contact>,
}

/// Contacts that may be one person: the same name, or two spellings of one number. A bounded number of groups.
pub async fn duplicates(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<Duplicates>> {
    let statement: &'static str = DOUBLES.as_str();
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        (String, ContactId),
        statement,
        tenant_id,
        MAX_GROUPS,
        MAX_ROWS
    )?;
    let mut groups: BTreeMap<String, Vec<ContactId>> = BTreeMap::new();
    for (term, id) in rows {
        let group = groups.entry(term).or_default();
        if group.len() < MAX_GROUP {
            group.push(id);
        }
    }
    let ids: Vec<ContactId> = groups.values().flatten().cloned().collect();
    let mut known: BTreeMap<ContactId, Contact> = BTreeMap::new();
    for contact in load(&mut reader, tenant_id, &ids).await? {
        known.insert(contact.summary.id.clone(), contact);
    }
    Ok(groups
        .into_iter()
        .filter_map(|(term, ids)| group(&term, &ids, &known))
        .collect())
}

/// One group; `None` where the key has become outdated or belongs to chat groups.
fn group(
    term: &str,
    ids: &[ContactId],
    known: &BTreeMap<ContactId, Contact>,
) -> Option<Duplicates> {
    let is_line = terms::is_line_key(term);
    let has_key = |contact: &&Contact| {
        let summary = &contact.summary;
        if is_line {
            summary.phone.as_deref().map(terms::line_key).as_deref() == Some(term)
        } else {
            !summary.is_group && terms::name_key(&summary.name) == term
        }
    };
    let contacts: Vec<Contact> = ids
        .iter()
        .filter_map(|id| known.get(id))
        .filter(has_key)
        .cloned()
        .collect();
    let reason = if is_line {
        "Their numbers are two ways to write the same line"
    } else {
        "They have the same name"
    };
    (contacts.len() > 1).then(|| Duplicates {
        reason: reason.to_owned(),
        contacts,
    })
}
