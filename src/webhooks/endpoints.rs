//! Webhooks as admins make and change them.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    Id as _, Millis,
    ids::{AccountId, WebhookId},
    model::{Role, Webhook, WebhookEventType},
    webhooks::{self, NewWebhook, WebhookChange},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{check, sign, wake_all};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    page::Page,
};

/// Hours for which the secret before signs as well, where nothing else is asked for, and at most.
const OVERLAP_HOURS: u32 = 24;
const MAX_OVERLAP_HOURS: u32 = 7 * 24;

/// A webhook to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWebhook {
    /// Name as admins see it.
    name: String,
    /// Where events are posted to: `https://`, and not in a private network.
    url: String,
    /// What it is told of; `*` for everything.
    #[schema(value_type = Vec<WebhookEventType>)]
    event_types: Vec<String>,
    /// Of which accounts; empty for all.
    #[serde(default)]
    account_ids: Vec<AccountId>,
    /// Whether anything is sent.
    #[serde(default)]
    enabled: Option<bool>,
}

/// What is to be changed of a webhook; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UpdateWebhook {
    /// Name as admins see it.
    name: Option<String>,
    /// Where events are posted to.
    url: Option<String>,
    /// What it is told of.
    #[schema(value_type = Option<Vec<WebhookEventType>>)]
    event_types: Option<Vec<String>>,
    /// Of which accounts; empty for all.
    account_ids: Option<Vec<AccountId>>,
    /// Whether anything is sent.
    enabled: Option<bool>,
}

/// How a secret is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RotateSecret {
    /// Hours for which the secret before signs as well, 0 to 168; 24 where it is left out.
    overlap_hours: Option<u32>,
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookSecret {
    /// The webhook.
    webhook: Webhook,
    /// With which its deliveries are signed, as Standard Webhooks has it: `whsec_…`.
    secret: String,
}

/// The webhooks (admin)
#[utoipa::path(get, path = "/webhooks", tag = "webhooks",
    responses((status = 200, body = Page<Webhook>), (status = 403, body = ErrorBody)))]
pub(super) async fn list_webhooks(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Page<Webhook>>> {
    access.require(Role::Admin)?;
    let all = webhooks::list_webhooks(&app.db, &access.tenant_id).await?;
    Ok(Json(Page::whole(all)))
}

/// Add a webhook (admin)
///
/// It is told of what happens from now on. The answer holds the secret, which is not shown again.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = CreateWebhook,
    responses((status = 201, body = WebhookSecret), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_webhook(
    State(app): State<App>,
    access: Access,
    Json(body): Json<CreateWebhook>,
) -> ApiResult<(StatusCode, Json<WebhookSecret>)> {
    access.require(Role::Admin)?;
    let url = check::url(&app, &body.url)?;
    let event_types = check::event_types(&body.event_types)?;
    let account_ids = check::account_ids(&access, &body.account_ids)?;
    let name = check::name(&body.name)?;
    let most = usize::try_from(app.config.webhooks.max_per_tenant).unwrap_or(usize::MAX);
    if webhooks::list_webhooks(&app.db, &access.tenant_id)
        .await?
        .len()
        >= most
    {
        return Err(ApiError::conflict(format!(
            "there are {most} webhooks already: remove one first"
        )));
    }
    let now = app.clock.now();
    let id = WebhookId::new(now);
    let (secret, sealed) = fresh_secret(&app, &id)?;
    let new = NewWebhook {
        id,
        name,
        url: &url,
        event_types: &event_types,
        account_ids: &account_ids,
        enabled: body.enabled.unwrap_or(true),
        secret: &sealed,
        epoch: &app.epoch,
    };
    let mut tx = app.db.begin().await?;
    let webhook = webhooks::insert_webhook(&mut tx, &access.tenant_id, &new, now).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok((StatusCode::CREATED, Json(WebhookSecret { webhook, secret })))
}

/// A webhook (admin)
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, body = Webhook), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_webhook(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
) -> ApiResult<Json<Webhook>> {
    access.require(Role::Admin)?;
    let sealed = webhooks::get_webhook(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(sealed.webhook))
}

/// Change a webhook (admin)
///
/// Enabled again, it is sent what happened meanwhile, as far as the log reaches back.
#[utoipa::path(patch, path = "/webhooks/{id}", tag = "webhooks", params(("id" = WebhookId, Path)), request_body = UpdateWebhook,
    responses((status = 200, body = Webhook), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn update_webhook(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
    Json(body): Json<UpdateWebhook>,
) -> ApiResult<Json<Webhook>> {
    access.require(Role::Admin)?;
    let url = body
        .url
        .as_deref()
        .map(|url| check::url(&app, url))
        .transpose()?;
    let event_types = body
        .event_types
        .as_deref()
        .map(check::event_types)
        .transpose()?;
    let accounts = body.account_ids.as_deref();
    let accounts = accounts
        .map(|ids| check::account_ids(&access, ids))
        .transpose()?;
    let change = WebhookChange {
        name: body.name.as_deref().map(check::name).transpose()?,
        url: url.as_deref(),
        event_types: event_types.as_deref(),
        account_ids: accounts.as_deref(),
        enabled: body.enabled,
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let webhook = webhooks::update_webhook(&mut tx, &access.tenant_id, &id, &change, now).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(Json(webhook))
}

/// Remove a webhook with its log (admin)
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn delete_webhook(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
) -> ApiResult<StatusCode> {
    access.require(Role::Admin)?;
    let mut tx = app.db.begin().await?;
    webhooks::delete_webhook(&mut tx, &access.tenant_id, &id).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook another secret (admin)
///
/// For some hours deliveries carry two signatures, one of each secret, so that the receiver can change without a gap.
#[utoipa::path(post, path = "/webhooks/{id}/secret", tag = "webhooks", params(("id" = WebhookId, Path)), request_body = RotateSecret,
    responses((status = 200, body = WebhookSecret), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn rotate_webhook_secret(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
    Json(body): Json<RotateSecret>,
) -> ApiResult<Json<WebhookSecret>> {
    access.require(Role::Admin)?;
    let hours = body.overlap_hours.unwrap_or(OVERLAP_HOURS);
    if hours > MAX_OVERLAP_HOURS {
        return Err(ApiError::validation(
            "overlap_hours",
            "must be from 0 to 168",
        ));
    }
    let (secret, sealed) = fresh_secret(&app, &id)?;
    let now = app.clock.now();
    let until = now + Millis::from(hours) * 60 * 60 * 1000;
    let mut tx = app.db.begin().await?;
    let tenant_id = &access.tenant_id;
    let webhook = webhooks::replace_secret(&mut tx, tenant_id, &id, &sealed, until, now).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(Json(WebhookSecret { webhook, secret }))
}

/// A secret, and as it is stored.
fn fresh_secret(app: &App, id: &WebhookId) -> ApiResult<(String, String)> {
    let secret = sign::new_secret();
    let sealed = app.secrets.seal(&sign::place(id), secret.as_bytes());
    Ok((secret, sealed.map_err(ApiError::internal)?))
}
