//! Sending. A message is accepted (`send`, which composes what is stored, shown and sent), written with its row of the outbox, and sent by its
//! account's `lane`, which the commit wakes. `settle` writes how attempts ended, `sweep` finds what nobody holds any more. Beside it the
//! small signs of life that customers see: read receipts and typing (`receipts`).

mod accepting;
mod alias;
mod attempt;
mod budget;
mod change;
mod changes;
mod channels;
mod compose;
mod dues;
mod files;
mod gate;
mod hold;
mod lane;
mod line;
mod linked;
mod payload;
mod receipts;
mod request;
mod send;
mod settle;
mod sweep;
mod template;
mod verdict;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use hoopoe_db::{
    event::Committed,
    ids::{AccountId, TenantId},
    outbox::Due,
};
use tokio::sync::{mpsc, watch};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, clock::Clock};

pub(crate) use line::Line;
pub(crate) use receipts::{Sign, hear_sign, hide_typing, mark_read, show_typing};
pub use sweep::sweep;
pub(crate) use sweep::take_over_account;

/// Attempts that may wait to be settled.
const MAX_UNSETTLED: usize = 4096;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send::send_message))
        .routes(routes!(change::edit_message, change::delete_message))
        .routes(routes!(change::cancel_message_change))
        .routes(routes!(changes::retry_message))
        .routes(routes!(changes::cancel_message))
        .routes(routes!(changes::list_message_attempts))
}

/// Starts the feature's background tasks; called once when the server starts.
pub fn start(app: &App) {
    accepting::start(app);
    settle::start(app);
    sweep::start(app);
}

/// The sending side of this node: a lane for each account that has sent something.
#[derive(Debug)]
pub struct Outbox {
    accepting: accepting::Accepting,
    lanes: Mutex<HashMap<AccountId, Arc<hold::Signal>>>,
    settled: Mutex<Option<mpsc::Sender<settle::Settled>>>,
    waiting: Mutex<Option<mpsc::Receiver<settle::Settled>>>,
    pairs: budget::Pairs,
    typing: receipts::Typing,
    aliases: alias::Known,
    channels: channels::Channels,
    count: watch::Sender<u64>,
    /// Rises whenever this node changes an account.
    access: AtomicU64,
}

impl Outbox {
    /// An idle one.
    pub fn new(clock: Clock) -> Self {
        let (settled, waiting) = mpsc::channel(MAX_UNSETTLED);
        Self {
            accepting: accepting::Accepting::default(),
            lanes: Mutex::default(),
            settled: Mutex::new(Some(settled)),
            waiting: Mutex::new(Some(waiting)),
            pairs: budget::Pairs::new(clock),
            typing: receipts::Typing::default(),
            aliases: alias::Known::default(),
            channels: channels::Channels::default(),
            count: watch::Sender::default(),
            access: AtomicU64::default(),
        }
    }

    /// Counts attempts that have been settled, however they ended: for those who wait for one.
    pub fn watch_settled(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// The lanes and attempts end first; then nothing more can be settled, and the settling task ends.
    fn close(&self) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        drop(settled.take());
    }
}

/// Sees what this node committed: what lanes have read of accounts may be no longer so.
pub(crate) fn heed(app: &App, events: &[Committed]) {
    let is_of_account = |event: &Committed| event.envelope.kind.starts_with("account:");
    if events.iter().any(is_of_account) {
        app.outbox.access.fetch_add(1, Ordering::AcqRel);
    }
}

/// Says that something to send was accepted for an account.
pub fn wake(app: &App, tenant_id: &TenantId, account_id: &AccountId) {
    if let Some(lane) = lane(app, tenant_id, account_id) {
        lane.tell(None);
    }
}

/// Says that this was accepted for an account, and may go at once.
fn go(app: &App, tenant_id: &TenantId, account_id: &AccountId, due: Due) {
    if let Some(lane) = lane(app, tenant_id, account_id) {
        lane.tell(Some(due));
    }
}

/// Says that an account works again: what waits because it had failed goes at once.
pub(crate) fn resume(app: &App, tenant_id: &TenantId, account_id: &AccountId) {
    if let Some(lane) = lane(app, tenant_id, account_id) {
        lane.tell_back();
    }
}

/// Another node says that it accepted something for an account.
pub(crate) fn hear(app: &App, account_id: &AccountId) {
    let outbox = &app.outbox;
    let lanes = outbox.lanes.lock().unwrap_or_else(PoisonError::into_inner);
    // An account without a lane here is another node's, or the sweep's.
    if let Some(lane) = lanes.get(account_id) {
        lane.wake();
    }
}

/// The lane of an account on this node; it is started when it is first asked for. `None` while the server stops: whoever starts next finds what is
/// due.
fn lane(app: &App, tenant_id: &TenantId, account_id: &AccountId) -> Option<Arc<hold::Signal>> {
    let outbox = &app.outbox;
    let mut lanes = outbox.lanes.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lane) = lanes.get(account_id) {
        return Some(Arc::clone(lane));
    }
    let settled = outbox
        .settled
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()?;
    let signal = Arc::new(hold::Signal::default());
    lanes.insert(account_id.clone(), Arc::clone(&signal));
    let whose = (tenant_id.clone(), account_id.clone());
    lane::start(app, whose, Arc::clone(&signal), settled);
    Some(signal)
}
