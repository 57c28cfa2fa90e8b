//! What nodes say to one another beside the log: said here, carried and heard by [`super::cluster`].

use std::sync::Mutex;

use hoopoe_db::ids::AccountId;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{cluster::is_alone, ephemeral::Hint, viewing};
use crate::{app::App, linked, outbox};

/// Most that waits to be told to the other nodes; what is more is not told.
const MAX_WAITING_CALLS: usize = 1_024;

/// What nodes say to one another. With nothing in particular, the log has news.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    /// Who says it.
    pub node: String,
    /// A packet to pass on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
    /// A conversation whose viewers changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewers: Option<viewing::Place>,
    /// An account for which something to send was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox: Option<AccountId>,
    /// Files are to be fetched, by the node that can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub media: bool,
    /// What is to be done on an account's phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<linked::Shown>,
    /// What a customer is to be shown by the node that has the account's phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<outbox::Sign>,
    /// Linked accounts may have another node, or none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub linked: bool,
    /// A webhook was changed, or has deliveries that wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub webhooks: bool,
}

impl Call {
    pub(super) fn news(app: &App) -> Self {
        Self {
            node: app.node_id.clone(),
            hint: None,
            viewers: None,
            outbox: None,
            media: false,
            offer: None,
            sign: None,
            linked: false,
            webhooks: false,
        }
    }
}

/// What waits to be told to the other nodes, in order.
#[derive(Debug)]
pub(super) struct Calls {
    queue: mpsc::Sender<Call>,
    pub waiting: Mutex<Option<mpsc::Receiver<Call>>>,
}

impl Default for Calls {
    fn default() -> Self {
        let (queue, waiting) = mpsc::channel(MAX_WAITING_CALLS);
        Self {
            queue,
            waiting: Mutex::new(Some(waiting)),
        }
    }
}

/// Passes a packet on to the other nodes.
pub(super) fn relay(app: &App, hint: Hint) {
    call(
        app,
        Call {
            hint: Some(hint),
            ..Call::news(app)
        },
    );
}

/// Lets the other nodes know that a conversation's viewers changed.
pub(super) fn relay_viewers(app: &App, place: &viewing::Place) {
    call(
        app,
        Call {
            viewers: Some(place.clone()),
            ..Call::news(app)
        },
    );
}

/// Lets the node that runs an account's lane know that something was accepted here.
pub(crate) fn tell_outbox(app: &App, account_id: &AccountId) {
    call(
        app,
        Call {
            outbox: Some(account_id.clone()),
            ..Call::news(app)
        },
    );
}

/// Lets the other nodes look for files that are to be fetched: the connection that they come over may be one of theirs.
pub(crate) fn tell_media(app: &App) {
    call(
        app,
        Call {
            media: true,
            ..Call::news(app)
        },
    );
}

/// Lets the other nodes know what is to be done on an account's phone.
pub(crate) fn tell_offer(app: &App, shown: linked::Shown) {
    call(
        app,
        Call {
            offer: Some(shown),
            ..Call::news(app)
        },
    );
}

/// Lets the node that has an account's phone show a customer something.
pub(crate) fn tell_sign(app: &App, sign: outbox::Sign) {
    call(
        app,
        Call {
            sign: Some(sign),
            ..Call::news(app)
        },
    );
}

/// Lets the other nodes look whether they still have their linked accounts.
pub(crate) fn tell_linked(app: &App) {
    call(
        app,
        Call {
            linked: true,
            ..Call::news(app)
        },
    );
}

/// Lets the other nodes look at their webhooks.
pub(crate) fn tell_webhooks(app: &App) {
    call(
        app,
        Call {
            webhooks: true,
            ..Call::news(app)
        },
    );
}

fn call(app: &App, call: Call) {
    if !is_alone(app) && app.hub.calls().queue.try_send(call).is_err() {
        tracing::debug!("too much is said at once: the other nodes do not hear all of it");
    }
}
