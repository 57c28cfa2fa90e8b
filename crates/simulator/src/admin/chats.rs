//! `/sim/chats/…`: what a phone shows, and writing on it.
//! Called by the phone page and browser tests.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::draft::Draft;
use crate::engine::Engine;
use crate::{MessageStatus, SimError};

/// Number and customer of the path.
type ChatPath = Path<(String, String)>;

/// `GET /sim/chats/{number}/{customer}`.
pub(crate) async fn show_chat(
    State(engine): State<Arc<Engine>>,
    Path((number, customer)): ChatPath,
) -> Result<Json<Value>, SimError> {
    let now_ms = engine.clock.now_ms();
    engine.world.with(|world| {
        world.number(&number)?;
        let customer = world.customer(&customer)?;
        Ok(Json(json!({
            "customer": customer,
            "window_open": world.chats.window_is_open(&number, &customer.id, now_ms),
            "items": world.chats.thread(&number, &customer.id),
        })))
    })
}

/// `POST /sim/chats/{number}/{customer}/messages`.
pub(crate) async fn send_message(
    State(engine): State<Arc<Engine>>,
    Path((number, customer)): ChatPath,
    Json(draft): Json<Draft>,
) -> Result<Json<Value>, SimError> {
    let from_business = draft.from.as_deref() == Some("business");
    let (what, options) = draft.read(&engine)?;
    let id = if from_business {
        let id = engine.business_phone_sends(&number, &customer, what, options)?;
        engine.start_statuses(&id, None);
        id
    } else {
        engine.customer_sends(&number, &customer, what, options)?
    };
    Ok(Json(json!({"id": id})))
}

/// `POST /sim/chats/{number}/{customer}/read`: the customer looks at the chat.
pub(crate) async fn read_chat(
    State(engine): State<Arc<Engine>>,
    Path((number, customer)): ChatPath,
) -> Result<Json<Value>, SimError> {
    let read = engine.customer_reads(&number, &customer)?;
    Ok(Json(json!({"read": read})))
}

/// `POST /sim/messages/{message}/play`: the customer plays a voice message.
pub(crate) async fn play_message(
    State(engine): State<Arc<Engine>>,
    Path(message): Path<String>,
) -> Result<Json<Value>, SimError> {
    engine.set_status(&message, MessageStatus::Played, None)?;
    Ok(Json(json!({"ok": true})))
}
