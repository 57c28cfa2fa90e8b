//! One's own user: who am I, and changing name, language or password.

use axum::extract::State;
use hoopoe_db::{
    ids::{AccountId, TenantId, UserId},
    model::{Tenant, User},
    sessions,
    users::{self, Grant, UserChange},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Access, passwords};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
    extract::Json,
    team::check,
};

/// Who is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The user.
    pub user: User,
    /// Their organisation.
    pub tenant: Tenant,
    /// Accounts that they may see.
    pub account_ids: Vec<AccountId>,
}

/// What one may change of oneself; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateMe {
    /// Name as colleagues see it.
    pub name: Option<String>,
    /// Language of the web app, such as `en` or `pt-BR`.
    pub locale: Option<String>,
    /// New password; ends all other logins.
    pub password: Option<String>,
    /// The password so far; needed for a new one.
    pub current_password: Option<String>,
}

/// Loads what [`Me`] shows.
pub async fn load(
    app: &App,
    tenant_id: &TenantId,
    user_id: &UserId,
    grant: &Grant,
) -> ApiResult<Me> {
    Ok(Me {
        user: users::get_user(&app.db, tenant_id, user_id).await?,
        tenant: hoopoe_db::tenants::get_tenant(&app.db, tenant_id).await?,
        account_ids: grant.accounts.clone(),
    })
}

async fn reload(app: &App, access: &Access) -> ApiResult<Me> {
    let grant = app
        .grants
        .find(&access.user_id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    load(app, &access.tenant_id, &access.user_id, &grant).await
}

/// Who is logged in.
#[utoipa::path(get, path = "/me", tag = "auth", responses((status = OK, body = Me)))]
pub async fn get_me(State(app): State<App>, access: Access) -> ApiResult<Json<Me>> {
    Ok(Json(reload(&app, &access).await?))
}

/// Change one's own name, language or password.
///
/// A new password ends all other logins and all access tokens, this login's too: it goes on by a refresh.
#[utoipa::path(patch, path = "/me", tag = "auth", responses((status = OK, body = Me)))]
pub async fn update_me(
    State(app): State<App>,
    access: Access,
    Json(update): Json<UpdateMe>,
) -> ApiResult<Json<Me>> {
    let name = update.name.as_deref().map(check::name).transpose()?;
    let locale = update.locale.as_deref().map(check::locale).transpose()?;
    let password_hash = new_password(&app, &access, &update).await?;
    let change = UserChange {
        name,
        locale,
        password_hash: password_hash.as_deref(),
        ..UserChange::default()
    };
    let mut tx = app.db.begin().await?;
    users::update_user(&mut tx, &access.tenant_id, &access.user_id, &change).await?;
    if password_hash.is_some() {
        let now = app.clock.now();
        sessions::revoke_user(&mut tx, &access.user_id, Some(&access.session_id), now).await?;
    }
    app.commit(tx).await?;
    Ok(Json(reload(&app, &access).await?))
}

/// The hash of the new password, where one is wanted and the old one was given.
async fn new_password(app: &App, access: &Access, update: &UpdateMe) -> ApiResult<Option<String>> {
    let Some(password) = update.password.clone() else {
        return Ok(None);
    };
    passwords::check_new(&password)?;
    app.limits.check_name(access.user_id.to_string().as_str())?;
    let stored = users::find_credentials_by_id(&app.db, &access.user_id).await?;
    let hash = stored.map(|stored| stored.password_hash);
    // Somebody who came by a link and never had a password has none to show.
    let has_one = hash.as_ref().is_some_and(|hash| !hash.is_empty());
    let current = update.current_password.clone().unwrap_or_default();
    if has_one && !app.passwords.check(current, hash).await? {
        return Err(ApiError::validation(
            "current_password",
            "this is not your password",
        ));
    }
    app.passwords.hash(password).await.map(Some)
}
