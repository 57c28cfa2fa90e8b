//! Whether an account works, and which node keeps it connected.

use super::{announce, columns};
use crate::{
    Db, DbResult, Millis, Tx,
    ids::{AccountId, TenantId},
    model::{Account, AccountState},
    sql::{fetch_all, fetch_optional},
};

/// Which node keeps an account connected, and until when.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Lease {
    /// The account.
    pub id: AccountId,
    /// The node.
    pub claimed_by: Option<String>,
    /// Unix milliseconds.
    pub lease_until: Option<Millis>,
    /// When WhatsApp was last heard of on its connection. Unix milliseconds.
    pub last_traffic_at: Option<Millis>,
}

/// Whether an account works, as the provider showed.
#[derive(Debug, Clone, Copy)]
pub struct StateChange<'a> {
    /// Whether it does.
    pub state: AccountState,
    /// Why not, in words.
    pub reason: Option<&'a str>,
    /// The sealed token that was used: what was learnt of a token that has been replaced since counts for nothing.
    pub access_token: Option<&'a str>,
    /// The node that says so, of an account that nodes claim: what one says that no longer has it counts for nothing.
    pub claimed_by: Option<&'a str>,
}

/// Notes whether an account works, and announces it if that is news. An account that is gone, or has another token or node by
/// now, stays as it is.
pub async fn update_state(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
    change: &StateChange<'_>,
    now: Millis,
) -> DbResult<()> {
    let changed = fetch_optional!(
        tx,
        Account,
        concat!(
            "UPDATE accounts SET state_since = CASE WHEN state = $3 THEN state_since ELSE $5 END, state = $3, state_reason = $4
             WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL AND (state <> $3 OR COALESCE(state_reason, '') <> COALESCE($4, ''))
               AND (CAST($6 AS TEXT) IS NULL OR access_token = $6) AND (CAST($7 AS TEXT) IS NULL OR claimed_by = $7)
             RETURNING ",
            columns!()
        ),
        tenant_id,
        id,
        change.state.as_str(),
        change.reason,
        now,
        change.access_token,
        change.claimed_by
    )?;
    if let Some(account) = changed {
        announce(tx, tenant_id, &account);
    }
    Ok(())
}

/// Which nodes keep the tenant's accounts connected.
pub async fn list_leases(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<Lease>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Lease,
        "SELECT id, claimed_by, lease_until, last_traffic_at FROM accounts WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY id",
        tenant_id
    )
}
