//! Feature tests: the real router on a real port with a real database, asked over HTTP and sockets. One file per feature.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that finds something missing can only stop"
)]

mod accounts;
mod auth;
mod cli;
mod cluster;
mod contacts;
mod convergence;
mod conversations;
mod crash;
mod dead_letters;
mod events;
mod health;
mod http;
mod https;
mod identity;
mod inbound;
mod isolation;
mod linked;
mod media;
mod outbox;
mod realtime;
mod recipients;
mod statuses;
mod support;
mod team;
mod tenants;
mod webhooks;
