//! The Hoopoe server as a library: `main.rs` runs it, the tests and the benchmark start the very same router.

pub mod accounts;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod contacts;
pub mod conversations;
pub mod dead_letters;
pub mod demo;
pub mod error;
pub mod extract;
pub mod health;
pub mod inbound;
mod layers;
pub mod media;
pub mod messages;
pub mod openapi;
pub mod page;
pub mod realtime;
pub mod router;
pub mod secrets;
pub mod serve;
pub mod team;
pub mod telemetry;
pub mod watch;
mod web;
