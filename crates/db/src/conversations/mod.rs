//! Conversations: the list with its filters (`list`), one, and what agents do with them (`changes`).

mod changes;
mod list;

use std::sync::LazyLock;

use serde::Serialize;

use crate::{
    Db, DbResult, Tx,
    ids::{AccountId, ContactId, ConversationId, TenantId, UserId},
    model::{CONVERSATION_COLUMNS, Conversation, ConversationRow},
    sql::{Batch, Lend, Rows, batch, fetch_all, fetch_one, fetch_optional, id_rows},
};

pub use changes::{Changes, mark_read, next_snooze, update, wake_snoozed};
pub(crate) use changes::{announce_updated, close_windows};
#[cfg(feature = "testing")]
pub use list::explain_list;
pub use list::{Assignee, Filter, Place, Sort, list};

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

// Not `merged_into IS NULL`: without statistics PostgreSQL takes that for so rare that it would read a partial index from end to end.
static ONE: LazyLock<&'static str> = LazyLock::new(|| {
    format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.id = $1 AND v.tenant_id = $2 AND COALESCE(v.merged_into, '') = ''"
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

static MANY: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(&format!(
        "SELECT {CONVERSATION_COLUMNS} FROM {{rows: id TEXT, tenant_id TEXT}}
         JOIN conversations v ON v.id = r.id AND v.tenant_id = r.tenant_id JOIN contacts c ON c.id = v.contact_id"
    ))
});

/// Several conversations of one or more tenants, in any order, inside a transaction.
pub(crate) async fn load_many(
    tx: &mut Tx,
    ids: &[(&TenantId, &ConversationId)],
) -> DbResult<Vec<Conversation>> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a ConversationId,
        tenant_id: &'a TenantId,
    }
    let rows: Vec<Row> = ids
        .iter()
        .map(|(tenant_id, id)| Row { id, tenant_id })
        .collect();
    let rows = fetch_all!(tx, ConversationRow, &MANY, Rows(&rows))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
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
