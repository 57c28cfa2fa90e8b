//! The engine: the simulated world behind one lock, and the machinery that runs it.
//! `Simulator` is its public face; the Graph API, the admin API and the deliverer work on it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chats::{ChatEntry, Chats};
use crate::customers::{Customer, Customers};
use crate::faults::Faults;
use crate::groups::Groups;
use crate::guarded::Guarded;
use crate::limits::Limits;
use crate::media_store::MediaStore;
use crate::sample_uploads::SampleUploads;
use crate::sent_log::SentMessage;
use crate::templates::SimTemplate;
use crate::webhook::deliverer::Lanes;
use crate::webhook::log::{Delivery, DeliveryLog};
use crate::webhook::switches::Switches;
use crate::webhook::update::Update;
use crate::{Rules, SimApp, SimClock, SimError, SimNumber, SimulatorConfig, Timing};

/// How many webhooks may be on their way at the same time.
const POSTS_AT_ONCE: usize = 64;

/// Something the phone page wants to know at once.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PageEvent {
    /// A message appeared or changed.
    Entry { entry: Box<ChatEntry> },
    /// A customer appeared or changed.
    Customer { customer: Customer },
    /// A webhook made progress.
    Delivery { delivery: Delivery },
    /// Numbers, apps or switches changed.
    Setup,
    /// The business is typing to this customer.
    Typing {
        phone_number_id: String,
        customer: String,
    },
}

/// Everything there is, behind one lock.
pub(crate) struct World {
    pub(crate) apps: Vec<SimApp>,
    pub(crate) numbers: Vec<SimNumber>,
    pub(crate) templates: Vec<SimTemplate>,
    pub(crate) customers: Customers,
    pub(crate) chats: Chats,
    pub(crate) groups: Groups,
    pub(crate) media: MediaStore,
    pub(crate) subscribed: BTreeSet<String>,
    pub(crate) samples: SampleUploads,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) sent: VecDeque<SentMessage>,
    pub(crate) rules: Rules,
}

impl World {
    pub(crate) fn number(&self, phone_number_id: &str) -> Result<&SimNumber, SimError> {
        self.numbers
            .iter()
            .find(|number| number.phone_number_id == phone_number_id)
            .ok_or_else(|| SimError::UnknownNumber(phone_number_id.to_owned()))
    }

    pub(crate) fn customer(&self, key: &str) -> Result<&Customer, SimError> {
        self.customers
            .find(key)
            .ok_or_else(|| SimError::UnknownCustomer(key.to_owned()))
    }

    pub(crate) fn entry(&self, message_id: &str) -> Result<&ChatEntry, SimError> {
        self.chats
            .find(message_id)
            .ok_or_else(|| SimError::UnknownMessage(message_id.to_owned()))
    }

    /// Whether this number gets to see the customer's phone number.
    pub(crate) fn shows_phone(&self, number: &SimNumber, customer: &Customer, now_ms: i64) -> bool {
        !customer.hides_phone()
            || self
                .chats
                .knows_phone(&number.phone_number_id, &customer.id, now_ms)
    }
}

/// The running simulator.
pub(crate) struct Engine {
    pub(crate) world: Guarded<World>,
    pub(crate) log: Guarded<DeliveryLog>,
    pub(crate) lanes: Guarded<Lanes>,
    pub(crate) switches: Guarded<Switches>,
    timing: Guarded<Timing>,
    pub(crate) clock: SimClock,
    pub(crate) http: reqwest::Client,
    pub(crate) posts: Semaphore,
    pub(crate) posted: AtomicU64,
    /// Updates and timers that are not through yet.
    pending: watch::Sender<usize>,
    events: broadcast::Sender<PageEvent>,
    cancel: CancellationToken,
    tasks: TaskTracker,
    runtime: tokio::runtime::Handle,
    base_url: String,
    /// Whether anybody can connect.
    pub(crate) online: watch::Sender<bool>,
}

impl Engine {
    /// Must be called inside a Tokio runtime.
    pub(crate) fn new(config: SimulatorConfig, own_url: String) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let world = World {
            apps: config.apps,
            numbers: config.numbers,
            templates: config.templates,
            customers: Customers::default(),
            chats: Chats::default(),
            groups: Groups::default(),
            media: MediaStore::default(),
            subscribed: BTreeSet::new(),
            samples: SampleUploads::default(),
            limits: Limits::default(),
            faults: Faults::default(),
            sent: VecDeque::new(),
            rules: config.rules,
        };
        Ok(Arc::new(Self {
            world: Guarded::new(world),
            log: Guarded::default(),
            lanes: Guarded::default(),
            switches: Guarded::default(),
            timing: Guarded::new(config.timing),
            clock: config.clock,
            http,
            posts: Semaphore::new(POSTS_AT_ONCE),
            posted: AtomicU64::new(0),
            pending: watch::Sender::new(0),
            events: broadcast::Sender::new(1024),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
            runtime: tokio::runtime::Handle::current(),
            base_url: config.public_url.unwrap_or(own_url),
            online: watch::Sender::new(true),
        }))
    }

    pub(crate) fn base_url(&self) -> &str {
        self.base_url.trim_end_matches('/')
    }

    pub(crate) fn timing(&self) -> Timing {
        self.timing.with(|timing| timing.clone())
    }

    pub(crate) fn set_timing(&self, timing: Timing) {
        self.timing.with(|current| *current = timing);
    }

    pub(crate) fn switches(&self) -> Switches {
        self.switches.with(|switches| switches.clone())
    }

    pub(crate) fn set_switches(&self, switches: Switches) {
        self.switches.with(|current| *current = switches);
        self.announce(PageEvent::Setup);
    }

    pub(crate) fn announce(&self, event: PageEvent) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    pub(crate) fn announce_entry(&self, entry: ChatEntry) {
        self.announce(PageEvent::Entry {
            entry: Box::new(entry),
        });
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<PageEvent> {
        self.events.subscribe()
    }

    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.cancel.clone();
        let guarded = async move {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = work => {}
            }
        };
        self.tasks.spawn_on(guarded, &self.runtime);
    }

    /// Waits, but not beyond the simulator's end.
    pub(crate) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    pub(crate) fn stopping(&self) -> bool {
        self.cancel.is_cancelled()
    }

    pub(crate) fn stop_signal(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Ends all tasks; at most five seconds.
    pub(crate) async fn stop(&self) {
        self.cancel.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await;
    }

    pub(crate) fn work_begins(&self) {
        self.pending.send_modify(|count| *count += 1);
    }

    pub(crate) fn work_ends(&self) {
        self.pending
            .send_modify(|count| *count = count.saturating_sub(1));
    }

    /// Returns once nothing is waiting, being delivered or being retried.
    pub(crate) async fn settled(&self) {
        let mut pending = self.pending.subscribe();
        tokio::select! {
            () = self.cancel.cancelled() => {}
            _ = pending.wait_for(|count| *count == 0) => {}
        }
    }

    pub(crate) fn pending(&self) -> usize {
        *self.pending.borrow()
    }

    /// An update about one customer for one number.
    pub(crate) fn update(
        number: &SimNumber,
        customer: &str,
        field: &'static str,
        message_id: &str,
        summary: &str,
        value: Value,
    ) -> Update {
        Update {
            app: number.app,
            waba_id: number.waba_id.clone(),
            field,
            value: with_metadata(number, value),
            phone_number_id: number.phone_number_id.clone(),
            customer: customer.to_owned(),
            message_id: message_id.to_owned(),
            summary: summary.to_owned(),
            entry_time: None,
        }
    }
}

/// Adds what every value of a number's webhooks holds.
fn with_metadata(number: &SimNumber, mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert("messaging_product".to_owned(), json!("whatsapp"));
        object.insert(
            "metadata".to_owned(),
            json!({
                "display_phone_number": number.digits(),
                "phone_number_id": number.phone_number_id,
            }),
        );
    }
    value
}

/// Unix seconds as a string, as webhooks give times.
pub(crate) fn seconds(at_ms: i64) -> String {
    at_ms.div_euclid(1000).to_string()
}
