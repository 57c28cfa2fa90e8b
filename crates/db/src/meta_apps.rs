//! Meta apps: the secret that signs webhooks and the path they come to. One app serves many numbers.

use crate::{
    Db, DbError, DbResult, Millis, Tx,
    ids::{AccountId, MetaAppId, TenantId},
    sql::{execute, fetch_all, fetch_one, fetch_optional},
};

/// A Meta app as it is stored: with its secret and verify token sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SealedMetaApp {
    /// Its id.
    pub id: MetaAppId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Name as admins see it.
    pub name: String,
    /// Random part of the webhook's path.
    pub hook: String,
    /// Sealed, bound to `meta_apps/<id>/app_secret`.
    pub app_secret: String,
    /// Sealed, bound to `meta_apps/<id>/verify_token`.
    pub verify_token: String,
    /// The scope of business-scoped user ids, where known.
    pub portfolio_id: Option<String>,
    /// Unix milliseconds.
    pub created_at: Millis,
}

/// A number behind a webhook.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct HookNumber {
    /// The account.
    pub id: AccountId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
}

/// Adds a Meta app.
pub async fn insert_meta_app(tx: &mut Tx, app: &SealedMetaApp) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO meta_apps (id, tenant_id, name, hook, app_secret, verify_token, portfolio_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &app.id,
        &app.tenant_id,
        &app.name,
        &app.hook,
        &app.app_secret,
        &app.verify_token,
        &app.portfolio_id,
        app.created_at
    )
    .map(drop)
}

/// All Meta apps of a tenant, oldest first.
pub async fn list_meta_apps(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<SealedMetaApp>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        SealedMetaApp,
        "SELECT id, tenant_id, name, hook, app_secret, verify_token, portfolio_id, created_at
         FROM meta_apps WHERE tenant_id = $1 ORDER BY id",
        tenant_id
    )
}

/// A Meta app of a tenant.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such app.
pub async fn get_meta_app(
    db: &Db,
    tenant_id: &TenantId,
    id: &MetaAppId,
) -> DbResult<SealedMetaApp> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        SealedMetaApp,
        "SELECT id, tenant_id, name, hook, app_secret, verify_token, portfolio_id, created_at
         FROM meta_apps WHERE tenant_id = $1 AND id = $2",
        tenant_id,
        id
    )
}

/// Removes a Meta app. Returns its hook.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such app, [`Conflict`](DbError::Conflict) while accounts use it.
pub async fn delete_meta_app(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MetaAppId,
) -> DbResult<String> {
    let (users,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM accounts WHERE tenant_id = $1 AND meta_app_id = $2",
        tenant_id,
        id
    )?;
    if users > 0 {
        return Err(DbError::Conflict("meta_app_id"));
    }
    let gone = fetch_optional!(
        tx,
        (String,),
        "DELETE FROM meta_apps WHERE tenant_id = $1 AND id = $2 RETURNING hook",
        tenant_id,
        id
    )?;
    gone.map(|(hook,)| hook).ok_or(DbError::NotFound)
}

/// The Meta app behind a webhook's path, with its numbers. This is how a webhook learns whose it is, so it takes no tenant.
pub async fn find_by_hook(
    db: &Db,
    hook: &str,
) -> DbResult<Option<(SealedMetaApp, Vec<HookNumber>)>> {
    let mut reader = db.read().await?;
    let app = fetch_optional!(
        &mut reader,
        SealedMetaApp,
        "SELECT id, tenant_id, name, hook, app_secret, verify_token, portfolio_id, created_at
         FROM meta_apps WHERE hook = $1",
        hook
    )?;
    let Some(app) = app else { return Ok(None) };
    let numbers = fetch_all!(
        &mut reader,
        HookNumber,
        "SELECT id, phone_number_id, waba_id FROM accounts
         WHERE tenant_id = $1 AND removed_at IS NULL AND phone_number_id IS NOT NULL AND (meta_app_id = $2 OR meta_app_id IS NULL)",
        &app.tenant_id,
        &app.id
    )?;
    Ok(Some((app, numbers)))
}

/// Whether any tenant has one: then there are sealed secrets.
pub async fn has_any(db: &Db) -> DbResult<bool> {
    let mut reader = db.read().await?;
    let (apps,) = fetch_one!(
        &mut reader,
        (i64,),
        "SELECT count(*) FROM (SELECT 1 FROM meta_apps LIMIT 1) AS found"
    )?;
    Ok(apps > 0)
}
