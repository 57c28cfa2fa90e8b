//! The WhatsApp Cloud API as the rest of Hoopoe sees it: webhook payloads, their signature, error codes, and the
//! part of the Graph API that fetches media.
//!
//! Owns everything that depends on what Meta sends; knows neither a database nor a web framework. Called by the
//! server's `inbound` (webhooks), `media` (downloads), `outbox` (error classes) and `accounts` (credentials check).
//!
//! The way through: [`signature::verify`] over the raw bytes, [`webhook::parse`] into [`Update`]s, and from an
//! update that could not be applied [`Update::replayable_json`] into the dead letters.

pub mod digest;
pub mod errors;
pub mod graph;
pub mod ids;
pub mod send;
pub mod signature;
pub mod update;
pub mod voice;
pub mod webhook;

mod replay;
mod wire;

pub use update::{Update, UpdateKind};
