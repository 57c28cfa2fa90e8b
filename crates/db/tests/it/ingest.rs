//! What comes in, as the server's decision hands it over: people, threads, messages, statuses and events of a batch, on both engines.

mod amendments;
mod delivery;
mod identity;
mod invariants;
mod memory;
mod names;
mod nodes;
mod recipients;
pub mod shop;
mod statuses;
mod writers;
