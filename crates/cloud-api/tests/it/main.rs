//! Tests of the crate from outside, in one binary: one file for each thing that is promised.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod bodies;
mod errors;
mod fixtures;
mod graph;
mod graph_server;
mod ids;
mod limits;
mod limits_interactive;
mod media;
mod outcomes;
mod parsing;
mod properties;
mod replay;
mod scripted;
mod send_properties;
mod signature;
mod simulated;
mod uploads;
mod voice;
