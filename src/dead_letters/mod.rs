//! Dead letters as managers settle them: look at what could not be understood, put it through again, or discard it.

use axum::extract::State;
use hoopoe_db::{
    DbError, dead_letters,
    dead_letters::Filter,
    ids::{AccountId, DeadLetterId},
    meta_apps,
    model::{DeadLetter, DeadLetterState, Role},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
    inbound::{Replayed, replay_update},
    linked,
    page::{Limit, Page},
};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_letters))
        .routes(routes!(get_dead_letter))
        .routes(routes!(replay_dead_letter))
        .routes(routes!(discard_dead_letter))
}

/// Which letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only for this account.
    account_id: Option<AccountId>,
    /// `open`, `replayed` or `discarded`; all by default.
    state: Option<DeadLetterState>,
    /// From the last answer.
    cursor: Option<DeadLetterId>,
    /// 1 to 100, 50 by default.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    limit: Limit,
}

/// Inputs that could not be understood, newest first
#[utoipa::path(get, path = "/dead-letters", tag = "dead letters", params(ListQuery),
    responses((status = 200, body = Page<DeadLetter>), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn list_dead_letters(
    State(app): State<App>,
    access: Access,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<DeadLetter>>> {
    access.require(Role::Manager)?;
    if let Some(account_id) = &query.account_id {
        access.account(account_id)?;
    }
    let filter = Filter {
        state: query.state,
        account_id: query.account_id,
        after: query.cursor,
        limit: query.limit.get(),
    };
    let (items, next) = dead_letters::list(&app.db, &access.tenant_id, &filter).await?;
    Ok(Json(Page {
        items,
        next_cursor: next.map(|id| id.to_string()),
    }))
}

/// One dead letter
#[utoipa::path(get, path = "/dead-letters/{id}", tag = "dead letters", params(("id" = DeadLetterId, Path)),
    responses((status = 200, body = DeadLetter), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn get_dead_letter(
    State(app): State<App>,
    access: Access,
    Path(id): Path<DeadLetterId>,
) -> ApiResult<Json<DeadLetter>> {
    access.require(Role::Manager)?;
    let letter = dead_letters::get(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(letter))
}

/// Put a dead letter through again; it stays open, with the new reason, where that fails
#[utoipa::path(post, path = "/dead-letters/{id}/replay", tag = "dead letters", params(("id" = DeadLetterId, Path)),
    responses((status = 200, body = DeadLetter), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn replay_dead_letter(
    State(app): State<App>,
    access: Access,
    Path(id): Path<DeadLetterId>,
) -> ApiResult<Json<DeadLetter>> {
    access.require(Role::Manager)?;
    let letter = dead_letters::get(&app.db, &access.tenant_id, &id).await?;
    let replayed = if letter.source == linked::SOURCE {
        replay_update(&app, &access.tenant_id, &letter).await?
    } else {
        let hook = hook_of(&app, &access, &letter).await?;
        app.inbound.replay(&app, &hook, &letter).await?
    };
    let (state, detail) = match replayed {
        Replayed::Stored => (DeadLetterState::Replayed, None),
        Replayed::StillFails(reason) => (DeadLetterState::Open, Some(reason)),
    };
    settle(&app, &access, &id, state, detail.as_deref()).await
}

/// The webhook by which the letter came.
async fn hook_of(
    app: &App,
    access: &Access,
    letter: &DeadLetter,
) -> ApiResult<std::sync::Arc<crate::accounts::hooks::Hook>> {
    let gone = || ApiError::conflict("the Meta app by which it came is no longer connected");
    let meta_app_id = letter.meta_app_id.as_ref().ok_or_else(gone)?;
    let meta_app = match meta_apps::get_meta_app(&app.db, &access.tenant_id, meta_app_id).await {
        Err(DbError::NotFound) => return Err(gone()),
        other => other?,
    };
    // Read anew, since the letter is often put through right after what it lacked was added.
    let hook = app.hooks.reload(&meta_app.hook).await?;
    hook.ok_or_else(gone)
}

/// Discard a dead letter
#[utoipa::path(post, path = "/dead-letters/{id}/discard", tag = "dead letters", params(("id" = DeadLetterId, Path)),
    responses((status = 200, body = DeadLetter), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn discard_dead_letter(
    State(app): State<App>,
    access: Access,
    Path(id): Path<DeadLetterId>,
) -> ApiResult<Json<DeadLetter>> {
    access.require(Role::Manager)?;
    settle(&app, &access, &id, DeadLetterState::Discarded, None).await
}

async fn settle(
    app: &App,
    access: &Access,
    id: &DeadLetterId,
    state: DeadLetterState,
    detail: Option<&str>,
) -> ApiResult<Json<DeadLetter>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let letter = dead_letters::settle(&mut tx, &access.tenant_id, id, state, detail, now).await?;
    app.commit(tx).await?;
    Ok(Json(letter))
}
