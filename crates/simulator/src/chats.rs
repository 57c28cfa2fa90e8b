//! What each simulated phone shows: the messages between a customer and a business number, their ticks,
//! reactions and webhook states. Written by customer and business acts, read by the phone page and tests.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

use crate::webhook::log::{Delivery, DeliveryState};

/// Who wrote a message or set a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The simulated person.
    Customer,
    /// The business, through the Graph API or its own phone.
    Business,
}

/// How far a message of the business got, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Taken by the Graph API.
    Accepted,
    /// Left for the phone.
    Sent,
    /// Arrived on the phone.
    Delivered,
    /// Looked at.
    Read,
    /// A voice message that was played.
    Played,
    /// Never arrived.
    Failed,
}

impl MessageStatus {
    /// The word used in webhooks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

/// How the business addressed the customer, which decides what its statuses show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressedBy {
    /// `to`: the phone number.
    Phone,
    /// `recipient`: the business-scoped user id.
    UserId,
    /// `to`, of a group.
    Group,
}

/// The media file of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryMedia {
    /// Media id; `None` when the business gave a link.
    pub id: Option<String>,
    /// The link the business gave.
    pub link: Option<String>,
    /// MIME type.
    pub mime: Option<String>,
    /// Size in bytes.
    pub size: Option<usize>,
    /// File name of documents.
    pub filename: Option<String>,
}

/// One reaction under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryReaction {
    /// The emoji.
    pub emoji: String,
    /// Whose it is.
    pub by: Side,
}

/// How the webhook of a customer's message fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookNote {
    /// Where it stands.
    pub state: DeliveryState,
    /// POSTs so far.
    pub attempts: u32,
}

/// One message as a phone shows it.
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, each its own mark on the page"
)]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatEntry {
    /// The wamid.
    pub id: String,
    /// The business number.
    pub phone_number_id: String,
    /// The customer's id.
    pub customer: String,
    /// Who wrote it.
    pub from: Side,
    /// The wire type, e.g. `text`, `audio`.
    pub kind: String,
    /// What can be read of it: body, caption, name of a place…
    pub text: String,
    /// The type's node as on the wire.
    pub content: Value,
    /// Template of the business: header, body, footer and buttons as the phone shows them.
    pub shown: Option<Value>,
    /// Its file, or that of its header.
    pub media: Option<EntryMedia>,
    /// The message it answers.
    pub quote: Option<String>,
    /// Reactions, at most one per side.
    pub reactions: Vec<EntryReaction>,
    /// When it was written, Unix milliseconds.
    pub at: i64,
    /// Whether the author changed it later.
    pub edited: bool,
    /// Whether the author deleted it.
    pub deleted: bool,
    /// Customer's message: its webhook.
    pub webhook: Option<WebhookNote>,
    /// Customer's message: the business marked it as read (blue ticks).
    pub read_by_business: bool,
    /// Business's message: how far it got.
    pub status: Option<MessageStatus>,
    /// Business's message: why it failed.
    pub failure: Option<String>,
    /// Business's message: how it was addressed.
    pub addressed_by: AddressedBy,
    /// Business's message: a template.
    pub is_template: bool,
    /// Business's message: `biz_opaque_callback_data`.
    pub opaque: Option<String>,
}

/// A business number and a customer.
pub(crate) type ChatKey = (String, String);

/// How many messages one chat keeps.
const KEPT: usize = 400;

/// All chats.
#[derive(Debug, Default)]
pub(crate) struct Chats {
    threads: HashMap<ChatKey, VecDeque<ChatEntry>>,
    place: HashMap<String, ChatKey>,
    last_inbound: HashMap<ChatKey, i64>,
    phone_contact: HashMap<ChatKey, i64>,
}

impl Chats {
    pub(crate) fn add(&mut self, entry: ChatEntry) {
        let key = (entry.phone_number_id.clone(), entry.customer.clone());
        self.place.insert(entry.id.clone(), key.clone());
        let thread = self.threads.entry(key).or_default();
        thread.push_back(entry);
        if thread.len() > KEPT
            && let Some(oldest) = thread.pop_front()
        {
            self.place.remove(&oldest.id);
        }
    }

    pub(crate) fn find(&self, message_id: &str) -> Option<&ChatEntry> {
        let thread = self.threads.get(self.place.get(message_id)?)?;
        thread.iter().rev().find(|entry| entry.id == message_id)
    }

    pub(crate) fn find_mut(&mut self, message_id: &str) -> Option<&mut ChatEntry> {
        let thread = self.threads.get_mut(self.place.get(message_id)?)?;
        thread.iter_mut().rev().find(|entry| entry.id == message_id)
    }

    /// The chat between a number and a customer, oldest first.
    pub(crate) fn thread(&self, number: &str, customer: &str) -> Vec<ChatEntry> {
        let key = (number.to_owned(), customer.to_owned());
        let thread = self.threads.get(&key);
        thread.map_or_else(Vec::new, |entries| {
            entries.iter().filter(|e| is_visible(e)).cloned().collect()
        })
    }

    /// The numbers this customer has a chat with.
    pub(crate) fn numbers_of(&self, customer: &str) -> Vec<String> {
        let mut numbers: Vec<String> = self
            .threads
            .keys()
            .filter(|(_, who)| who == customer)
            .map(|(number, _)| number.clone())
            .collect();
        numbers.sort();
        numbers
    }

    /// The last entry of every chat.
    pub(crate) fn latest(&self) -> Vec<ChatEntry> {
        let threads = self.threads.values();
        threads
            .filter_map(|entries| entries.iter().rev().find(|e| is_visible(e)).cloned())
            .collect()
    }

    /// The customer wrote: the service window opens.
    pub(crate) fn note_inbound(&mut self, number: &str, customer: &str, at_ms: i64) {
        let key = (number.to_owned(), customer.to_owned());
        let last = self.last_inbound.entry(key).or_insert(at_ms);
        *last = at_ms.max(*last);
    }

    /// Whether the customer wrote within the last 24 hours.
    pub(crate) fn window_is_open(&self, number: &str, customer: &str, now_ms: i64) -> bool {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        self.last_inbound
            .get(&(number.to_owned(), customer.to_owned()))
            .is_some_and(|at| now_ms - at < DAY_MS)
    }

    /// The business wrote to the customer's phone number, so it may see it for 30 days.
    pub(crate) fn note_phone_contact(&mut self, number: &str, customer: &str, at_ms: i64) {
        let key = (number.to_owned(), customer.to_owned());
        self.phone_contact.insert(key, at_ms);
    }

    /// Whether the business wrote to the phone number within the last 30 days.
    pub(crate) fn knows_phone(&self, number: &str, customer: &str, now_ms: i64) -> bool {
        const MONTH_MS: i64 = 30 * 24 * 60 * 60 * 1000;
        self.phone_contact
            .get(&(number.to_owned(), customer.to_owned()))
            .is_some_and(|at| now_ms - at < MONTH_MS)
    }

    /// Sets, replaces or (with an empty emoji) removes one side's reaction.
    pub(crate) fn react(&mut self, message_id: &str, emoji: &str, by: Side) -> Option<ChatEntry> {
        let entry = self.find_mut(message_id)?;
        entry.reactions.retain(|reaction| reaction.by != by);
        if !emoji.is_empty() {
            entry.reactions.push(EntryReaction {
                emoji: emoji.to_owned(),
                by,
            });
        }
        Some(entry.clone())
    }

    /// Marks the customer's messages up to and including this one as read; returns those that changed.
    pub(crate) fn read_by_business(&mut self, message_id: &str) -> Vec<ChatEntry> {
        let Some(thread) = self
            .place
            .get(message_id)
            .and_then(|key| self.threads.get_mut(key))
        else {
            return Vec::new();
        };
        let mut changed = Vec::new();
        let newest = thread.iter().position(|entry| entry.id == message_id);
        for entry in thread.iter_mut().take(newest.map_or(0, |index| index + 1)) {
            if entry.from == Side::Customer && !entry.read_by_business {
                entry.read_by_business = true;
                changed.push(entry.clone());
            }
        }
        changed
    }

    /// Shows the state of a webhook on the message it carries.
    pub(crate) fn note_webhook(&mut self, delivery: &Delivery) {
        if let Some(entry) = self.find_mut(&delivery.message_id)
            && entry.from == Side::Customer
        {
            entry.webhook = Some(WebhookNote {
                state: delivery.state,
                attempts: delivery.attempts,
            });
        }
    }
}

/// Reactions of the business have an entry for their statuses, but show under another message.
fn is_visible(entry: &ChatEntry) -> bool {
    entry.kind != "reaction"
}
