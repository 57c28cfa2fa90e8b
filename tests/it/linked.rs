//! Linked devices: through the API and the sockets, with the mock of WhatsApp and its phones on the other side.

mod capabilities;
mod changes;
mod contents;
mod letters;
mod linking;
mod messages;
mod nodes;
mod staying;
pub mod world;
