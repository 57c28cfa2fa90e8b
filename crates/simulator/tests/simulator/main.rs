//! Tests of the simulator from outside: a real callback receives its webhooks, a real client calls its API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::doc_markdown,
    reason = "in tests a panic is the report"
)]

mod customers;
mod demo;
mod media;
mod outage;
mod sending;
mod stage;
mod strictness;
mod templates;
mod webhooks;
