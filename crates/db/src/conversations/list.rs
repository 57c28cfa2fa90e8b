//! The list of conversations with its filters, and the search by contact.

use std::sync::LazyLock;

use crate::{
    Db, DbResult, Id, Millis,
    ids::{AccountId, ContactId, ConversationId, TenantId, UserId},
    model::{CONVERSATION_COLUMNS, Conversation, ConversationRow, ConversationStatus},
    sql::{Batch, Rows, fetch_all, id_rows},
    terms,
};

/// Whose conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// Everybody's.
    Any,
    /// Nobody's.
    Nobody,
    /// One user's.
    User(UserId),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Latest message first.
    Newest,
    /// Longest silence first.
    Oldest,
}

/// A place in the list.
pub type Place = crate::Place<ConversationId>;

/// What the list shows.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Accounts that may be seen, narrowed to those asked for.
    pub accounts: Vec<AccountId>,
    /// Only these; empty = all.
    pub statuses: Vec<ConversationStatus>,
    /// Whose.
    pub assignee: Assignee,
    /// Only with unread messages.
    pub unread: bool,
    /// Words of a name, or digits of a number.
    pub search: Option<String>,
    /// In which order.
    pub sort: Sort,
    /// After this place.
    pub after: Option<Place>,
    /// At most this many.
    pub limit: i64,
}

fn list_sql(order: &str, compare: &str) -> Batch {
    Batch::new(&format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.tenant_id = $2 AND v.status = $3 AND v.merged_into IS NULL AND v.last_message_id IS NOT NULL
           AND v.account_id IN (SELECT r.id FROM {{rows: id TEXT}})
           AND ($4 = 0 OR ($4 = 1 AND v.assignee_id IS NULL) OR ($4 = 2 AND v.assignee_id = $5))
           AND ($6 = 0 OR v.unread_count > 0)
           AND (v.last_message_slot, v.last_message_at, v.id) {compare} ($7 / 600000, $7, $8)
         ORDER BY v.last_message_slot {order}, v.last_message_at {order}, v.id {order} LIMIT $9"
    ))
}

static NEWEST: LazyLock<Batch> = LazyLock::new(|| list_sql("DESC", "<"));
static OLDEST: LazyLock<Batch> = LazyLock::new(|| list_sql("ASC", ">"));

/// Most contacts whose conversations a search looks at: those seen last.
const MAX_FOUND_CONTACTS: i64 = 200;

static OF_CONTACTS: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(&format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.tenant_id = $2 AND v.merged_into IS NULL AND v.last_message_id IS NOT NULL
           AND v.contact_id IN (SELECT r.id FROM {{rows: id TEXT}})"
    ))
});

/// A page of the list, and where it goes on.
pub async fn list(
    db: &Db,
    tenant_id: &TenantId,
    filter: &Filter,
) -> DbResult<(Vec<Conversation>, Option<Place>)> {
    let every = [
        ConversationStatus::Open,
        ConversationStatus::Snoozed,
        ConversationStatus::Resolved,
    ];
    let statuses: &[ConversationStatus] = if filter.statuses.is_empty() {
        &every
    } else {
        &filter.statuses
    };
    let mut rows = Vec::new();
    if let Some(text) = filter
        .search
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    {
        rows = search(db, tenant_id, text).await?;
        rows.retain(|row| statuses.contains(&row.status) && filter.matches(row));
    } else {
        // One indexed, limited read per status, merged here: no read grows with the tenant.
        for status in statuses {
            rows.extend(list_status(db, tenant_id, filter, *status).await?);
        }
    }
    rows.sort_by(|a, b| a.place_key().cmp(&b.place_key()));
    if filter.sort == Sort::Newest {
        rows.reverse();
    }
    let limit = usize::try_from(filter.limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| Place {
        at: row.last_message_at,
        id: row.id.clone(),
    });
    Ok((rows.into_iter().map(Conversation::from).collect(), next))
}

impl ConversationRow {
    fn place_key(&self) -> (Millis, &str) {
        (self.last_message_at, self.id.as_str())
    }
}

impl Filter {
    /// The list's conditions on what a search found; the same as the list's statement has.
    fn matches(&self, row: &ConversationRow) -> bool {
        let assigned = match &self.assignee {
            Assignee::Any => true,
            Assignee::Nobody => row.assignee_id.is_none(),
            Assignee::User(id) => row.assignee_id.as_ref() == Some(id),
        };
        let behind = self.after.as_ref().is_none_or(|place| match self.sort {
            Sort::Newest => row.place_key() < (place.at, place.id.as_str()),
            Sort::Oldest => row.place_key() > (place.at, place.id.as_str()),
        });
        assigned
            && behind
            && (!self.unread || row.unread_count > 0)
            && self.accounts.contains(&row.account_id)
    }
}

static FOUND: LazyLock<Batch> = LazyLock::new(|| {
    terms::matching(
        "SELECT c.id",
        "ORDER BY COALESCE(c.last_seen_at, 0) DESC LIMIT $4",
    )
});

async fn search(db: &Db, tenant_id: &TenantId, text: &str) -> DbResult<Vec<ConversationRow>> {
    let Some((words, count)) = terms::query_rows(text) else {
        return Ok(Vec::new());
    };
    let mut reader = db.read().await?;
    let found = fetch_all!(
        &mut reader,
        (ContactId,),
        &FOUND,
        Rows(&words),
        tenant_id,
        count,
        MAX_FOUND_CONTACTS
    )?;
    let found: Vec<ContactId> = found.into_iter().map(|(id,)| id).collect();
    fetch_all!(
        &mut reader,
        ConversationRow,
        &OF_CONTACTS,
        Rows(&id_rows(&found)),
        tenant_id
    )
}

async fn list_status(
    db: &Db,
    tenant_id: &TenantId,
    filter: &Filter,
    status: ConversationStatus,
) -> DbResult<Vec<ConversationRow>> {
    let (assigned, assignee) = match &filter.assignee {
        Assignee::Any => (0_i64, ""),
        Assignee::Nobody => (1, ""),
        Assignee::User(id) => (2, id.as_str()),
    };
    let newest = filter.sort == Sort::Newest;
    let start = if newest {
        (Millis::MAX, "~")
    } else {
        (Millis::MIN, "")
    };
    let (at, id) = filter
        .after
        .as_ref()
        .map_or(start, |place| (place.at, place.id.as_str()));
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        ConversationRow,
        if newest { &NEWEST } else { &OLDEST },
        Rows(&id_rows(&filter.accounts)),
        tenant_id,
        status.as_str(),
        assigned,
        assignee,
        i64::from(filter.unread),
        at,
        id,
        filter.limit + 1
    )
}

/// The plan the engine chooses for a page of the list, for the test that proves the index.
#[cfg(feature = "testing")]
pub async fn explain_list(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<String> {
    crate::testing::explained!(
        db,
        &NEWEST,
        Rows(&id_rows([account_id])),
        tenant_id,
        "open",
        0_i64,
        "",
        0_i64,
        Millis::MAX,
        "~",
        50_i64
    )
}
