//! Customers acting: writing, reacting, looking at the phone, switching it on and off.
//! Called by `Simulator`, the admin API and the demo script; each act becomes webhooks.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chats::{AddressedBy, ChatEntry, EntryMedia, MessageStatus, Side};
use crate::customers::{Customer, NewCustomer};
use crate::engine::{Engine, PageEvent, World, seconds};
use crate::media_store::StoredMedia;
use crate::outgoing::{Outgoing, SendOptions, WireParts, without_nulls};
use crate::{SimError, SimNumber, ids};

/// A message ready to be told of: its JSON, and the entry for the phone if it is one of its own.
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) message: Value,
    pub(crate) entries: Vec<ChatEntry>,
    pub(crate) number: SimNumber,
    pub(crate) customer: Customer,
    pub(crate) shows_phone: bool,
}

/// Who writes what to whom, before it is written down.
struct Draft {
    number: SimNumber,
    customer: Customer,
    side: Side,
    parts: WireParts,
    options: SendOptions,
    now_ms: i64,
}

impl Engine {
    /// Adds a customer, or returns the one with that number.
    pub(crate) fn add_customer(&self, new: NewCustomer) -> Customer {
        let customer = self.world.with(|world| world.customers.add(new));
        self.announce(PageEvent::Customer {
            customer: customer.clone(),
        });
        customer
    }

    /// A customer writes to a number; returns the wamid.
    pub(crate) fn customer_sends(
        self: &Arc<Self>,
        number: &str,
        customer: &str,
        what: Outgoing,
        options: SendOptions,
    ) -> Result<String, SimError> {
        let referral = options.referral.clone();
        let written = self.write(number, customer, Side::Customer, what, options)?;
        let Written {
            id,
            mut message,
            customer,
            number,
            shows_phone,
            ..
        } = written;
        if let Some(object) = message.as_object_mut() {
            if shows_phone {
                object.insert("from".to_owned(), json!(customer.wa_id));
            }
            object.insert("from_user_id".to_owned(), json!(customer.user_id));
            if let Some(referral) = referral {
                object.insert("referral".to_owned(), referral);
            }
        }
        let value = json!({
            "contacts": [contact_json(&customer, shows_phone, Shown::NameAndUsername)],
            "messages": [message],
        });
        let update = Self::update(&number, &customer.id, "messages", &id, &written.kind, value);
        self.deliver(update);
        Ok(id)
    }

    /// Writes a message down on the phone, stores its file, and makes its JSON.
    pub(crate) fn write(
        &self,
        number: &str,
        customer: &str,
        side: Side,
        what: Outgoing,
        options: SendOptions,
    ) -> Result<Written, SimError> {
        let now_ms = self.clock.now_ms();
        let ttl_ms = self.timing().media_url_ttl_ms;
        let base_url = self.base_url().to_owned();
        let written = self.world.with(|world| {
            let draft = Draft {
                number: world.number(number)?.clone(),
                customer: world.customer(customer)?.clone(),
                side,
                parts: what.into_parts(),
                options,
                now_ms,
            };
            write_down(world, draft, &base_url, ttl_ms)
        })?;
        for entry in &written.entries {
            self.announce_entry(entry.clone());
        }
        Ok(written)
    }

    /// The customer looks at the chat: everything the business wrote there becomes read.
    pub(crate) fn customer_reads(
        self: &Arc<Self>,
        number: &str,
        customer: &str,
    ) -> Result<usize, SimError> {
        let unread: Vec<String> = self.world.with(|world| {
            let customer = world.customer(customer)?.id.clone();
            let thread = world.chats.thread(number, &customer);
            Ok(thread
                .iter()
                .filter(|entry| entry.status.is_some_and(|s| s < MessageStatus::Read))
                .map(|entry| entry.id.clone())
                .collect())
        })?;
        for id in &unread {
            self.set_status(id, MessageStatus::Read, None)?;
        }
        Ok(unread.len())
    }

    /// Switches a phone on or off; once it is on, everything that waited is delivered.
    pub(crate) fn set_phone_on(
        self: &Arc<Self>,
        customer: &str,
        on: bool,
    ) -> Result<Customer, SimError> {
        let (customer, waiting) = self.world.with(|world| {
            let mut customer = world.customer(customer)?.clone();
            customer.phone_on = on;
            world.customers.put(customer.clone());
            let numbers = world.chats.numbers_of(&customer.id);
            let waiting: Vec<String> = numbers
                .iter()
                .flat_map(|number| world.chats.thread(number, &customer.id))
                .filter(|entry| entry.status == Some(MessageStatus::Sent))
                .map(|entry| entry.id)
                .collect();
            Ok((customer, waiting))
        })?;
        self.announce(PageEvent::Customer {
            customer: customer.clone(),
        });
        for id in waiting.iter().filter(|_| on) {
            self.set_status(id, MessageStatus::Delivered, None)?;
        }
        Ok(customer)
    }
}

fn write_down(
    world: &mut World,
    mut draft: Draft,
    base_url: &str,
    ttl_ms: i64,
) -> Result<Written, SimError> {
    let at_ms = draft.options.at_ms.unwrap_or(draft.now_ms);
    let id = draft.options.id.clone();
    let id = id.unwrap_or_else(|| ids::new_wamid(&draft.customer.wa_id));
    let media = store_file(world, &mut draft, base_url, ttl_ms);
    let (number, customer) = (&draft.number, &draft.customer);
    if draft.side == Side::Customer {
        world
            .chats
            .note_inbound(&number.phone_number_id, &customer.id, at_ms);
    }
    let parts = &draft.parts;
    let message = without_nulls(json!({
        "id": id,
        "timestamp": seconds(at_ms),
        "type": parts.kind,
        parts.kind.as_str(): parts.node,
        "errors": parts.errors,
        "context": context_json(world, number, customer, &draft.options),
        "group_id": draft.options.group,
    }));
    let shows_phone = world.shows_phone(number, customer, draft.now_ms);
    let entry = new_entry(&draft, &id, at_ms, media);
    Ok(Written {
        id,
        message,
        entries: enter(world, entry)?,
        kind: draft.parts.kind,
        number: draft.number,
        customer: draft.customer,
        shows_phone,
    })
}

/// Stores the draft's file, if it has one, and names it in the wire node.
fn store_file(
    world: &mut World,
    draft: &mut Draft,
    base_url: &str,
    ttl_ms: i64,
) -> Option<EntryMedia> {
    let new = draft.parts.media.take()?;
    let owner = &draft.number.phone_number_id;
    let stored = world.media.put(owner, new, false, draft.now_ms);
    let address = world.media.address(&stored.id, draft.now_ms + ttl_ms);
    add_file(
        &mut draft.parts.node,
        &stored,
        &format!("{base_url}{address}"),
    );
    Some(EntryMedia {
        size: Some(stored.bytes.len()),
        id: Some(stored.id),
        link: None,
        mime: Some(stored.mime),
        filename: stored.filename,
    })
}

fn new_entry(draft: &Draft, id: &str, at_ms: i64, media: Option<EntryMedia>) -> ChatEntry {
    ChatEntry {
        id: id.to_owned(),
        phone_number_id: draft.number.phone_number_id.clone(),
        customer: draft.customer.id.clone(),
        from: draft.side,
        kind: draft.parts.kind.clone(),
        text: draft.parts.text.clone(),
        content: draft.parts.node.clone(),
        shown: None,
        media,
        quote: draft.options.quote.clone(),
        reactions: Vec::new(),
        at: at_ms,
        edited: false,
        deleted: false,
        webhook: None,
        read_by_business: false,
        status: (draft.side == Side::Business).then_some(MessageStatus::Accepted),
        failure: None,
        addressed_by: AddressedBy::Phone,
        is_template: false,
        opaque: None,
    }
}

/// Puts an entry into its chat, or changes the one it is about; returns what changed.
pub(crate) fn enter(world: &mut World, entry: ChatEntry) -> Result<Vec<ChatEntry>, SimError> {
    let target = match entry.kind.as_str() {
        "reaction" => "message_id",
        "edit" | "revoke" => "original_message_id",
        _ => {
            let known = world.chats.find(&entry.id).is_some();
            if !known {
                world.chats.add(entry.clone());
            }
            return Ok(vec![entry]);
        }
    };
    let target = entry.content.get(target).and_then(Value::as_str);
    let target = target.unwrap_or_default().to_owned();
    if entry.kind == "reaction" {
        let changed = world.chats.react(&target, &entry.text, entry.from);
        return Ok(changed.into_iter().collect());
    }
    let Some(changed) = world.chats.find_mut(&target) else {
        return Err(SimError::UnknownMessage(target));
    };
    if entry.kind == "edit" {
        changed.text = entry.text;
        changed.edited = true;
    } else {
        changed.deleted = true;
    }
    Ok(vec![changed.clone()])
}

fn add_file(node: &mut Value, stored: &StoredMedia, url: &str) {
    if let Some(object) = node.as_object_mut() {
        object.insert("id".to_owned(), json!(stored.id));
        object.insert("mime_type".to_owned(), json!(stored.mime));
        object.insert("sha256".to_owned(), json!(stored.sha256_base64()));
        object.insert("url".to_owned(), json!(url));
    }
}

fn context_json(
    world: &World,
    number: &SimNumber,
    customer: &Customer,
    options: &SendOptions,
) -> Value {
    if options.forwarded {
        return json!({"forwarded": true});
    }
    let Some(quote) = &options.quote else {
        return Value::Null;
    };
    match world.chats.find(quote).map(|entry| entry.from) {
        Some(Side::Customer) => json!({
            "from": (!customer.hides_phone()).then_some(&customer.wa_id),
            "from_user_id": customer.user_id,
            "id": quote,
        }),
        _ => json!({"from": number.digits(), "id": quote}),
    }
}

/// What of a profile is shown in `contacts[]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// In messages.
    NameAndUsername,
    /// In the statuses delivered and read.
    Username,
    /// In the status sent.
    Nothing,
}

/// One element of `contacts[]`.
pub(crate) fn contact_json(customer: &Customer, shows_phone: bool, shown: Shown) -> Value {
    let name = (shown == Shown::NameAndUsername).then_some(&customer.name);
    let username = (shown != Shown::Nothing).then_some(&customer.username);
    let profile = without_nulls(json!({"name": name, "username": username}));
    let is_empty = profile.as_object().is_none_or(serde_json::Map::is_empty);
    without_nulls(json!({
        "profile": if is_empty { Value::Null } else { profile },
        "wa_id": shows_phone.then_some(&customer.wa_id),
        "user_id": customer.user_id,
    }))
}
