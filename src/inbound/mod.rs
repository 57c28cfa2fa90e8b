//! Everything that comes in: webhooks of the Cloud API (and, later, linked devices). `webhook` verifies and parses, `receive` decides (with `updates`),
//! `commit` stores many deliveries in one transaction and announces them. The order is store, then announce, then answer.

mod commit;
mod receive;
mod replay;
mod templates;
mod updates;
mod webhook;

use axum::Router;

use crate::app::App;

pub use commit::Inbound;
pub(crate) use commit::store;
pub use replay::Replayed;
pub(crate) use replay::replay_update;

/// The webhook's routes at the root. They get request ids, logs, metrics and the panic guard, and nothing else.
pub fn webhook_routes() -> Router<App> {
    webhook::routes()
}

/// Starts the feature's background tasks (through `app.tasks`); called once when the server starts.
pub fn start(app: &App) {
    commit::start(app);
}
