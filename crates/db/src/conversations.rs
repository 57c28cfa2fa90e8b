//! Conversations: the list with its filters, one, and what agents do with them.

use std::{collections::BTreeSet, sync::LazyLock};

use serde::Serialize;

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    event::{Audience, ConversationChanged, ConversationRead, Draft, Event},
    ids::{AccountId, ContactId, ConversationId, MessageId, TenantId, UserId},
    messages,
    model::{CONVERSATION_COLUMNS, Conversation, ConversationRow, ConversationStatus},
    sql::{Batch, Lend, Rows, batch, execute, fetch_all, fetch_one, fetch_optional, id_rows},
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Time of the last message. Unix milliseconds.
    pub at: Millis,
    /// The conversation.
    pub id: ConversationId,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl std::str::FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = text.split_once('.').ok_or("not a cursor of this list")?;
        Ok(Self {
            at: at.parse().map_err(|_| "not a cursor of this list")?,
            id: id.parse()?,
        })
    }
}

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

/// How many conversations wait, by view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema, sqlx::FromRow)]
#[schema(as = ConversationCounts)]
pub struct Counts {
    /// Open and assigned to the asking user.
    pub mine: i64,
    /// Open and assigned to nobody.
    pub unassigned: i64,
    /// Open.
    pub all: i64,
    /// Open with unread messages.
    pub unread: i64,
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

/// Numbers beside the views.
pub async fn counts(
    db: &Db,
    tenant_id: &TenantId,
    accounts: &[AccountId],
    user_id: &UserId,
) -> DbResult<Counts> {
    batch!(
        COUNTS,
        "SELECT CAST(COALESCE(sum(CASE WHEN v.assignee_id = $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS mine,
                CAST(COALESCE(sum(CASE WHEN v.assignee_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS unassigned,
                count(*) AS \"all\",
                CAST(COALESCE(sum(CASE WHEN v.unread_count > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS unread
         FROM conversations v
         WHERE v.tenant_id = $2 AND v.status = 'open' AND v.merged_into IS NULL AND v.last_message_id IS NOT NULL
           AND v.account_id IN (SELECT r.id FROM {rows: id TEXT})"
    );
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Counts,
        &COUNTS,
        Rows(&id_rows(accounts)),
        tenant_id,
        user_id
    )
}

static ONE: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.id = $1 AND v.tenant_id = $2 AND v.merged_into IS NULL"
    )
    .leak()
});

static OF_CONTACT: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.contact_id = $1 AND v.tenant_id = $2 AND v.merged_into IS NULL AND v.last_message_id IS NOT NULL
         ORDER BY v.last_message_at DESC, v.id DESC LIMIT 100"
    )
    .leak()
});

/// One conversation. A conversation that was folded into another is not found.
pub async fn get(db: &Db, tenant_id: &TenantId, id: &ConversationId) -> DbResult<Conversation> {
    let mut reader = db.read().await?;
    load(&mut reader, tenant_id, id).await
}

/// One conversation, inside a transaction or out of it.
pub(crate) async fn load(
    on: &mut impl Lend,
    tenant_id: &TenantId,
    id: &ConversationId,
) -> DbResult<Conversation> {
    fetch_one!(on, ConversationRow, *ONE, id, tenant_id).map(Conversation::from)
}

/// Where a folded conversation's messages are now.
pub async fn find_survivor(
    db: &Db,
    tenant_id: &TenantId,
    id: &ConversationId,
) -> DbResult<Option<ConversationId>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (Option<ConversationId>,),
        "SELECT merged_into FROM conversations WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )?;
    Ok(found.and_then(|(into,)| into))
}

/// A contact's conversations, newest first, on the accounts that may be seen.
pub async fn list_of_contact(
    db: &Db,
    tenant_id: &TenantId,
    contact_id: &ContactId,
    accounts: &[AccountId],
) -> DbResult<Vec<Conversation>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        ConversationRow,
        *OF_CONTACT,
        contact_id,
        tenant_id
    )?;
    Ok(rows
        .into_iter()
        .map(Conversation::from)
        .filter(|found| accounts.contains(&found.account_id))
        .collect())
}

/// What an agent changes of a conversation; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Open, resolve, snooze.
    pub status: Option<ConversationStatus>,
    /// Until when, with a snooze.
    pub snoozed_until: Option<Millis>,
    /// Assign, or with `Some(None)` unassign.
    pub assignee_id: Option<Option<UserId>>,
}

/// Changes a conversation and notes `conversation:updated`.
pub async fn update(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
    changes: &Changes,
    now: Millis,
) -> DbResult<Conversation> {
    let status = changes.status.map(ConversationStatus::as_str);
    let keeps_assignee = i64::from(changes.assignee_id.is_none());
    let changed = execute!(
        tx,
        "UPDATE conversations SET
           status = COALESCE($3, status),
           snoozed_until = CASE WHEN $3 IS NULL THEN snoozed_until WHEN $3 = 'snoozed' THEN $4 ELSE NULL END,
           assignee_id = CASE WHEN $5 = 1 THEN assignee_id ELSE $6 END,
           updated_at = $7, version = version + 1
         WHERE id = $1 AND tenant_id = $2 AND merged_into IS NULL",
        id,
        tenant_id,
        status,
        changes.snoozed_until,
        keeps_assignee,
        changes.assignee_id.clone().flatten(),
        now
    )?;
    if changed == 0 {
        return Err(DbError::NotFound);
    }
    announce_updated(tx, tenant_id, id).await
}

/// Notes `conversation:updated` with the conversation as it is now.
pub(crate) async fn announce_updated(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
) -> DbResult<Conversation> {
    let conversation = load(tx, tenant_id, id).await?;
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Account(conversation.account_id.clone()),
        event: Event::ConversationUpdated(ConversationChanged {
            conversation: conversation.clone(),
        }),
    });
    Ok(conversation)
}

/// Closes windows that the provider says are closed, and notes `conversation:updated` where that is news.
pub(crate) async fn close_windows(
    tx: &mut Tx,
    conversations: &BTreeSet<(TenantId, ConversationId)>,
    now: Millis,
) -> DbResult<()> {
    for (tenant_id, id) in conversations {
        let closed = execute!(
            tx,
            "UPDATE conversations SET window_expires_at = $3, updated_at = $3, version = version + 1
             WHERE id = $1 AND tenant_id = $2 AND window_expires_at > $3 AND merged_into IS NULL",
            id,
            tenant_id,
            now
        )?;
        if closed > 0 {
            announce_updated(tx, tenant_id, id).await?;
        }
    }
    Ok(())
}

/// Marks a conversation as read up to a message and notes `conversation:read`. Reading what is read changes nothing.
///
/// # Errors
/// [`DbError::NotFound`] when the message is not of this conversation.
pub async fn mark_read(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
    up_to: &MessageId,
    user_id: &UserId,
    now: Millis,
) -> DbResult<Conversation> {
    let place = messages::find_place(tx, tenant_id, id, up_to)
        .await?
        .ok_or(DbError::NotFound)?;
    let held = load(tx, tenant_id, id).await?;
    if held.unread_count == 0 {
        return Ok(held);
    }
    let (newer,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE conversation_id = $1 AND tenant_id = $2
           AND (provider_at, id) > ($3, $4) AND direction = 'in' AND source = 'live' LIMIT $5) AS newer",
        id,
        tenant_id,
        place.at,
        &place.id,
        held.unread_count
    )?;
    if newer >= held.unread_count {
        return Ok(held);
    }
    let (version,) = fetch_one!(
        tx,
        (i64,),
        "UPDATE conversations SET unread_count = $3, updated_at = $4, version = version + 1
         WHERE id = $1 AND tenant_id = $2 RETURNING version",
        id,
        tenant_id,
        newer,
        now
    )?;
    let event = Event::ConversationRead(ConversationRead {
        conversation_id: id.clone(),
        unread_count: newer,
        user_id: Some(user_id.clone()),
        version,
    });
    let audience = Audience::Account(held.account_id.clone());
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience,
        event,
    });
    Ok(Conversation {
        unread_count: newer,
        updated_at: now,
        version,
        ..held
    })
}

/// When the next snooze is over.
pub async fn next_snooze(db: &Db) -> DbResult<Option<Millis>> {
    let mut reader = db.read().await?;
    let (next,) = fetch_one!(
        &mut reader,
        (Option<Millis>,),
        "SELECT min(snoozed_until) FROM conversations WHERE snoozed_until IS NOT NULL"
    )?;
    Ok(next)
}

/// Opens conversations whose snooze is over, at most 200 at once.
pub async fn wake_snoozed(tx: &mut Tx, now: Millis) -> DbResult<()> {
    let due = fetch_all!(
        tx,
        (TenantId, ConversationId),
        "UPDATE conversations SET status = 'open', snoozed_until = NULL, updated_at = $1, version = version + 1
         WHERE id IN (SELECT id FROM conversations WHERE snoozed_until <= $1 ORDER BY snoozed_until LIMIT 200)
         RETURNING tenant_id, id",
        now
    )?;
    for (tenant_id, id) in due {
        announce_updated(tx, &tenant_id, &id).await?;
    }
    Ok(())
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
