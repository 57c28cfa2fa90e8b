//! Which node runs an account's lane: one at a time, under a lease. Called by the server's `outbox::hold`, where there can be several nodes.

use crate::{
    Db, DbResult, Millis,
    ids::{AccountId, TenantId},
    sql::{execute, fetch_optional},
};

/// Takes or renews the lease of an account's lane for a node. `None` when it is this node's now; else until when it is another's.
pub async fn hold_lane(
    db: &Db,
    (tenant_id, account_id): (&TenantId, &AccountId),
    node_id: &str,
    now: Millis,
    until: Millis,
) -> DbResult<Option<Millis>> {
    let mut tx = db.begin().await?;
    let held = execute!(
        &mut tx,
        "INSERT INTO outbox_lanes (account_id, tenant_id, node_id, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id) DO UPDATE SET node_id = excluded.node_id, expires_at = excluded.expires_at
         WHERE outbox_lanes.tenant_id = excluded.tenant_id AND (outbox_lanes.node_id = excluded.node_id OR outbox_lanes.expires_at <= $5)",
        account_id,
        tenant_id,
        node_id,
        until,
        now
    )?;
    if held > 0 {
        tx.commit(now).await?;
        return Ok(None);
    }
    let other = fetch_optional!(
        &mut tx,
        (Millis,),
        "SELECT expires_at FROM outbox_lanes WHERE account_id = $1 AND tenant_id = $2",
        account_id,
        tenant_id
    )?;
    Ok(Some(other.map_or(until, |(expires_at,)| expires_at)))
}

/// Ends a node's lease at a time, if that is earlier: it sends nothing more.
pub async fn release_lane(
    db: &Db,
    (tenant_id, account_id): (&TenantId, &AccountId),
    node_id: &str,
    at: Millis,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE outbox_lanes SET expires_at = $4 WHERE account_id = $1 AND tenant_id = $2 AND node_id = $3 AND expires_at > $4",
        account_id,
        tenant_id,
        node_id,
        at
    )?;
    tx.commit(at).await.map(drop)
}

/// Forgets leases that ended before a time.
pub async fn prune_lanes(db: &Db, before: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    let ended = "DELETE FROM outbox_lanes WHERE expires_at < $1";
    execute!(&mut tx, ended, before)?;
    tx.commit(before).await.map(drop)
}
