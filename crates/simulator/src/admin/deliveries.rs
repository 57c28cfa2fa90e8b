//! `/sim/deliveries…` and `/sim/sent`: what went to the business, and what it asked to send.
//! Called by the phone page and browser tests.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::{Delivery, DeliveryState, SentMessage, SentSummary, SimError};

/// Query of the delivery list.
#[derive(Debug, Deserialize)]
pub(crate) struct DeliveryQuery {
    state: Option<DeliveryState>,
    message: Option<String>,
    customer: Option<String>,
    limit: Option<usize>,
}

/// `GET /sim/deliveries`: newest first.
pub(crate) async fn list_deliveries(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<DeliveryQuery>,
) -> Json<Value> {
    let wanted = |delivery: &Delivery| {
        query.state.is_none_or(|state| state == delivery.state)
            && query
                .message
                .as_ref()
                .is_none_or(|id| *id == delivery.message_id)
            && query
                .customer
                .as_ref()
                .is_none_or(|id| *id == delivery.customer)
    };
    let limit = query.limit.unwrap_or(50).min(1000);
    let items = engine.log.with(|log| log.newest(limit, wanted));
    Json(json!({"items": items, "pending": engine.pending()}))
}

/// `GET /sim/deliveries/{id}`: one delivery with the body of its last POST.
pub(crate) async fn show_delivery(
    State(engine): State<Arc<Engine>>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, SimError> {
    let delivery = engine
        .log
        .with(|log| log.get(id).cloned())
        .ok_or_else(|| SimError::UnknownMessage(id.to_string()))?;
    let body = String::from_utf8_lossy(&delivery.body).into_owned();
    Ok(Json(json!({"delivery": delivery, "body": body})))
}

/// Query of the accepted requests.
#[derive(Debug, Deserialize)]
pub(crate) struct SentQuery {
    callback: Option<String>,
    customer: Option<String>,
}

/// `GET /sim/sent`: accepted send requests, oldest first.
pub(crate) async fn list_sent(
    State(engine): State<Arc<Engine>>,
    Query(query): Query<SentQuery>,
) -> Json<Value> {
    let wanted = |sent: &&SentMessage| {
        let callback = query.callback.as_ref();
        callback.is_none_or(|callback| sent.callback.as_ref() == Some(callback))
            && query
                .customer
                .as_ref()
                .is_none_or(|id| *id == sent.customer)
    };
    let items: Vec<SentMessage> = engine
        .world
        .with(|world| world.sent.iter().filter(wanted).cloned().collect());
    Json(json!({"items": items}))
}

/// `GET /sim/sent/summary`: how often each callback was accepted, and in which order.
pub(crate) async fn summarise_sent(State(engine): State<Arc<Engine>>) -> Json<SentSummary> {
    Json(engine.world.with(|world| SentSummary::of(&world.sent)))
}
