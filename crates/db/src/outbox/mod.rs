//! The outbox: what is to be sent, written in the transaction that accepts it, claimed by the server's `outbox` feature, and settled here.
//!
//! A row's `due_at` says when it calls for attention, and is NULL once nothing is left to do. Its `state`: `queued` may be attempted;
//! `preparing` has a lease while its file goes up; `sending` has a lease while an attempt is under way; `waiting` hopes for a status
//! that tells how an attempt ended; `done` stays for a retry by hand, and is pruned by age. Inside a conversation only the first row
//! that is not done may be attempted, and a row that is under way holds back all behind it.

mod accept;
mod attempts;
mod change;
mod changes;
mod claim;
mod ended;
mod lanes;
mod late;
mod new_message;
mod newest;
mod reactions;
mod settle;
mod sweep;

pub use accept::{Accepted, accept, accept_unflushed, find_by_client};
pub use attempts::list_attempts;
pub use change::{AcceptedChange, NewChange, accept_change, cancel_change};
pub use changes::{cancel, retry};
pub use claim::{Due, Job, Lease, begin, claim, find_due, give_back, hasten, next_due};
pub use ended::{Ended, Outcome};
pub use lanes::{hold_lane, prune_lanes, release_lane};
pub use new_message::{NewFile, NewMessage};
pub use reactions::accept_reaction;
pub use settle::{settle, settle_unflushed};
pub use sweep::{Words, abandon_leases, abandon_others, expire, list_due_accounts, prune};

pub(crate) use late::{Callback, attach};

/// What a status says that closes the window of 24 hours, whatever we thought: "re-engagement message".
pub const WINDOW_CLOSED_CODE: i64 = 131_047;

#[cfg(feature = "testing")]
pub use claim::explain_find_due;
