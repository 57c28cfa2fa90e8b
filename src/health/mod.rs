//! How the server is: in one word for everybody, in detail for admins, in numbers for Prometheus. And what it is.

mod about;
mod metrics;
mod report;

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub use report::Report;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(report::get_health))
        .routes(routes!(about::get_about))
}

/// The feature's routes at the root.
pub fn public_routes() -> Router<App> {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics::metrics))
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// Whether the server can do its work, for load balancers: 200 or 503.
async fn health(State(app): State<App>) -> impl IntoResponse {
    match app.db.ping().await {
        Ok(()) => (StatusCode::OK, Json(Status { status: "ok" })),
        Err(error) => {
            tracing::warn!(%error, "the database is not available");
            let status = Status {
                status: "unavailable",
            };
            (StatusCode::SERVICE_UNAVAILABLE, Json(status))
        }
    }
}
