//! WhatsApp as linked devices see it, on loopback: companions pair with simulated phones by QR code or by a typed code, and exchange messages with
//! customers' phones, encrypted from end to end as in life. Behind the feature `linked`; for tests.
//!
//! Its certificate is signed by nobody, so a client pairs with it only where it was built not to look (the client's feature
//! `danger-skip-cert-chain-verify`), which this crate never asks for.

mod admin;
mod connection;
mod customers;
mod directory;
mod endpoint;
mod files;
mod groups;
mod history;
mod keys;
mod noise;
mod pairing;
mod phones;
mod queries;
mod relay;
mod seen;
mod settings;
mod stanza;
mod state;
mod trouble;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{State as Extracted, WebSocketUpgrade},
    response::Response,
    routing::get,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{clock::SimClock, guarded::Guarded};
use noise::ServerKey;
use state::State;

pub use customers::words;
pub use seen::{Addressing, Companion, FileToSend, Received, Refusal, SeenReceipt, SentAs};

/// The state with what it takes to share it.
pub(crate) struct World {
    key: ServerKey,
    state: Guarded<State>,
    changed: watch::Sender<()>,
}

impl World {
    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        self.state.with(work)
    }

    /// As `with`, and wakes those who wait for something.
    fn change<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let result = self.with(work);
        self.changed.send_replace(());
        result
    }
}

/// The mock; it ends when it is dropped.
pub struct LinkedServer {
    world: Arc<World>,
    address: SocketAddr,
    /// What serves it; nothing where this is but a view of it.
    serving: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for LinkedServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkedServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for LinkedServer {
    fn drop(&mut self) {
        let Some(serving) = self.serving.take() else {
            return;
        };
        serving.abort();
        let lines = |state: &mut State| {
            state
                .phones
                .values()
                .flat_map(state::Phone::lines)
                .collect()
        };
        let lines: Vec<state::Line> = self.world.with(lines);
        for line in lines {
            line.close();
        }
    }
}

impl LinkedServer {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// When there is no port, or no key can be made.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// As [`start`](Self::start), at an address that others know.
    ///
    /// # Errors
    /// When the address is taken, or no key can be made.
    pub async fn start_on(address: SocketAddr) -> anyhow::Result<Self> {
        let world = Arc::new(World {
            key: ServerKey::generate()?,
            state: Guarded::default(),
            changed: watch::channel(()).0,
        });
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        world.with(|state| state.host = address.to_string());
        let routes = Router::new()
            .route("/ws/chat", get(connect))
            .merge(files::routes())
            .merge(admin::routes())
            .with_state(Arc::clone(&world));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::warn!(%error, "the mock of linked devices ended");
            }
        });
        Ok(Self {
            world,
            address,
            serving: Some(serving),
        })
    }

    /// The mock as one of its own requests sees it.
    fn view(world: Arc<World>) -> Self {
        let address = world.with(|state| state.host.parse());
        Self {
            world,
            address: address.unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 0))),
            serving: None,
        }
    }

    /// Where the mock's own interface is: `/linked/…` behind it.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://{}/ws/chat", self.address)
    }

    /// A phone with a number (digits only) and the name that others see. Known ones stay as they are.
    ///
    /// # Errors
    /// When no keys can be made.
    pub fn add_phone(&self, number: &str, name: &str) -> anyhow::Result<()> {
        self.world.change(|state| state.add_phone(number, name))
    }

    /// By which names others are told of a phone.
    ///
    /// # Errors
    /// When there is no such phone, as everywhere below.
    pub fn set_addressing(&self, number: &str, addressing: Addressing) -> anyhow::Result<()> {
        self.world.change(|state| {
            state
                .phone(number)
                .map(|phone| phone.addressing = addressing)
        })
    }

    /// A phone's LID, digits only.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn lid(&self, number: &str) -> anyhow::Result<String> {
        self.world
            .with(|state| state.phone(number).map(|phone| phone.lid.clone()))
    }

    /// The phone scans a QR code.
    ///
    /// # Errors
    /// Also when the code is none, or is no longer shown.
    pub fn scan(&self, number: &str, code: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| pairing::scan(state, number, code))
    }

    /// Somebody types a code into the phone.
    ///
    /// # Errors
    /// Also when no companion asked for one.
    pub fn enter_code(&self, number: &str, code: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| pairing::enter_code(state, number, code))
    }

    /// A phone's companions, in the order in which they were linked.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn companions(&self, number: &str) -> anyhow::Result<Vec<Companion>> {
        self.world.with(|state| {
            let devices = &state.phone(number)?.devices;
            let companions = devices.iter().filter(|(number, _)| **number != 0);
            let mut companions: Vec<Companion> = companions
                .map(|(number, device)| Companion {
                    number: *number,
                    name: device.label.0.clone(),
                    platform: device.label.1.clone(),
                    active: device.active,
                    connections: device.connections,
                    presence: device.presence.clone(),
                    watching: device.watching.iter().cloned().collect(),
                })
                .collect();
            companions.sort_by_key(|companion| companion.number);
            Ok(companions)
        })
    }

    /// Waits until something is there, looking again whenever anything happened.
    pub async fn until<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changes = self.world.changed.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(self) {
                return found;
            }
            // The sender lives as long as this.
            let _ = changes.changed().await;
        }
    }
}

async fn connect(Extracted(world): Extracted<Arc<World>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| connection::serve(world, socket))
}

/// Unix time in seconds: the unit of the protocol.
fn now() -> u64 {
    u64::try_from(SimClock::system().now_ms() / 1000).unwrap_or_default()
}
