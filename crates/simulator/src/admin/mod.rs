//! The admin HTTP API under `/sim/…` and the phone page at `/`; described in the crate's README.
//! Called by the page and by browser tests. It asks for no password: bind it to localhost or a test network.

mod chats;
mod customers;
mod deliveries;
mod draft;
mod events;
mod files;
mod outage;
mod page;
mod setup;
mod templates;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::json;

use crate::SimError;
use crate::engine::Engine;

/// Largest file a simulated customer can attach, in bytes.
const UPLOAD_LIMIT: usize = 101 * 1024 * 1024;

/// All admin routes and the page.
pub(crate) fn router() -> Router<Arc<Engine>> {
    Router::new()
        .merge(page::router())
        .merge(setup_routes())
        .merge(record_routes())
        .merge(phone_routes())
        .route("/sim/events", get(events::stream))
}

/// What there is, and how it behaves.
fn setup_routes() -> Router<Arc<Engine>> {
    Router::new()
        .route("/sim/state", get(setup::show_state))
        .route("/sim/apps", post(setup::add_app))
        .route("/sim/apps/{app}/verify", post(setup::verify_app))
        .route("/sim/numbers", post(setup::add_number))
        .route(
            "/sim/switches",
            get(setup::show_switches).patch(setup::change_switches),
        )
        .route(
            "/sim/timing",
            get(setup::show_timing).patch(setup::change_timing),
        )
        .route(
            "/sim/rules",
            get(setup::show_rules).patch(setup::change_rules),
        )
        .route("/sim/outage", post(outage::be_offline))
        .route("/sim/faults/sends", post(outage::add_send_fault))
        .route("/sim/faults/every-send", put(outage::set_every_send))
        .route("/sim/faults/downloads", post(outage::fail_downloads))
        .route("/sim/templates", get(templates::list_templates))
        .route(
            "/sim/templates/{template}/status",
            post(templates::review_template),
        )
        .route("/sim/settle", post(setup::settle))
}

/// What happened.
fn record_routes() -> Router<Arc<Engine>> {
    Router::new()
        .route("/sim/sent", get(deliveries::list_sent))
        .route("/sim/sent/summary", get(deliveries::summarise_sent))
        .route("/sim/deliveries", get(deliveries::list_deliveries))
        .route("/sim/deliveries/{id}", get(deliveries::show_delivery))
}

/// The customers and their phones.
fn phone_routes() -> Router<Arc<Engine>> {
    let chat = "/sim/chats/{number}/{customer}";
    Router::new()
        .route(
            "/sim/customers",
            get(customers::list_customers).post(customers::add_customer),
        )
        .route(
            "/sim/customers/{customer}",
            get(customers::show_customer).patch(customers::change_customer),
        )
        .route(chat, get(chats::show_chat))
        .route(
            &format!("{chat}/messages"),
            post(chats::send_message).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route(&format!("{chat}/read"), post(chats::read_chat))
        .route("/sim/messages/{message}/play", post(chats::play_message))
        .route(
            "/sim/uploads",
            put(files::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/sim/media/{id}", get(files::show_media))
        .route("/sim/samples/{name}", get(files::show_sample))
}

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let (status, code) = match &self {
            Self::UnknownNumber(_)
            | Self::UnknownCustomer(_)
            | Self::UnknownMessage(_)
            | Self::UnknownTemplate(_)
            | Self::UnknownApp(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::Handshake(_) => (StatusCode::BAD_GATEWAY, "handshake_failed"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "bad_request"),
        };
        let error = json!({"code": code, "message": self.to_string()});
        (status, Json(json!({"error": error}))).into_response()
    }
}
