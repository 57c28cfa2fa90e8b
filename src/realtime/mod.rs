//! Real time: committed events to those who may see them (`hub`, `dispatch`); sockets (`socket`), before they are let in (`lobby`), their catch-up
//! (`resume`), their seats and rights (`seats`, `rights`), and what waits for them (`backlog`, `slow`); what they say in passing (`hints`): who
//! is here, who types, who looks at what (`ephemeral`, `typing`, `viewing`); other nodes (`cluster`, `calls`, `elsewhere`); and the same log by HTTP (`log`).
//!
//! The numbered log in the database is the truth; sockets are its quick messenger. See `docs/realtime.md`.

mod backlog;
mod calls;
mod cluster;
mod dispatch;
mod elsewhere;
mod ephemeral;
mod hints;
mod hub;
mod lobby;
mod log;
mod resume;
mod rights;
mod seats;
mod slow;
mod socket;
mod typing;
mod viewing;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(crate) use calls::{
    tell_linked, tell_media, tell_offer, tell_outbox, tell_sign, tell_webhooks,
};
pub(crate) use ephemeral::{tell_account, tell_managers};
pub use hub::Hub;
pub use log::{EventHead, EventPage};
pub(crate) use viewing::viewed;

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
    slow::start(app);
    app.tasks.spawn(viewing::run(app.clone()));
    cluster::start(app);
    log::start(app);
}
