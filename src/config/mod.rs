//! The settings: one typed structure, read from the embedded defaults, a file and the environment, checked before anything starts.

mod load;
mod mask;
mod network;

use std::{fs::DirBuilder, net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub use load::{DEFAULTS, load};
pub use network::Network;

/// All settings; `config.default.toml` explains each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config {
    /// Folder for everything that the server writes.
    pub data_dir: PathBuf,
    /// How it is reached.
    pub server: Server,
    /// Where it keeps its data.
    pub database: Database,
    /// Logins.
    pub auth: Auth,
    /// The log of events.
    pub events: Events,
    /// Received files.
    pub media: Media,
    /// Meta's Graph API.
    pub graph: Graph,
    /// Sending.
    pub outbox: Outbox,
    /// Linked devices.
    pub linked: Linked,
    /// Webhooks out.
    pub webhooks: Webhooks,
    /// How much of anything.
    pub limits: Limits,
    /// Logs.
    pub log: Log,
    /// Metrics.
    pub metrics: Metrics,
    /// Whether this is `hoopoe demo`, whose customers are simulated. No setting of an operator's.
    #[serde(skip)]
    pub demo: bool,
}

/// How the server is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Address under which browsers and Meta reach it; empty for the listening address.
    pub public_url: String,
    /// Where the source of this program is; empty for not told.
    pub source_url: String,
    /// Networks of proxies whose word about the client's address counts.
    pub trusted_proxies: Vec<Network>,
    /// Most connections at the same time.
    pub max_connections: usize,
    /// HTTPS by the server itself.
    pub tls: Tls,
}

/// HTTPS by the server itself: both or none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tls {
    /// PEM file of the certificate chain.
    pub cert: String,
    /// PEM file of the private key.
    pub key: String,
}

impl Tls {
    /// Whether the server speaks HTTPS.
    pub fn is_enabled(&self) -> bool {
        !self.cert.is_empty()
    }
}

/// Where data is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Database {
    /// `sqlite:` or `postgres:`; empty for the embedded one in the data folder.
    pub url: String,
    /// Most connections to it.
    pub max_connections: u32,
}

/// Logins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Auth {
    /// Life of an access token.
    pub access_token_minutes: u32,
    /// Life of a refresh token.
    pub refresh_token_days: u32,
}

/// The log of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Events {
    /// How long events stay.
    pub retention_days: u32,
}

/// Received files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Media {
    /// Largest file that is fetched.
    pub max_size_mb: u32,
    /// Where files are kept.
    pub storage: MediaStorage,
    /// Whether stored files that nothing names are deleted.
    pub delete_unnamed: bool,
    /// The S3-compatible store, for `storage = "s3"`.
    pub s3: S3,
}

/// Where files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaStorage {
    /// `media/` in the data folder.
    Folder,
    /// An S3-compatible store.
    S3,
}

/// An S3-compatible store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct S3 {
    /// Name of the bucket.
    pub bucket: String,
    /// Region; may be empty where the store has none.
    pub region: String,
    /// Address; empty for Amazon's own.
    pub endpoint: String,
    /// Who we are.
    pub access_key_id: String,
    /// And the proof.
    pub secret_access_key: String,
    /// Put in front of every object's key.
    pub prefix: String,
}

/// Meta's Graph API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Graph {
    /// Its address.
    pub url: String,
    /// Its version, such as `v26.0`.
    pub version: String,
    /// Seconds that an answer is waited for.
    pub timeout_seconds: u32,
}

/// Sending.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outbox {
    /// Seconds that a status is waited for where the answer to a send was lost.
    pub unknown_after_seconds: u32,
    /// Attempts at a message that the provider refuses for now.
    pub max_attempts: i64,
    /// Seconds between the first and the second attempt; every further pause is four times as long.
    pub first_pause_seconds: u32,
    /// Hours after which a message is given up that waits for the provider or the account to work again.
    pub give_up_after_hours: u32,
}

impl Outbox {
    /// How long a status is waited for. Milliseconds.
    pub fn unknown_after_ms(&self) -> i64 {
        i64::from(self.unknown_after_seconds) * 1000
    }

    /// How long after the first attempt the second one is made. Milliseconds.
    pub fn first_pause_ms(&self) -> i64 {
        i64::from(self.first_pause_seconds) * 1000
    }

    /// When a message is given up that waits. Milliseconds.
    pub fn give_up_after_ms(&self) -> i64 {
        i64::from(self.give_up_after_hours) * 60 * 60 * 1000
    }
}

/// Linked devices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Linked {
    /// Whether this node keeps linked devices connected.
    pub enabled: bool,
    /// Most phones that one organisation may link.
    pub max_accounts: u32,
    /// How long a node has an account without saying so again.
    pub lease_seconds: u32,
    /// Another server than WhatsApp, for tests; empty for WhatsApp.
    pub url: String,
}

/// Webhooks out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhooks {
    /// Whether private networks, and plain HTTP, may be reached.
    pub allow_private: bool,
    /// Most webhooks that one organisation may have.
    pub max_per_tenant: u32,
    /// Seconds that an answer is waited for.
    pub timeout_seconds: u32,
    /// How long settled deliveries stay.
    pub keep_days: u32,
    /// Most deliveries that stay of one webhook.
    pub keep_deliveries: u32,
    /// Days after which a webhook is switched off to which nothing arrives.
    pub disable_after_days: u32,
}

/// How much of anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Limits {
    /// Most numbers that one organisation may connect.
    pub max_accounts: u32,
    /// Logins that are let through at once.
    pub login_burst: u32,
    /// Logins that are let through per minute after that.
    pub login_per_minute: u32,
    /// Seconds after which an API request is given up.
    pub request_timeout_seconds: u64,
    /// Most messages that one transaction stores.
    pub ingest_batch: usize,
}

/// Logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Log {
    /// Their form.
    pub format: LogFormat,
    /// What is logged.
    pub filter: String,
}

/// Form of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One object per line.
    Json,
    /// For people.
    Text,
}

/// Metrics.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Metrics {
    /// Whether `/metrics` answers.
    pub enabled: bool,
    /// What it wants as a bearer token; empty for none.
    pub token: String,
}

impl Config {
    /// Address under which browsers and Meta reach the server, without a slash at the end.
    pub fn public_url(&self) -> String {
        let told = self.server.public_url.trim_end_matches('/');
        if !told.is_empty() {
            return told.to_owned();
        }
        let scheme = if self.server.tls.is_enabled() {
            "https"
        } else {
            "http"
        };
        let listen = self.server.listen;
        if listen.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", listen.port());
        }
        format!("{scheme}://{listen}")
    }

    /// Whether browsers may send cookies only over HTTPS. Not on plain addresses, where they could not log in at all.
    pub fn is_secure(&self) -> bool {
        self.public_url().starts_with("https://")
    }

    /// Where the database is.
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            return format!("sqlite:{}", self.data_dir.join("hoopoe.db").display());
        }
        self.database.url.clone()
    }

    /// Makes the data folder if it is missing, for nobody but the user that runs the server: it holds what customers wrote.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create_data_dir(&self) -> anyhow::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.data_dir)
            .with_context(|| format!("data_dir: {} can't be made", self.data_dir.display()))
    }

    /// The defaults, for tests and tools that set the rest by hand.
    ///
    /// # Errors
    /// Never: a test reads them.
    pub fn defaults() -> anyhow::Result<Self> {
        load::from_layers("", "the defaults", Vec::new())
    }
}
