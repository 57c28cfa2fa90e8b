//! Linked devices: through the API and the sockets, with the mock of WhatsApp and its phones on the other side.

mod groups;
mod linking;
mod live;
mod messages;
mod nodes;
mod pictures;
mod staying;
mod world;
