//! The only place with SQL. Typed ids, rows, transactions and the events that leave with them, on SQLite and on PostgreSQL.
//!
//! The server calls the public functions of these modules; nothing else in the project knows a table's name. Every function that
//! touches a tenant's data takes the tenant's id. Every change that clients are told of goes through [`Tx`]: its events are numbered
//! and stored in the same transaction, and come out of [`Tx::commit`], which is the only way to get them.

pub mod accounts;
mod begin;
mod checkpoints;
mod columns;
pub mod contacts;
pub mod conversations;
pub mod dead_letters;
pub mod drafts;
mod error;
pub mod event;
pub mod ids;
pub mod ingest;
pub mod linked;
pub mod media;
pub mod merges;
pub mod messages;
pub mod meta_apps;
pub mod model;
pub mod nodes;
mod open;
pub mod outbox;
mod per_engine;
mod phone;
pub mod pictures;
mod place;
mod pool;
pub mod presence;
pub mod recipients;
pub mod saved_replies;
pub mod sessions;
mod sql;
pub mod streams;
pub mod templates;
pub mod tenants;
mod terms;
#[cfg(feature = "testing")]
pub mod testing;
mod together;
pub mod uploads;
pub mod users;
pub mod webhooks;

pub use error::{DbError, DbResult};
pub use ids::Id;
pub use phone::normalize_phone;
pub use place::Place;
pub use pool::{Db, Engine, Reader, Tx};

/// Unix time in milliseconds, UTC: the only way this project keeps a time.
pub type Millis = i64;
