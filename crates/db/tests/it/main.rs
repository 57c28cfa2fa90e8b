//! Contract tests: every public function, on SQLite and on PostgreSQL (`scripts/with-postgres cargo test -p hoopoe-db`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions
)]

mod accounts;
mod contacts;
mod conversations;
mod dead_letters;
mod engines;
mod ingest;
mod linked;
mod media;
mod merges;
mod messages;
mod nodes;
mod outbox;
mod people;
mod pictures;
mod plans;
mod presence;
mod reads;
mod sessions;
mod streams;
mod templates;
mod uploads;
mod users;
mod webhooks;
mod writing;
