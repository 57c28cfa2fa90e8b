//! Opening and renewing logins. A login is a family of refresh tokens, each used once.

use axum_extra::extract::cookie::CookieJar;
use hoopoe_db::{
    Id as _, Millis, Tx,
    ids::{SessionId, TenantId, UserId},
    sessions::{self, RefreshToken},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    cookies, me,
    me::Me,
    tokens::{self, Claims, Purpose},
};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
    secrets::{random_token, token_hash},
};

/// Life of the media cookie in seconds: it is renewed together with the access token.
const MEDIA_COOKIE_S: i64 = 24 * 60 * 60;

/// A day in milliseconds.
const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// A login as the web app gets it. The refresh token comes beside it, in a cookie that scripts can't read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// To be sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// When it expires. Unix milliseconds.
    pub expires_at: Millis,
    /// Who is logged in.
    pub me: Me,
}

/// A refresh token that was stored, together with whose it is.
#[derive(Debug, Clone)]
pub struct Issued {
    token: String,
    stored: RefreshToken,
}

/// Stores a refresh token: the first of a login, or the successor of another.
pub async fn issue(
    app: &App,
    tx: &mut Tx,
    tenant_id: &TenantId,
    user_id: &UserId,
    family: Option<SessionId>,
) -> ApiResult<Issued> {
    let now = app.clock.now();
    let token = random_token();
    let stored = RefreshToken {
        token_hash: token_hash(&token),
        family_id: family.unwrap_or_else(|| SessionId::new(now)),
        tenant_id: tenant_id.clone(),
        user_id: user_id.clone(),
        created_at: now,
        expires_at: now + DAY_MS * Millis::from(app.config.auth.refresh_token_days),
        used_at: None,
        revoked_at: None,
    };
    sessions::insert_refresh_token(tx, &stored).await?;
    Ok(Issued { token, stored })
}

/// Opens a login in a transaction of its own.
pub async fn open(
    app: &App,
    tenant_id: &TenantId,
    user_id: &UserId,
) -> ApiResult<(CookieJar, Session)> {
    let mut tx = app.db.begin().await?;
    let issued = issue(app, &mut tx, tenant_id, user_id, None).await?;
    app.commit(tx).await?;
    hand_out(app, issued).await
}

/// The session and cookies that go with a stored refresh token.
pub async fn hand_out(app: &App, issued: Issued) -> ApiResult<(CookieJar, Session)> {
    let Issued { token, stored } = issued;
    let now_s = app.clock.now() / 1000;
    let grant = app
        .grants
        .find(&stored.user_id)
        .await?
        .filter(|grant| !grant.disabled)
        .ok_or_else(|| ApiError::unauthorized("this login has ended"))?;
    let mut claims = Claims {
        sub: stored.user_id.clone(),
        ten: stored.tenant_id.clone(),
        ver: grant.auth_version,
        sid: stored.family_id,
        aud: Purpose::Access,
        iat: now_s,
        exp: now_s + 60 * i64::from(app.config.auth.access_token_minutes),
    };
    let session = Session {
        access_token: tokens::sign(&app.secrets, &claims)?,
        expires_at: claims.expires_at(),
        me: me::load(app, &stored.tenant_id, &stored.user_id, &grant).await?,
    };
    claims.aud = Purpose::Media;
    claims.exp = now_s + MEDIA_COOKIE_S;
    let media = tokens::sign(&app.secrets, &claims)?;
    let seconds = (stored.expires_at - stored.created_at) / 1000;
    let jar = CookieJar::new()
        .add(cookies::make(&app.config, cookies::REFRESH, token, seconds))
        .add(cookies::make(
            &app.config,
            cookies::MEDIA,
            media,
            MEDIA_COOKIE_S,
        ));
    Ok((jar, session))
}
