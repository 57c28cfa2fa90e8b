//! What an account can do, by its channel: clients show only that, and the API refuses the rest.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Channel;

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
    /// Change messages that were sent.
    pub edit: bool,
    /// Take back messages that were sent.
    pub delete: bool,
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

impl From<Channel> for Capabilities {
    fn from(channel: Channel) -> Self {
        let is_cloud = channel != Channel::Linked;
        Self {
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
            delete: false,
            buttons: is_cloud,
            list: is_cloud,
            cta_url: is_cloud,
            location_request: is_cloud,
            contact_request: is_cloud,
            template: is_cloud,
            window: is_cloud,
            groups: !is_cloud,
        }
    }
}

impl TryFrom<String> for Capabilities {
    type Error = String;

    fn try_from(channel: String) -> Result<Self, String> {
        Channel::try_from(channel).map(Self::from)
    }
}
