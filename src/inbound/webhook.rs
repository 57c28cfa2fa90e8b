//! `GET|POST /webhooks/whatsapp/{hook}`: Meta's handshake and Meta's deliveries.
//!
//! A delivery whose signature is right is always answered 200 once it is stored, whatever is in it: what we do not understand becomes a
//! dead letter. 503 is for a database that is away, so that Meta delivers again.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use hoopoe_cloud_api::{signature, webhook};
use subtle::ConstantTimeEq;

use super::receive;
use crate::{
    accounts::hooks::Hook,
    app::App,
    error::{ApiError, ApiResult},
};

/// Meta sends up to 3 MB in one delivery; a little more leaves room for its rounding. Source: Meta, webhooks reference.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024 + 64 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/webhooks/whatsapp/{hook}",
            get(verify_callback).post(receive_delivery),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// The handshake that Meta does when the callback URL is saved: it carries no signature.
async fn verify_callback(
    State(app): State<App>,
    Path(hook): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let hook = app
        .hooks
        .find(&hook)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let query = query.unwrap_or_default();
    let value = |name: &str| query_value(&query, name);
    let is_subscribe = value("hub.mode").as_deref() == Some("subscribe");
    let token = value("hub.verify_token").unwrap_or_default();
    let matches: bool = token.as_bytes().ct_eq(hook.verify_token.as_bytes()).into();
    match value("hub.challenge") {
        Some(challenge) if is_subscribe && matches => {
            Ok(([("content-type", "text/plain; charset=utf-8")], challenge).into_response())
        }
        _ => Err(ApiError::forbidden()),
    }
}

fn query_value(query: &str, name: &str) -> Option<String> {
    serde_urlencoded::from_str::<Vec<(String, String)>>(query)
        .ok()?
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// A delivery: verify over the raw bytes, parse leniently, decide, store, announce, answer.
async fn receive_delivery(
    State(app): State<App>,
    Path(hook): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<StatusCode> {
    let body = body?;
    let hook = app
        .hooks
        .find(&hook)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let header = headers
        .get(signature::HEADER)
        .and_then(|value| value.to_str().ok());
    if let Err(reason) = signature::verify(&hook.app_secret, &body, header) {
        tracing::warn!(%reason, meta_app_id = %hook.meta_app_id, "webhook refused");
        metrics::counter!("hoopoe_webhooks_refused_total").increment(1);
        return Err(ApiError::unauthorized(reason.to_string()));
    }
    let now = app.clock.now();
    let delivery = match webhook::parse(&body) {
        Ok(updates) => {
            let hook = hook_for(&app, hook, &updates).await?;
            receive::decide(&hook, updates, now)
        }
        Err(reason) => receive::unreadable(&hook, &body, &reason.to_string(), now),
    };
    app.inbound.store(delivery).await?;
    Ok(StatusCode::OK)
}

/// A number that was connected a moment ago on another node is looked for once more before its messages become dead letters.
async fn hook_for(
    app: &App,
    hook: std::sync::Arc<Hook>,
    updates: &[hoopoe_cloud_api::Update],
) -> ApiResult<std::sync::Arc<Hook>> {
    let unknown = updates
        .iter()
        .filter_map(|update| update.phone_number_id.as_deref())
        .any(|number| !hook.accounts.contains_key(number));
    if !unknown {
        return Ok(hook);
    }
    let fresh = app.hooks.reload(&hook.hook).await?;
    Ok(fresh.unwrap_or(hook))
}
