//! Linked devices: numbers that are joined by QR code or typed code, as companions of their phones. The protocol and the one supervisor per account are the
//! crate `hoopoe-linked`'s; here is what surrounds them: which of them run on this node (`runs`, `turns`, `leases`), what they are shown to
//! people (`offers`, `routes`), how they reach the rest of the server (`host`, `http`), what comes in (`receive`, `reads`, `notices`, `decide`, `ids`), who types or is there
//! (`live`), and what they look like (`pictures`). What goes out takes the way of the outbox.

mod decide;
mod host;
mod http;
pub(crate) mod ids;
mod leases;
mod live;
mod notices;
mod offers;
mod pictures;
mod reads;
mod receive;
mod routes;
mod runs;
mod turns;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

use hoopoe_db::{event::Committed, ids::AccountId};
use tokio::sync::Notify;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    error::{ApiError, ApiResult},
    realtime,
};

pub use offers::{LinkOffer, OfferKind};
pub(crate) use offers::{Shown, hear as hear_offer};
pub(crate) use receive::SOURCE;
pub(crate) use routes::check_count;
pub(crate) use runs::{handle, is_elsewhere, look, unlink};

/// The linked devices of this node.
#[derive(Debug, Default)]
pub struct Linked {
    runs: Mutex<HashMap<AccountId, runs::Run>>,
    turns: turns::Turns,
    numbers: AtomicU64,
    offers: offers::Offers,
    /// Something may have been claimed elsewhere.
    doubt: Notify,
}

impl Linked {
    /// How many accounts this node keeps connected, or is linking.
    pub fn count(&self) -> usize {
        self.runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(routes::start_link, routes::get_link))
        .routes(routes!(routes::reset_link))
        .routes(routes!(routes::cleanup_duplicates))
}

/// Starts the feature's background tasks; called once when the server starts.
pub fn start(app: &App) {
    if app.config.linked.enabled {
        app.tasks.spawn(leases::run(app.clone()));
    }
}

/// Looks at what was committed here: an account that was reset, replaced or removed is no longer its node's, whichever that is.
pub fn heed(app: &App, events: &[Committed]) {
    if events.iter().any(leases::ends_a_lease) {
        doubt(app);
        realtime::tell_linked(app);
    }
}

/// What runs here may be another node's by now, or nobody's.
pub(crate) fn doubt(app: &App) {
    app.linked.doubt.notify_one();
}

/// # Errors
/// `conflict` where the operator does not want linked devices.
pub(crate) fn check_enabled(app: &App) -> ApiResult<()> {
    if app.config.linked.enabled {
        return Ok(());
    }
    Err(ApiError::conflict(
        "linked devices are switched off by the setting linked.enabled",
    ))
}
