//! Who is asking, and may they. Logins by password or one-time link, short-lived access tokens, rotating refresh tokens, and the check that
//! every request and every socket passes.

mod access;
pub mod cache;
mod cookies;
mod limits;
pub mod links;
mod login;
mod me;
pub mod passwords;
mod session;
mod setup;
mod tokens;

use std::time::Duration;

use hoopoe_db::event::Committed;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub use access::{Access, MediaAccess};
pub use limits::{Limits, site};
pub use me::Me;
pub use session::Session;
pub use setup::add_organisation;

/// How often expired tokens and links are deleted, and forgotten tries with them.
const CLEANING_PAUSE: Duration = Duration::from_mins(15);

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .routes(routes!(login::login_by_link))
        .routes(routes!(login::refresh_session))
        .routes(routes!(login::logout))
        .routes(routes!(me::get_me, me::update_me))
        .routes(routes!(setup::get_setup, setup::set_up))
}

/// Starts the feature's background tasks; called once when the server starts.
pub fn start(app: &App) {
    let cleaning = app.clone();
    app.tasks
        .every(CLEANING_PAUSE, move || clean(cleaning.clone()));
}

async fn clean(app: App) {
    app.limits.forget_old();
    let now = app.clock.now();
    match hoopoe_db::sessions::delete_expired(&app.db, now).await {
        Ok(gone) => tracing::debug!(gone, "expired tokens deleted"),
        Err(error) => tracing::warn!(%error, "expired tokens could not be deleted"),
    }
}

/// Events after which what users may do has to be looked up anew.
const CHANGES_OF_RIGHTS: &[&str] = &["user:updated", "membership:changed", "account:deleted"];

/// Heeds what was committed, here or on another node: changes of roles, locks, passwords and memberships count from the next request on.
pub fn heed(app: &App, events: &[Committed]) {
    let concerns = |event: &Committed| CHANGES_OF_RIGHTS.contains(&event.envelope.kind.as_str());
    if events.iter().any(concerns) {
        app.grants.forget_all();
    }
}
