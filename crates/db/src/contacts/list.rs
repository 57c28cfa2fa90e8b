//! The list of contacts, latest first, and the search by name and number.

use std::sync::LazyLock;

use super::{COLUMNS, ContactRow, with_identities};
use crate::{
    Db, DbResult, Millis,
    ids::{ContactId, TenantId},
    model::Contact,
    sql::{Batch, Rows, fetch_all},
    terms,
};

/// A place in the list. Those who wrote come first, the latest of them at the top; then those who never did, the newest at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When they last wrote. Unix milliseconds.
    pub seen_at: Option<Millis>,
    /// The contact.
    pub id: ContactId,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seen_at {
            Some(at) => write!(f, "{at}.{}", self.id),
            None => write!(f, "-.{}", self.id),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = text.split_once('.').ok_or("not a cursor of this list")?;
        let seen_at = match at {
            "-" => None,
            at => Some(at.parse().map_err(|_| "not a cursor of this list")?),
        };
        Ok(Self {
            seen_at,
            id: id.parse()?,
        })
    }
}

/// A page of contacts and where it goes on.
#[derive(Debug, Clone)]
pub struct Page {
    /// The contacts.
    pub items: Vec<Contact>,
    /// The place of the last one, when there are more.
    pub next: Option<Place>,
}

// The two halves of the list are read apart: the engines sort NULLs differently, and so both halves come straight from the index.
static SEEN: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM contacts c
         WHERE c.tenant_id = $1 AND c.merged_into IS NULL AND c.last_seen_slot IS NOT NULL
           AND (c.last_seen_slot, c.last_seen_at, c.id) < ($2 / 600000, $2, $3)
         ORDER BY c.last_seen_slot DESC, c.last_seen_at DESC, c.id DESC LIMIT $4"
    )
    .leak()
});

static UNSEEN: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM contacts c
         WHERE c.tenant_id = $1 AND c.merged_into IS NULL AND c.last_seen_slot IS NULL AND c.id < $2
         ORDER BY c.id DESC LIMIT $3"
    )
    .leak()
});

/// Later than every id.
const LAST_ID: &str = "~";

/// A page of all contacts. At most three statements.
pub async fn list(
    db: &Db,
    tenant_id: &TenantId,
    after: Option<&Place>,
    limit: i64,
) -> DbResult<Page> {
    let mut reader = db.read().await?;
    let id = after.map_or(LAST_ID, |place| crate::Id::as_str(&place.id));
    let in_seen = after.is_none_or(|place| place.seen_at.is_some());
    let mut rows = Vec::new();
    if in_seen {
        let at = after.and_then(|place| place.seen_at).unwrap_or(Millis::MAX);
        rows = fetch_all!(&mut reader, ContactRow, *SEEN, tenant_id, at, id, limit + 1)?;
    }
    let missing = limit + 1 - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if missing > 0 {
        let id = if in_seen { LAST_ID } else { id };
        rows.extend(fetch_all!(
            &mut reader,
            ContactRow,
            *UNSEEN,
            tenant_id,
            id,
            missing
        )?);
    }
    let next = cut(&mut rows, limit);
    Ok(Page {
        items: with_identities(&mut reader, tenant_id, rows).await?,
        next,
    })
}

static SEARCH: LazyLock<Batch> = LazyLock::new(|| {
    terms::matching(
        &format!("SELECT {COLUMNS}"),
        "AND ($4 = '' OR (lower(c.name), c.id) > ((SELECT lower(p.name) FROM contacts p WHERE p.id = $4 AND p.tenant_id = $2), $4))
         ORDER BY lower(c.name), c.id LIMIT $5",
    )
});

/// A page of the contacts that have every word of the text, by name. Words match by their beginning, numbers also by their end.
pub async fn search(
    db: &Db,
    tenant_id: &TenantId,
    text: &str,
    after: Option<&Place>,
    limit: i64,
) -> DbResult<Page> {
    let Some((words, count)) = terms::query_rows(text) else {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    };
    let mut reader = db.read().await?;
    let id = after.map_or("", |place| crate::Id::as_str(&place.id));
    let mut rows = fetch_all!(
        &mut reader,
        ContactRow,
        &SEARCH,
        Rows(&words),
        tenant_id,
        count,
        id,
        limit + 1
    )?;
    let next = cut(&mut rows, limit);
    Ok(Page {
        items: with_identities(&mut reader, tenant_id, rows).await?,
        next,
    })
}

/// Takes the row that only shows that there are more away again, and says where to go on.
fn cut(rows: &mut Vec<ContactRow>, limit: i64) -> Option<Place> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(|row| Place {
        seen_at: row.last_seen_at,
        id: row.summary.contact_id.clone(),
    })
}

/// The plan the engine chooses for the search, for the test that proves the index.
#[cfg(feature = "testing")]
pub async fn explain_search(db: &Db, tenant_id: &TenantId, text: &str) -> DbResult<String> {
    let (words, count) = terms::query_rows(text).unwrap_or_default();
    crate::testing::explained!(db, &SEARCH, Rows(&words), tenant_id, count, "", 50_i64)
}

/// The plan the engine chooses for the list, for the test that proves the index.
#[cfg(feature = "testing")]
pub async fn explain_list(db: &Db, tenant_id: &TenantId) -> DbResult<String> {
    crate::testing::explained!(db, *SEEN, tenant_id, 1_790_000_000_000_i64, "~", 50_i64)
}
