//! The load: signed webhooks over plain keep-alive connections, Socket.IO listeners, and the board they meet on.

pub mod board;
pub mod http;
pub mod listener;
pub mod senders;
pub mod webhooks;
