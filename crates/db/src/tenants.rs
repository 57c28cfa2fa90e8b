//! Organisations. Called by set-up and `create-admin` (make one), and by everything that shows the tenant's name.

use crate::{
    Db, DbResult, Millis, Tx,
    ids::{Id as _, TenantId},
    model::Tenant,
    sql::{execute, fetch_all, fetch_one},
};

/// Adds a tenant.
pub async fn insert_tenant(tx: &mut Tx, name: &str, now: Millis) -> DbResult<Tenant> {
    let tenant = Tenant {
        id: TenantId::new(now),
        name: name.to_owned(),
    };
    execute!(
        tx,
        "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)",
        &tenant.id,
        &tenant.name,
        now
    )?;
    Ok(tenant)
}

/// A tenant by its id.
pub async fn get_tenant(db: &Db, id: &TenantId) -> DbResult<Tenant> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Tenant,
        "SELECT id, name FROM tenants WHERE id = $1",
        id
    )
}

/// All tenants, oldest first. For the operator's commands, never for a request.
pub async fn list_tenants(db: &Db) -> DbResult<Vec<Tenant>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Tenant,
        "SELECT id, name FROM tenants ORDER BY id"
    )
}

/// How much of a tenant waits for something, for health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Backlog {
    /// Media that are still to be fetched.
    pub media_pending: i64,
    /// Media that could not be fetched.
    pub media_failed: i64,
    /// Dead letters that nobody has looked after.
    pub dead_letters_open: i64,
}

/// How much of a tenant waits for something.
pub async fn get_backlog(db: &Db, id: &TenantId) -> DbResult<Backlog> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Backlog,
        "SELECT (SELECT count(*) FROM media WHERE tenant_id = $1 AND next_attempt_at IS NOT NULL) AS media_pending,
           (SELECT count(*) FROM media WHERE tenant_id = $1 AND state = 'failed') AS media_failed,
           (SELECT count(*) FROM dead_letters WHERE tenant_id = $1 AND state = 'open') AS dead_letters_open",
        id
    )
}
