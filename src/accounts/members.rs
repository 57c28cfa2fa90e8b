//! Which agents see an account. Admins and managers see all.

use axum::extract::State;
use hoopoe_db::{
    accounts,
    ids::{AccountId, UserId},
    model::Role,
    users,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
    extract::{Json, Path},
};

/// The members of an account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// Who they are.
    pub user_ids: Vec<UserId>,
}

/// Who was made a member of an account (manager).
#[utoipa::path(get, path = "/accounts/{id}/members", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = Members)))]
pub async fn get_members(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<Json<Members>> {
    access.account(&id)?;
    access.require(Role::Manager)?;
    let user_ids = accounts::list_members(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(Members { user_ids }))
}

/// Say who the members of an account are (manager). Takes effect at once, on open screens too.
#[utoipa::path(put, path = "/accounts/{id}/members", tag = "accounts", params(("id" = AccountId, Path)), request_body = Members, responses((status = OK, body = Members)))]
pub async fn replace_members(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    Json(members): Json<Members>,
) -> ApiResult<Json<Members>> {
    access.account(&id)?;
    access.require(Role::Manager)?;
    check_users(&app, &access, &members.user_ids).await?;
    let mut tx = app.db.begin().await?;
    accounts::replace_members(&mut tx, &access.tenant_id, &id, &members.user_ids).await?;
    app.commit(tx).await?;
    let user_ids = accounts::list_members(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(Members { user_ids }))
}

async fn check_users(app: &App, access: &Access, user_ids: &[UserId]) -> ApiResult<()> {
    let known = users::list_users(&app.db, &access.tenant_id).await?;
    let unknown = user_ids
        .iter()
        .find(|id| known.iter().all(|user| user.id != **id));
    match unknown {
        Some(id) => Err(ApiError::validation(
            "user_ids",
            format!("there is no user {id}"),
        )),
        None => Ok(()),
    }
}
