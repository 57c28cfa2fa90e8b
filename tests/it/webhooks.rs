//! Webhooks out, over HTTP: a server, and receivers that fail in every way.

mod alerts;
mod delivering;
mod log;
mod nodes;
mod reaching;
mod receiver;
mod settings;
