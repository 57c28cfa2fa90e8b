//! Hoopoe's stand-in for Meta and for customers' phones: a Graph API, signed webhooks, simulated people and
//! a page to play them. Used by the demo, the tests and the load tests; see `README.md` for the HTTP side.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use hoopoe_simulator::{NewCustomer, Outgoing, SimApp, SimNumber, Simulator, SimulatorConfig, Timing};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let simulator = Simulator::start(listener, SimulatorConfig {
//!     timing: Timing::instant(),
//!     ..SimulatorConfig::default()
//! })?;
//! let app = simulator.add_app(SimApp {
//!     callback_url: "http://127.0.0.1:8080/webhooks/whatsapp/abc".into(),
//!     app_secret: "secret".into(),
//!     verify_token: "token".into(),
//! });
//! simulator.verify_callback(app).await?;
//! simulator.add_number(SimNumber {
//!     phone_number_id: "100000000000001".into(),
//!     display_phone_number: "+1 555-010-0001".into(),
//!     verified_name: "Fern & Co".into(),
//!     waba_id: "200000000000001".into(),
//!     access_token: "EAAsimulated".into(),
//!     app,
//! });
//! let ana = simulator.add_customer(NewCustomer::named("Ana", "40721000001"));
//! simulator.customer_sends("100000000000001", &ana.id, Outgoing::text("Hello"))?;
//! simulator.settled().await;
//! simulator.stop().await;
//! # Ok(()) }
//! ```

#![allow(clippy::doc_markdown, reason = "WhatsApp is a word, not code")]

mod admin;
mod chats;
mod clock;
mod config;
mod customer_acts;
mod customers;
pub mod demo_script;
mod echoes;
mod engine;
mod error;
mod faults;
mod graph;
mod groups;
mod guarded;
mod handshake;
mod identity_changes;
mod ids;
mod limits;
#[cfg(feature = "linked")]
pub mod linked;
mod listener;
mod media_store;
mod outgoing;
mod reviews;
mod sample_uploads;
pub mod samples;
mod sent_log;
mod simulator;
mod statuses;
mod templates;
pub mod webhook;

pub use chats::{
    AddressedBy, ChatEntry, EntryMedia, EntryReaction, MessageStatus, Side, WebhookNote,
};
pub use clock::SimClock;
pub use config::{Retry, Rules, SimApp, SimNumber, SimulatorConfig, Timing};
pub use customers::{Customer, NewCustomer};
pub use error::SimError;
pub use faults::SendFault;
pub use groups::SimGroup;
pub use ids::looks_like_user_id;
pub use outgoing::{OrderItem, Outgoing, SendOptions, SharedContact};
pub use sent_log::{SentMessage, SentSummary};
pub use simulator::Simulator;
pub use templates::{SimTemplate, default_templates};
pub use webhook::log::{Delivery, DeliveryState};
pub use webhook::switches::Switches;
