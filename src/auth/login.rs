//! Logging in and out, and renewing a login.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::cookie::CookieJar;
use hoopoe_db::{
    Millis,
    sessions::{self, LinkPurpose, RefreshToken},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{cookies, session, session::Session};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
    extract::{ClientIp, Json},
    secrets::token_hash,
};

/// How long after its use a refresh token that comes again is taken for two tabs that refreshed at once, rather than for a thief.
const RACE_MS: Millis = 10_000;

/// After how many seconds the slower tab tries again, with the cookie that the quicker one got.
const RACE_RETRY_S: u64 = 1;

/// Name and password.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Login {
    /// E-mail address; case does not matter.
    pub email: String,
    /// Password.
    pub password: String,
}

/// A one-time link's secret.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LinkLogin {
    /// What stands behind `#link=`.
    pub token: String,
}

/// Log in by e-mail address and password.
#[utoipa::path(post, path = "/auth/login", tag = "auth", security(()), responses((status = OK, body = Session)))]
pub async fn login(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    Json(login): Json<Login>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    let email = login.email.trim().to_lowercase();
    app.limits.check_address(address)?;
    app.limits.check_name(&email)?;
    let found = hoopoe_db::users::find_credentials(&app.db, &email).await?;
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let is_right = app.passwords.check(login.password, hash).await?;
    let user = found
        .filter(|user| is_right && !user.disabled)
        .ok_or_else(|| ApiError::unauthorized("e-mail address or password is wrong"))?;
    let (jar, session) = session::open(&app, &user.tenant_id, &user.id).await?;
    Ok((jar, Json(session)))
}

/// Log in by a one-time link.
#[utoipa::path(post, path = "/auth/link", tag = "auth", security(()), responses((status = OK, body = Session)))]
pub async fn login_by_link(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    Json(login): Json<LinkLogin>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    app.limits.check_address(address)?;
    let refused = || ApiError::unauthorized("this link was used before, or is too old");
    let mut tx = app.db.begin().await?;
    let user_id = sessions::take_link(
        &mut tx,
        &token_hash(&login.token),
        LinkPurpose::Login,
        app.clock.now(),
    )
    .await?
    .flatten()
    .ok_or_else(refused)?;
    let grant = app
        .grants
        .find(&user_id)
        .await?
        .filter(|grant| !grant.disabled)
        .ok_or_else(refused)?;
    let issued = session::issue(&app, &mut tx, &grant.tenant_id, &user_id, None).await?;
    app.commit(tx).await?;
    let (jar, session) = session::hand_out(&app, issued).await?;
    Ok((jar, Json(session)))
}

/// Exchange the refresh cookie for a new access token and a new refresh cookie.
///
/// Every refresh token is used once. One that comes again ends the whole login, since somebody else may have it; within ten seconds of its
/// use it answers `409` with `Retry-After` instead, because two tabs may have refreshed at once: by then the browser has the new cookie.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(()), responses((status = OK, body = Session)))]
pub async fn refresh_session(
    State(app): State<App>,
    headers: HeaderMap,
) -> ApiResult<(CookieJar, Json<Session>)> {
    let hash = refresh_hash(&app, &headers)
        .await?
        .ok_or_else(|| ApiError::unauthorized("there is no login to refresh"))?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let taken = sessions::take_refresh_token(&mut tx, &hash, now)
        .await?
        .ok_or_else(login_ended)?;
    if let Some(refusal) = check_unused(&taken, now).err() {
        if is_stolen(&taken, now) {
            tracing::warn!(user_id = %taken.user_id, session_id = %taken.family_id, "a refresh token came twice: the login is ended");
            sessions::revoke_family(&mut tx, &taken.family_id, now).await?;
            app.commit(tx).await?;
        }
        return Err(refusal);
    }
    let family = Some(taken.family_id);
    let issued = session::issue(&app, &mut tx, &taken.tenant_id, &taken.user_id, family).await?;
    app.commit(tx).await?;
    let (jar, session) = session::hand_out(&app, issued).await?;
    Ok((jar, Json(session)))
}

/// The hash of the refresh token that came with a request, if it is known: what is made up never gets to write.
async fn refresh_hash(app: &App, headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(cookie) = cookies::find(headers, cookies::REFRESH) else {
        return Ok(None);
    };
    let hash = token_hash(&cookie);
    Ok(sessions::is_known(&app.db, &hash).await?.then_some(hash))
}

fn login_ended() -> ApiError {
    ApiError::unauthorized("this login has ended")
}

/// Whether a refresh token is good for a successor.
fn check_unused(token: &RefreshToken, now: Millis) -> ApiResult<()> {
    if token.revoked_at.is_some() || token.expires_at <= now {
        return Err(login_ended());
    }
    match token.used_at {
        None => Ok(()),
        Some(used_at) if now - used_at < RACE_MS => {
            let race = ApiError::conflict("this login was just refreshed elsewhere, try again");
            Err(race.after(RACE_RETRY_S))
        }
        Some(_) => Err(login_ended()),
    }
}

/// Whether a token comes again so late after its use that somebody else must have it.
fn is_stolen(token: &RefreshToken, now: Millis) -> bool {
    token.revoked_at.is_none()
        && token
            .used_at
            .is_some_and(|used_at| now - used_at >= RACE_MS)
}

/// End this login.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", security(()), responses((status = NO_CONTENT)))]
pub async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
) -> ApiResult<(StatusCode, CookieJar)> {
    if let Some(hash) = refresh_hash(&app, &headers).await? {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        if let Some(token) = sessions::take_refresh_token(&mut tx, &hash, now).await? {
            sessions::revoke_family(&mut tx, &token.family_id, now).await?;
            app.commit(tx).await?;
        }
    }
    Ok((StatusCode::NO_CONTENT, cookies::cleared(&app.config)))
}
