//! Who it is that a linked device tells of, and where, by the ids that it tells: for what is shown for the moment and never stored.

use serde::Serialize;

use crate::{
    Db, DbResult,
    ids::{AccountId, ContactId, ConversationId, TenantId},
    ingest::IdentityKey,
    model::IdentityKind,
    sql::{Rows, batch, fetch_optional},
};

/// Somebody, by an id of theirs.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Known {
    /// Their contact.
    pub contact_id: ContactId,
    /// Its name.
    pub name: String,
    /// Their conversation with the account, where there is one.
    pub conversation_id: Option<ConversationId>,
}

/// Who has one of these ids (which are one person's, or a group's), and their conversation with an account.
pub async fn find_known(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    keys: &[IdentityKey],
) -> DbResult<Option<Known>> {
    batch!(
        FIND_KNOWN,
        "SELECT c.id AS contact_id, c.name, v.id AS conversation_id FROM {rows: kind TEXT, scope TEXT, value TEXT}
         JOIN identities i ON i.tenant_id = $2 AND i.kind = r.kind AND i.scope = r.scope AND i.value = r.value
         JOIN contacts c ON c.id = i.contact_id
         LEFT JOIN conversations v ON v.account_id = $3 AND v.group_id = i.group_id AND v.merged_into IS NULL
         ORDER BY v.id IS NULL LIMIT 1"
    );
    #[derive(Serialize)]
    struct Row<'a> {
        kind: IdentityKind,
        scope: &'a str,
        value: &'a str,
    }
    let rows: Vec<Row<'_>> = keys
        .iter()
        .map(|key| Row {
            kind: key.kind,
            scope: &key.scope,
            value: &key.value,
        })
        .collect();
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Known,
        &FIND_KNOWN,
        Rows(&rows),
        tenant_id,
        account_id
    )
}
