//! Messages of ours in the form the Cloud API takes, and every limit they must keep.
//!
//! Called by the server's `outbox`: it makes an [`Outgoing`], asks [`Outgoing::check`] before anything is stored, wraps it in
//! an [`Envelope`] and hands that to [`crate::graph::GraphClient::send`]. Everything here serialises to exactly what Meta
//! takes and reads that back, so that a message can wait in a database. Limits and shapes are from Meta's "Cloud API,
//! Messages" reference and its published specification.

mod check;
mod contacts;
mod envelope;
mod interactive;
pub mod limits;
mod media;
mod message;
mod template;
mod template_parts;
mod wire;

pub use check::Invalid;
pub use contacts::{Card, CardEmail, CardName, CardOrganisation, CardPhone};
pub use envelope::{Envelope, Recipient};
pub use interactive::{Action, Header, Interactive, List, Reply, Row, Section, UrlButton};
pub use media::{MediaKind, MediaRule, essence, upload_mime};
pub use message::{
    Audio, Document, MediaRef, Outgoing, Place, Reaction, Sticker, TextBody, VisualMedia,
};
pub use template::{ButtonKind, Component, FileNode, Language, Parameter, Template};
pub use template_parts::check_parts;
