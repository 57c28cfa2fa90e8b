//! Webhooks out: events told by HTTP, signed, in order, as often as it takes. `endpoints` and `log` are what admins see; `dispatch` says which webhooks
//! are this node's and has a `runner` for each, which takes the log's events into deliveries (`feeding`, `told`) and makes them (`lane`, `post`, `sign`).
//! Whom they may reach is for `guard` to say.

mod check;
mod dispatch;
mod endpoints;
mod feeding;
mod guard;
mod handle;
mod lane;
mod log;
mod pauses;
mod post;
mod runner;
mod sign;
mod told;

use tokio::sync::Notify;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, config, realtime};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::list_webhooks, endpoints::create_webhook))
        .routes(routes!(
            endpoints::get_webhook,
            endpoints::update_webhook,
            endpoints::delete_webhook
        ))
        .routes(routes!(endpoints::rotate_webhook_secret))
        .routes(routes!(log::test_webhook))
        .routes(routes!(log::replay_webhook_deliveries))
        .routes(routes!(log::list_webhook_deliveries))
        .routes(routes!(log::get_webhook_delivery))
        .routes(routes!(log::replay_webhook_delivery))
        .routes(routes!(log::skip_webhook_delivery))
}

/// Starts the feature's background tasks; called once when the server starts.
pub fn start(app: &App) {
    dispatch::start(app);
}

/// The delivering side of this node.
#[derive(Debug)]
pub struct Webhooks {
    poster: post::Poster,
    /// Webhooks were changed, or have something to deliver that no commit of events tells of.
    changed: Notify,
}

impl Webhooks {
    /// An idle one.
    ///
    /// # Errors
    /// When TLS can't be had.
    pub fn new(settings: &config::Webhooks) -> anyhow::Result<Self> {
        Ok(Self {
            poster: post::Poster::new(settings)?,
            changed: Notify::new(),
        })
    }

    /// Lets this node look at its webhooks.
    pub fn wake(&self) {
        self.changed.notify_one();
    }
}

/// Lets all nodes look at their webhooks.
fn wake_all(app: &App) {
    app.webhooks.wake();
    realtime::tell_webhooks(app);
}
