//! Linked devices: a WhatsApp number that is joined by QR code or pairing code, as a companion of its phone. One [supervisor](Supervisor) per account keeps
//! it connected and says, in the database and by events, how it is; its keys are sealed rows of `hoopoe-db`.
//!
//! The protocol is an unofficial one, spoken by the crate `whatsapp-rust`; nothing else of the project knows that crate. What Hoopoe wants to be
//! told, and what only it can do, is behind [`Host`].

#[cfg(all(feature = "linked-mock", not(debug_assertions)))]
compile_error!(
    "linked-mock accepts any server as WhatsApp: it is for tests, and no release may have it"
);

mod client;
mod content;
mod ends;
mod fetching;
mod groups;
mod handle;
mod history;
mod host;
mod inbound;
mod listening;
mod media;
mod news;
mod outgoing;
mod pairing;
mod past;
mod person;
mod refusal;
mod seeing;
mod session;
mod store;
mod supervisor;

/// What the server brings to fetch files with.
pub mod http {
    pub use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
}

pub use client::{Line, Pace};
pub use content::{Content, GroupAct, GroupNews, Shown, Target};
pub use fetching::{FetchError, ProfilePicture};
pub use handle::{Handle, SendError, Sent};
pub use host::{Host, Offer, Seal};
pub use inbound::Arrived;
pub use media::Media;
pub use news::{About, Activity, Picture, Presence, Progress, Receipt, Typing};
pub use outgoing::{File, FileKind, Outgoing, Quoted, Said};
pub use person::Person;
pub use store::Store;
pub use supervisor::{Start, Supervisor};
