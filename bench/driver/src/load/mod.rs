//! The load: signed webhooks and agents' messages over plain keep-alive connections, Socket.IO listeners, a provider, and the board they meet on.

pub mod board;
pub mod desk;
pub mod http;
pub mod listener;
pub mod phones;
pub mod provider;
pub mod senders;
pub mod webhooks;
