//! Real time: committed events to those who may see them (`hub`), sockets and their catch-up (`socket`, `resume`), who is here, who types,
//! who looks at what (`ephemeral`), what other nodes committed (`cluster`), and the same log by HTTP (`log`).
//!
//! The numbered log in the database is the truth; sockets are its quick messenger. See `docs/realtime.md`.

mod cluster;
mod ephemeral;
mod hub;
mod log;
mod resume;
mod seats;
mod socket;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub use hub::Hub;
pub use log::{EventHead, EventPage};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(log::list_events))
        .routes(routes!(log::get_event_head))
}

/// Adds the socket layer (path `/socket.io`) around the router.
pub fn mount(router: Router, app: &App) -> Router {
    socket::mount(router, app)
}

/// Starts the feature's background tasks (through `app.tasks`); called once when the server starts.
pub fn start(app: &App) {
    hub::start(app);
    seats::start(app);
    cluster::start(app);
    log::start(app);
}
