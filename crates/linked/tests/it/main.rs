//! Linked devices against the mock of `hoopoe-simulator`, on SQLite and on PostgreSQL: the real client, the real encryption, the real rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions
)]

mod admin;
mod connection;
mod contents;
mod groups;
mod history;
mod linking;
mod messages;
mod mock;
mod notes;
mod sending;
mod stage;
mod store;
