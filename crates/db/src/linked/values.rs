//! What the protocol of linked devices keeps: small sealed values, each under a kind and a name, of one account. They are on disk when a
//! function returns, because the protocol counts on it: a session that is forgotten can't be read any more.

use serde::Serialize;

use super::Holder;
use crate::{
    Db, DbError, DbResult, Millis, Tx,
    ids::{AccountId, TenantId},
    sql::{Rows, batch, execute, fetch_all, fetch_optional},
};

/// A value that is to be kept.
#[derive(Debug, Clone, Serialize)]
pub struct Value<'a> {
    /// Its name among those of its kind.
    pub name: &'a str,
    /// Sealed.
    pub value: &'a str,
    /// What [`delete_before`] and [`find_last`] go by.
    pub stamp: i64,
}

/// A value, or `None` where there is none.
pub async fn find(db: &Db, holder: &Holder, kind: &str, name: &str) -> DbResult<Option<String>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (String,),
        "SELECT value FROM linked_values WHERE tenant_id = $1 AND account_id = $2 AND kind = $3 AND name = $4",
        &holder.tenant_id,
        &holder.account_id,
        kind,
        name
    )?;
    Ok(found.map(|(value,)| value))
}

/// All values of a kind whose names begin so, as name and value, in the order of their names.
pub async fn list(
    db: &Db,
    holder: &Holder,
    kind: &str,
    prefix: &str,
) -> DbResult<Vec<(String, String)>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        (String, String),
        "SELECT name, value FROM linked_values
         WHERE tenant_id = $1 AND account_id = $2 AND kind = $3 AND substr(name, 1, length($4)) = $4 ORDER BY name",
        &holder.tenant_id,
        &holder.account_id,
        kind,
        prefix
    )
}

/// The name with the highest stamp of a kind.
pub async fn find_last(db: &Db, holder: &Holder, kind: &str) -> DbResult<Option<String>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (String,),
        "SELECT name FROM linked_values WHERE tenant_id = $1 AND account_id = $2 AND kind = $3 ORDER BY stamp DESC, name DESC LIMIT 1",
        &holder.tenant_id,
        &holder.account_id,
        kind
    )?;
    Ok(found.map(|(name,)| name))
}

/// Keeps values of one kind, all or none, in place of those of the same name. No name may occur twice.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the node has the account no more.
pub async fn put(
    db: &Db,
    holder: &Holder,
    kind: &str,
    values: &[Value<'_>],
    now: Millis,
) -> DbResult<()> {
    batch!(
        PUT,
        "INSERT INTO linked_values (tenant_id, account_id, kind, name, value, stamp)
         SELECT a.tenant_id, a.id, $5, r.name, r.value, r.stamp FROM {rows: name TEXT, value TEXT, stamp BIGINT}
         JOIN accounts a ON a.tenant_id = $2 AND a.id = $3 AND a.claimed_by = $4 WHERE true
         ON CONFLICT (account_id, kind, name) DO UPDATE SET value = excluded.value, stamp = excluded.stamp"
    );
    let mut tx = db.begin().await?;
    let kept = execute!(
        &mut tx,
        &PUT,
        Rows(values),
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        kind
    )?;
    if usize::try_from(kept) != Ok(values.len()) {
        return Err(DbError::NotFound);
    }
    tx.commit(now).await.map(drop)
}

/// Removes values by their names.
pub async fn delete(
    db: &Db,
    holder: &Holder,
    kind: &str,
    names: &[&str],
    now: Millis,
) -> DbResult<()> {
    batch!(
        DELETE,
        "DELETE FROM linked_values WHERE tenant_id = $2 AND account_id = $3 AND kind = $5 AND name IN (SELECT r.name FROM {rows: name TEXT})
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.claimed_by = $4)"
    );
    #[derive(Serialize)]
    struct Named<'a> {
        name: &'a str,
    }
    let rows: Vec<Named<'_>> = names.iter().map(|name| Named { name }).collect();
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        &DELETE,
        Rows(&rows),
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        kind
    )?;
    tx.commit(now).await.map(drop)
}

/// Removes the values of a kind whose names begin so.
pub async fn delete_prefix(
    db: &Db,
    holder: &Holder,
    kind: &str,
    prefix: &str,
    now: Millis,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "DELETE FROM linked_values
         WHERE tenant_id = $1 AND account_id = $2 AND kind = $4 AND substr(name, 1, length($5)) = $5
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.claimed_by = $3)",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        kind,
        prefix
    )?;
    tx.commit(now).await.map(drop)
}

/// Removes the values of a kind with a lower stamp; returns how many there were.
pub async fn delete_before(
    db: &Db,
    holder: &Holder,
    kind: &str,
    stamp: i64,
    now: Millis,
) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let gone = execute!(
        &mut tx,
        "DELETE FROM linked_values WHERE tenant_id = $1 AND account_id = $2 AND kind = $4 AND stamp < $5
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.claimed_by = $3)",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        kind,
        stamp
    )?;
    tx.commit(now).await?;
    Ok(gone)
}

/// Removes a value and returns it: of two who ask at once, one gets it.
pub async fn take(
    db: &Db,
    holder: &Holder,
    kind: &str,
    name: &str,
    now: Millis,
) -> DbResult<Option<String>> {
    let mut tx = db.begin().await?;
    let taken = fetch_optional!(
        &mut tx,
        (String,),
        "DELETE FROM linked_values WHERE tenant_id = $1 AND account_id = $2 AND kind = $4 AND name = $5
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.claimed_by = $3)
         RETURNING value",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        kind,
        name
    )?;
    tx.commit(now).await?;
    Ok(taken.map(|(value,)| value))
}

/// Removes all that an account keeps, whichever node has it.
pub(crate) async fn delete_all(
    tx: &mut Tx,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<()> {
    execute!(
        tx,
        "DELETE FROM linked_values WHERE tenant_id = $1 AND account_id = $2",
        tenant_id,
        account_id
    )
    .map(drop)
}
