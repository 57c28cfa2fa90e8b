//! Webhooks: who may deliver, what is stored of it, and what becomes of what can't be.

mod away;
mod captured;
mod deliveries;
mod handshake;
mod hostile;
mod letters;
