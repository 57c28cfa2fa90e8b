//! Everything that comes in: webhooks of the Cloud API (and, later, linked devices). `webhook` verifies and parses, `receive` decides,
//! `commit` stores many deliveries in one transaction and announces them. The order is store, then announce, then answer.

mod commit;
mod receive;
mod replay;
mod templates;
mod webhook;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub use commit::Inbound;
pub use replay::Replayed;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

/// The webhook's routes at the root. They get request ids, logs, metrics and the panic guard, and nothing else.
pub fn webhook_routes() -> Router<App> {
    webhook::routes()
}

/// Starts the feature's background tasks (through `app.tasks`); called once when the server starts.
pub fn start(app: &App) {
    commit::start(app);
}
