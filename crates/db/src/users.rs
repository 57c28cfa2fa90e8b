//! People with a login, and what they may do. Changes are announced on the tenant's stream as `user:updated`.

use crate::{
    Db, DbResult, Millis, Tx,
    event::{Audience, Draft, Event, UserChanged},
    ids::{AccountId, Id as _, TenantId, UserId},
    model::{Role, User},
    sql::{execute, fetch_all, fetch_one, fetch_optional},
};

/// A user that is to be added.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    /// Lower case.
    pub email: &'a str,
    /// Name as colleagues see it.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// Language of the web app.
    pub locale: &'a str,
    /// Argon2id as a PHC string; empty for somebody who can't log in by password.
    pub password_hash: &'a str,
}

/// What is to be changed of a user; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange<'a> {
    /// Name as colleagues see it.
    pub name: Option<&'a str>,
    /// Language of the web app.
    pub locale: Option<&'a str>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they are locked out.
    pub disabled: Option<bool>,
    /// Argon2id as a PHC string.
    pub password_hash: Option<&'a str>,
}

impl UserChange<'_> {
    /// Whether access tokens that were given out before must die.
    fn ends_tokens(&self) -> bool {
        self.role.is_some() || self.disabled.is_some() || self.password_hash.is_some()
    }
}

/// What a login needs to know of a user.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Credentials {
    /// Whose they are.
    pub id: UserId,
    /// Their tenant.
    pub tenant_id: TenantId,
    /// Argon2id as a PHC string; empty for somebody who can't log in by password.
    pub password_hash: String,
    /// Whether they are locked out.
    pub disabled: bool,
}

/// What a user may do at this moment: access tokens are checked against it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Their tenant.
    pub tenant_id: TenantId,
    /// What they may do.
    pub role: Role,
    /// Whether they are locked out.
    pub disabled: bool,
    /// Access tokens with an older version are dead.
    pub auth_version: i64,
    /// Accounts they may see, in order of id: all for admins and managers, those they are a member of for agents.
    pub accounts: Vec<AccountId>,
}

/// Adds a user and announces them.
///
/// # Errors
/// [`Conflict`](crate::DbError::Conflict) when the e-mail address is taken, in any tenant.
pub async fn insert_user(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &NewUser<'_>,
    now: Millis,
) -> DbResult<User> {
    let user = fetch_one!(
        tx,
        User,
        "INSERT INTO users (id, tenant_id, email, name, role, locale, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         RETURNING id, email, name, role, locale, disabled, created_at",
        UserId::new(now),
        tenant_id,
        new.email,
        new.name,
        new.role.as_str(),
        new.locale,
        new.password_hash,
        now
    )
    .map_err(|error| error.naming("email"))?;
    announce(tx, tenant_id, &user);
    Ok(user)
}

fn announce(tx: &mut Tx, tenant_id: &TenantId, user: &User) {
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::UserUpdated(UserChanged { user: user.clone() }),
    });
}

/// Changes a user and announces it. A new role, password or lock ends the access tokens given out before.
///
/// # Errors
/// [`NotFound`](crate::DbError::NotFound) when the tenant has no such user.
pub async fn update_user(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &UserId,
    change: &UserChange<'_>,
) -> DbResult<User> {
    let user = fetch_one!(
        tx,
        User,
        "UPDATE users SET name = COALESCE($3, name), locale = COALESCE($4, locale), role = COALESCE($5, role),
           disabled = COALESCE($6, disabled), password_hash = COALESCE($7, password_hash), auth_version = auth_version + $8
         WHERE tenant_id = $1 AND id = $2
         RETURNING id, email, name, role, locale, disabled, created_at",
        tenant_id,
        id,
        change.name,
        change.locale,
        change.role.map(Role::as_str),
        change.disabled,
        change.password_hash,
        i64::from(change.ends_tokens())
    )?;
    announce(tx, tenant_id, &user);
    Ok(user)
}

/// A user of a tenant.
///
/// # Errors
/// [`NotFound`](crate::DbError::NotFound) when the tenant has no such user.
pub async fn get_user(db: &Db, tenant_id: &TenantId, id: &UserId) -> DbResult<User> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        User,
        "SELECT id, email, name, role, locale, disabled, created_at FROM users WHERE tenant_id = $1 AND id = $2",
        tenant_id,
        id
    )
}

/// Everybody of a tenant, in the order in which they came.
pub async fn list_users(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<User>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        User,
        "SELECT id, email, name, role, locale, disabled, created_at FROM users WHERE tenant_id = $1 ORDER BY id",
        tenant_id
    )
}

/// Whether nobody has a login yet.
pub async fn is_empty(db: &Db) -> DbResult<bool> {
    let mut reader = db.read().await?;
    let (users,) = fetch_one!(
        &mut reader,
        (i64,),
        "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS found"
    )?;
    Ok(users == 0)
}

/// As [`is_empty`], inside a transaction that is about to add the first user.
pub async fn is_empty_locked(tx: &mut Tx) -> DbResult<bool> {
    let (users,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS found"
    )?;
    Ok(users == 0)
}

/// How many admins of a tenant can log in, other than one. Locks the tenant's row, so that two admins can't remove each other at once.
pub async fn count_other_admins(
    tx: &mut Tx,
    tenant_id: &TenantId,
    except: &UserId,
) -> DbResult<i64> {
    execute!(
        tx,
        "UPDATE tenants SET name = name WHERE id = $1",
        tenant_id
    )?;
    let (admins,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM users WHERE tenant_id = $1 AND role = 'admin' AND NOT disabled AND id <> $2",
        tenant_id,
        except
    )?;
    Ok(admins)
}

/// What a login by e-mail address (lower case) is checked against.
pub async fn find_credentials(db: &Db, email: &str) -> DbResult<Option<Credentials>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Credentials,
        "SELECT id, tenant_id, password_hash, disabled FROM users WHERE email = $1",
        email
    )
}

/// What a change of one's own password is checked against.
pub async fn find_credentials_by_id(db: &Db, id: &UserId) -> DbResult<Option<Credentials>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Credentials,
        "SELECT id, tenant_id, password_hash, disabled FROM users WHERE id = $1",
        id
    )
}

/// What a user may do at this moment, or `None` where there is no such user.
pub async fn find_grant(db: &Db, id: &UserId) -> DbResult<Option<Grant>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        tenant_id: TenantId,
        #[sqlx(try_from = "String")]
        role: Role,
        disabled: bool,
        auth_version: i64,
    }
    let mut reader = db.read().await?;
    let row = fetch_optional!(
        &mut reader,
        Row,
        "SELECT tenant_id, role, disabled, auth_version FROM users WHERE id = $1",
        id
    )?;
    let Some(row) = row else { return Ok(None) };
    let accounts = fetch_all!(
        &mut reader,
        (AccountId,),
        "SELECT a.id FROM accounts a WHERE a.tenant_id = $1 AND a.removed_at IS NULL AND ($2 <> 'agent' OR EXISTS
           (SELECT 1 FROM account_members m WHERE m.tenant_id = $1 AND m.user_id = $3 AND m.account_id = a.id))
         ORDER BY a.id",
        &row.tenant_id,
        row.role.as_str(),
        id
    )?;
    Ok(Some(Grant {
        tenant_id: row.tenant_id,
        role: row.role,
        disabled: row.disabled,
        auth_version: row.auth_version,
        accounts: accounts.into_iter().map(|(id,)| id).collect(),
    }))
}
