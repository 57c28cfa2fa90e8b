//! A webhook's deliveries as admins see them: the log, one of them with what it sends, sending again, skipping, a test.

use std::sync::Arc;

use axum::extract::State;
use hoopoe_db::{
    Id as _, Millis,
    ids::{DeliveryId, WebhookId},
    model::{Delivery, DeliveryDetail, DeliveryState, Role},
    webhooks::{self, DeliveryFilter, Replay, SealedWebhook},
};
use serde::{Deserialize, Serialize};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use utoipa::{IntoParams, ToSchema};

use super::{lane, post::Answer, told, wake_all};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
    page::{Limit, Page},
};

/// The type of a test. Never in the log of events.
const TEST: &str = "webhook:test";

/// What is listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryQuery {
    /// Only in this state.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// Only of this type.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// From the last answer.
    cursor: Option<DeliveryId>,
    /// 1 to 100; 50 by default.
    #[param(value_type = Option<i64>)]
    limit: Limit,
}

/// What is to be sent again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReplayRange {
    /// From events of this time on. Unix milliseconds. Left out: from the oldest that is kept.
    from: Option<Millis>,
    /// Up to events of this time. Unix milliseconds. Left out: up to now.
    to: Option<Millis>,
    /// Also what was delivered; else only what was given up.
    delivered: bool,
}

/// How much is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    /// How many deliveries.
    count: u64,
}

/// The log of a webhook (admin)
///
/// Newest first. What is settled stays for some days.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = WebhookId, Path), DeliveryQuery),
    responses((status = 200, body = Page<Delivery>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_webhook_deliveries(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
    Query(query): Query<DeliveryQuery>,
) -> ApiResult<Json<Page<Delivery>>> {
    access_webhook(&app, &access, &id).await?;
    let filter = DeliveryFilter {
        state: query.state,
        kind: query.kind.as_deref(),
        after: query.cursor.as_ref(),
        limit: query.limit.get(),
    };
    let tenant_id = &access.tenant_id;
    let (items, next) = webhooks::list_deliveries(&app.db, tenant_id, &id, &filter).await?;
    Ok(Json(Page {
        items,
        next_cursor: next.map(|id| id.to_string()),
    }))
}

/// A delivery with what it sends (admin)
#[utoipa::path(get, path = "/webhooks/{id}/deliveries/{delivery_id}", tag = "webhooks",
    params(("id" = WebhookId, Path), ("delivery_id" = DeliveryId, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_webhook_delivery(
    State(app): State<App>,
    access: Access,
    Path((id, delivery_id)): Path<(WebhookId, DeliveryId)>,
) -> ApiResult<Json<DeliveryDetail>> {
    access.require(Role::Admin)?;
    let tenant_id = &access.tenant_id;
    let delivery = webhooks::get_delivery(&app.db, tenant_id, &id, &delivery_id).await?;
    let body = webhooks::find_body(&app.db, tenant_id, &id, &delivery_id).await?;
    let body = RawValue::from_string(body).map_err(ApiError::internal)?;
    Ok(Json(DeliveryDetail {
        delivery,
        body: Arc::from(body),
    }))
}

/// Send a delivery again (admin)
///
/// Under the same id. One that waits is tried at once.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{delivery_id}/replay", tag = "webhooks",
    params(("id" = WebhookId, Path), ("delivery_id" = DeliveryId, Path)),
    responses((status = 200, body = Delivery), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn replay_webhook_delivery(
    State(app): State<App>,
    access: Access,
    Path((id, delivery_id)): Path<(WebhookId, DeliveryId)>,
) -> ApiResult<Json<Delivery>> {
    access.require(Role::Admin)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let tenant_id = &access.tenant_id;
    let delivery = webhooks::replay_delivery(&mut tx, tenant_id, &id, &delivery_id, now).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(Json(delivery))
}

/// Give up a delivery that waits (admin)
///
/// So that what is behind it goes on.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{delivery_id}/skip", tag = "webhooks",
    params(("id" = WebhookId, Path), ("delivery_id" = DeliveryId, Path)),
    responses((status = 200, body = Delivery), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn skip_webhook_delivery(
    State(app): State<App>,
    access: Access,
    Path((id, delivery_id)): Path<(WebhookId, DeliveryId)>,
) -> ApiResult<Json<Delivery>> {
    access.require(Role::Admin)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let tenant_id = &access.tenant_id;
    let delivery = webhooks::skip_delivery(&mut tx, tenant_id, &id, &delivery_id, now)
        .await
        .map_err(|error| match error {
            hoopoe_db::DbError::Conflict(_) => ApiError::conflict("it does not wait"),
            other => other.into(),
        })?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(Json(delivery))
}

/// Send deliveries of a span of time again (admin)
#[utoipa::path(post, path = "/webhooks/{id}/replay", tag = "webhooks", params(("id" = WebhookId, Path)), request_body = ReplayRange,
    responses((status = 200, body = Replayed), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn replay_webhook_deliveries(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
    Json(body): Json<ReplayRange>,
) -> ApiResult<Json<Replayed>> {
    access_webhook(&app, &access, &id).await?;
    let range = Replay {
        from: body.from.unwrap_or_default(),
        to: body.to.unwrap_or(Millis::MAX),
        delivered: body.delivered,
    };
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let count = webhooks::replay(&mut tx, &access.tenant_id, &id, range, now).await?;
    app.commit(tx).await?;
    wake_all(&app);
    Ok(Json(Replayed { count }))
}

/// Send a test event (admin)
///
/// At once and once, also where the webhook is switched off; the answer tells what came of it.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, body = Delivery), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn test_webhook(
    State(app): State<App>,
    access: Access,
    Path(id): Path<WebhookId>,
) -> ApiResult<Json<Delivery>> {
    let sealed = access_webhook(&app, &access, &id).await?;
    let now = app.clock.now();
    let delivery_id = DeliveryId::new(now);
    let body = test_body(&sealed, &delivery_id, now)?;
    let answer = lane::attempt(&app, &sealed, (delivery_id.as_str(), &body), now).await;
    let delivery = tested(delivery_id, id, answer, now);
    let tenant_id = &access.tenant_id;
    webhooks::insert_delivery(&app.db, tenant_id, &delivery, &body, app.clock.now()).await?;
    Ok(Json(delivery))
}

fn test_body(sealed: &SealedWebhook, id: &DeliveryId, now: Millis) -> ApiResult<String> {
    let data = json!({ "webhook_id": sealed.webhook.id, "message": "This is a test." });
    let data = to_raw_value(&data).map_err(ApiError::internal)?;
    told::body(told::Body {
        id: id.as_str(),
        kind: TEST,
        created_at: now,
        tenant_id: &sealed.tenant_id,
        stream: "",
        seq: 0,
        data: &data,
        too_large: false,
    })
    .map_err(ApiError::internal)
}

fn tested(id: DeliveryId, webhook_id: WebhookId, answer: Answer, now: Millis) -> Delivery {
    Delivery {
        id,
        webhook_id,
        kind: TEST.to_owned(),
        stream_id: String::new(),
        seq: 0,
        state: if answer.error.is_none() {
            DeliveryState::Delivered
        } else {
            DeliveryState::Failed
        },
        attempts: 1,
        due_at: None,
        attempted_at: Some(now),
        status: answer.status.map(i64::from),
        response: answer.response,
        error: answer.error,
        duration_ms: Some(answer.duration_ms),
        created_at: now,
    }
}

/// A webhook of the admin's organisation.
async fn access_webhook(app: &App, access: &Access, id: &WebhookId) -> ApiResult<SealedWebhook> {
    access.require(Role::Admin)?;
    Ok(webhooks::get_webhook(&app.db, &access.tenant_id, id).await?)
}
