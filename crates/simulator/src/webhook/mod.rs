//! Webhooks as Meta sends them: bytes, signature, envelopes, retries and the log of all that.
//! The engine makes an `Update` of whatever happens and hands it to the deliverer.

pub(crate) mod deliverer;
pub mod log;
pub mod meta_json;
pub mod signature;
pub mod switches;
pub(crate) mod update;
