//! What an account can do, by its channel: clients show only that, and the API refuses the rest.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Channel;
use crate::Millis;

/// What an account can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing of its own that clients ask for by name"
)]
pub struct Capabilities {
    /// Send words.
    pub text: bool,
    /// Send pictures.
    pub image: bool,
    /// Send videos.
    pub video: bool,
    /// Send sound.
    pub audio: bool,
    /// Send voice messages.
    pub voice: bool,
    /// Send files.
    pub document: bool,
    /// Send stickers.
    pub sticker: bool,
    /// Send places.
    pub location: bool,
    /// Send contact cards.
    pub contacts: bool,
    /// React to messages.
    pub reaction: bool,
    /// Change texts that were sent.
    pub edit: bool,
    /// For how long after they were sent. Milliseconds; `null` where they can't be changed.
    pub edit_for_ms: Option<Millis>,
    /// Take back messages that were sent, for everybody.
    pub delete: bool,
    /// For how long after they were sent. Milliseconds; `null` where they can't be taken back.
    pub delete_for_ms: Option<Millis>,
    /// Send messages with buttons.
    pub buttons: bool,
    /// Send lists to choose from.
    pub list: bool,
    /// Send a button that opens a web page.
    pub cta_url: bool,
    /// Ask where somebody is.
    pub location_request: bool,
    /// Ask for somebody's contact details.
    pub contact_request: bool,
    /// Send templates.
    pub template: bool,
    /// Free text goes only within 24 hours of the customer's last message.
    pub window: bool,
    /// Write in groups.
    pub groups: bool,
}

/// How long after it was sent a message can be changed: WhatsApp's phones take an edit for fifteen minutes. Milliseconds.
const EDIT_FOR_MS: Millis = 15 * 60 * 1000;

/// How long after it was sent a message can be taken back: about two days. Milliseconds.
const DELETE_FOR_MS: Millis = 48 * 60 * 60 * 1000;

/// Meta's own interface, which knows templates and buttons, and nothing that changes what was sent. The simulator speaks it too.
const CLOUD: Capabilities = Capabilities {
    text: true,
    image: true,
    video: true,
    audio: true,
    voice: true,
    document: true,
    sticker: true,
    location: true,
    contacts: true,
    reaction: true,
    edit: false,
    edit_for_ms: None,
    delete: false,
    delete_for_ms: None,
    buttons: true,
    list: true,
    cta_url: true,
    location_request: true,
    contact_request: true,
    template: true,
    window: true,
    groups: true,
};

/// What people have on their phones.
const LINKED: Capabilities = Capabilities {
    text: true,
    image: true,
    video: true,
    audio: true,
    voice: true,
    document: true,
    sticker: true,
    location: true,
    contacts: true,
    reaction: true,
    edit: true,
    edit_for_ms: Some(EDIT_FOR_MS),
    delete: true,
    delete_for_ms: Some(DELETE_FOR_MS),
    buttons: false,
    list: false,
    cta_url: false,
    location_request: false,
    contact_request: false,
    template: false,
    window: false,
    groups: true,
};

impl From<Channel> for Capabilities {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Cloud | Channel::Simulator => CLOUD,
            Channel::Linked => LINKED,
        }
    }
}

impl TryFrom<String> for Capabilities {
    type Error = String;

    fn try_from(channel: String) -> Result<Self, String> {
        Channel::try_from(channel).map(Self::from)
    }
}
