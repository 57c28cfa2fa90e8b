//! Accounts (connected numbers) and Meta apps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::{
    Millis,
    ids::{AccountId, MetaAppId},
    model::Capabilities,
};

words! {
    /// How an account reaches WhatsApp.
    Channel {
        /// WhatsApp Business Cloud API.
        Cloud = "cloud",
        /// A phone linked as a companion device.
        Linked = "linked",
        /// The simulator of the demo and the tests.
        Simulator = "simulator",
    }
}

impl Channel {
    /// Most messages per second of a new account. Meta allows 80; a phone's companion that writes faster than a person is conspicuous.
    pub(crate) fn first_rate(self) -> i64 {
        match self {
            Self::Cloud | Self::Simulator => 80,
            Self::Linked => 1,
        }
    }
}

words! {
    /// Whether an account works.
    AccountState {
        /// It works.
        Connected = "connected",
        /// It is being connected.
        Connecting = "connecting",
        /// It was cut off and comes back by itself.
        Disconnected = "disconnected",
        /// It waits for a phone to scan the code.
        NeedsQr = "needs_qr",
        /// It needs somebody's help; the reason says what.
        Error = "error",
        /// The phone was linked elsewhere in this account's place (linked devices). Stays so until somebody acts.
        Replaced = "replaced",
        /// The phone ended the link (linked devices). Stays so until somebody links it again.
        LoggedOut = "logged_out",
        /// WhatsApp keeps the number out (linked devices). Stays so until somebody acts.
        Banned = "banned",
        /// WhatsApp wants a newer program (linked devices).
        Outdated = "outdated",
    }
}

impl AccountState {
    /// Whether it should work and does not. Being connected, or waiting for somebody who links a phone, is neither up nor down.
    pub fn is_down(self) -> bool {
        match self {
            Self::Connected | Self::Connecting | Self::NeedsQr => false,
            Self::Disconnected
            | Self::Error
            | Self::Replaced
            | Self::LoggedOut
            | Self::Banned
            | Self::Outdated => true,
        }
    }
}

/// One WhatsApp number that the tenant connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "settings that have nothing to do with one another"
)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// How it reaches WhatsApp.
    #[sqlx(try_from = "String")]
    pub channel: Channel,
    /// What it can do.
    #[sqlx(rename = "channel", try_from = "String")]
    pub capabilities: Capabilities,
    /// Name as agents see it.
    pub name: String,
    /// Colour as `#rrggbb`.
    pub color: String,
    /// Phone number, E.164.
    pub phone: Option<String>,
    /// Meta's id of the number (Cloud API).
    pub phone_number_id: Option<String>,
    /// Meta's id of the WhatsApp Business Account (Cloud API).
    pub waba_id: Option<String>,
    /// The Meta app whose webhook it uses (Cloud API).
    pub meta_app_id: Option<MetaAppId>,
    /// Whether it works.
    #[sqlx(try_from = "String")]
    pub state: AccountState,
    /// Why, in words.
    pub state_reason: Option<String>,
    /// Since when. Unix milliseconds.
    pub state_since: Millis,
    /// When the last message came in. Unix milliseconds.
    pub last_inbound_at: Option<Millis>,
    /// When the last message went out. Unix milliseconds.
    pub last_outbound_at: Option<Millis>,
    /// Whether customers see that their messages were read.
    pub send_read_receipts: bool,
    /// Whether customers see that somebody is typing.
    pub send_typing: bool,
    /// Whether free text is refused once the 24 hours are over.
    pub enforce_window: bool,
    /// Most messages that are sent per second.
    pub rate_per_second: i64,
    /// Whether messages of groups are left out (linked devices).
    pub ignore_groups: bool,
    /// How much of the past that the phone shares has been taken over, in percent by its own count; 100: all. Nothing where it shared none (linked
    /// devices).
    pub history_percent: Option<i64>,
    /// How many conversations of that past were stored.
    pub history_conversations: Option<i64>,
    /// When the last of it was stored. Unix milliseconds.
    pub history_at: Option<Millis>,
    /// Unix milliseconds.
    pub created_at: Millis,
}

/// A Meta app: its webhook's path and the token for Meta's handshake. The secret is never shown again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetaApp {
    /// Its id.
    pub id: MetaAppId,
    /// Name as admins see it.
    pub name: String,
    /// Random part of the webhook's path.
    pub hook: String,
    /// The webhook's path, to be appended to this server's public address.
    pub callback_path: String,
    /// To be pasted into Meta's form beside the callback URL.
    pub verify_token: String,
    /// The Meta business portfolio, where known: the scope of business-scoped user ids.
    pub portfolio_id: Option<String>,
    /// Unix milliseconds.
    pub created_at: Millis,
}
