//! Linked devices: through the API and the sockets, with the mock of WhatsApp and its phones on the other side.

mod capabilities;
mod changes;
mod contents;
mod groups;
mod letters;
mod linking;
mod live;
mod messages;
mod nodes;
mod pictures;
mod staying;
pub mod world;
