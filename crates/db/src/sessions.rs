//! Logins: chains of refresh tokens that are each used once, and one-time links. Only hashes are stored, so a copy of the database lets
//! nobody in.

use crate::{
    Db, DbResult, Millis, Tx,
    ids::{SessionId, TenantId, UserId},
    sql::{execute, fetch_optional},
};

/// A refresh token as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RefreshToken {
    /// Hex SHA-256 of the token.
    pub token_hash: String,
    /// The login that it grew from.
    pub family_id: SessionId,
    /// Whose tenant.
    pub tenant_id: TenantId,
    /// Whose login.
    pub user_id: UserId,
    /// Unix milliseconds.
    pub created_at: Millis,
    /// Unix milliseconds.
    pub expires_at: Millis,
    /// When it was exchanged for its successor. Unix milliseconds.
    pub used_at: Option<Millis>,
    /// When the login was ended. Unix milliseconds.
    pub revoked_at: Option<Millis>,
}

/// What a one-time link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The page on which the first organisation and its admin are entered.
    Setup,
    /// The app, as a certain user.
    Login,
}

impl LinkPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Login => "login",
        }
    }
}

/// Stores a fresh refresh token.
pub async fn insert_refresh_token(tx: &mut Tx, token: &RefreshToken) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO refresh_tokens (token_hash, family_id, tenant_id, user_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &token.token_hash,
        &token.family_id,
        &token.tenant_id,
        &token.user_id,
        token.created_at,
        token.expires_at
    )
    .map(drop)
}

/// Whether a token is known at all: asked before anything is written, so that made-up ones cost little.
pub async fn is_known(db: &Db, token_hash: &str) -> DbResult<bool> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (String,),
        "SELECT token_hash FROM refresh_tokens WHERE token_hash = $1",
        token_hash
    )?;
    Ok(found.is_some())
}

/// Marks a token as used and hands it out as it was before. Of two who come at the same time only one finds it unused.
pub async fn take_refresh_token(
    tx: &mut Tx,
    token_hash: &str,
    now: Millis,
) -> DbResult<Option<RefreshToken>> {
    let taken = execute!(
        tx,
        "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL",
        token_hash,
        now
    )?;
    let found = fetch_optional!(
        tx,
        RefreshToken,
        "SELECT token_hash, family_id, tenant_id, user_id, created_at, expires_at, used_at, revoked_at
         FROM refresh_tokens WHERE token_hash = $1",
        token_hash
    )?;
    Ok(found.map(|mut token| {
        if taken == 1 {
            token.used_at = None;
        }
        token
    }))
}

/// Ends one login.
pub async fn revoke_family(tx: &mut Tx, family_id: &SessionId, now: Millis) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE refresh_tokens SET revoked_at = $2 WHERE family_id = $1 AND revoked_at IS NULL",
        family_id,
        now
    )
    .map(drop)
}

/// Ends all logins of a user, but for one where it is given.
pub async fn revoke_user(
    tx: &mut Tx,
    user_id: &UserId,
    except: Option<&SessionId>,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE refresh_tokens SET revoked_at = $3 WHERE user_id = $1 AND family_id <> $2 AND revoked_at IS NULL",
        user_id,
        except.map_or("", crate::Id::as_str),
        now
    )
    .map(drop)
}

/// Stores a one-time link.
pub async fn insert_link(
    tx: &mut Tx,
    token_hash: &str,
    purpose: LinkPurpose,
    user_id: Option<&UserId>,
    now: Millis,
    expires_at: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO one_time_links (token_hash, purpose, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        purpose.as_str(),
        user_id,
        now,
        expires_at
    )
    .map(drop)
}

/// Uses a link up. The inner `Option` is the user that it lets in; the outer is `None` for a link that is unknown, used, or too old.
pub async fn take_link(
    tx: &mut Tx,
    token_hash: &str,
    purpose: LinkPurpose,
    now: Millis,
) -> DbResult<Option<Option<UserId>>> {
    let taken = fetch_optional!(
        tx,
        (Option<UserId>,),
        "UPDATE one_time_links SET used_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
         RETURNING user_id",
        token_hash,
        purpose.as_str(),
        now
    )?;
    Ok(taken.map(|(user_id,)| user_id))
}

/// Deletes tokens and links that expired before a time. Returns how many went.
pub async fn delete_expired(db: &Db, before: Millis) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let tokens = execute!(
        &mut tx,
        "DELETE FROM refresh_tokens WHERE expires_at < $1",
        before
    )?;
    let links = execute!(
        &mut tx,
        "DELETE FROM one_time_links WHERE expires_at < $1",
        before
    )?;
    tx.commit(before).await?;
    Ok(tokens + links)
}
