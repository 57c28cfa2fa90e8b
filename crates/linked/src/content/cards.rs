//! Address cards, places and polls. Pure; used by `kinds`.

use hoopoe_cloud_api::{
    update::{Location, MessageContent, MessageKind, SharedContact, SharedContacts},
    webhook::of_vcard,
};
use serde_json::{Value, json};
use whatsapp_rust::waproto::whatsapp::{
    Message,
    message::{ContactMessage, LiveLocationMessage, LocationMessage, PollCreationMessage},
};

use super::{Shown, bounds};

/// The cards, place or poll that a message is, if it is one.
pub(super) fn read(message: &Message) -> Option<Shown> {
    if let Some(place) = message.location_message.as_option() {
        return Some(location(place));
    }
    if let Some(place) = message.live_location_message.as_option() {
        return Some(live_location(place));
    }
    if let Some(card) = message.contact_message.as_option() {
        return Some(contacts(std::slice::from_ref(card)));
    }
    if let Some(cards) = message.contacts_array_message.as_option() {
        return Some(contacts(&cards.contacts));
    }
    let poll = message.poll_creation_message.as_option();
    let poll = poll
        .or_else(|| message.poll_creation_message_v2.as_option())
        .or_else(|| message.poll_creation_message_v3.as_option())
        .or_else(|| message.poll_creation_message_v5.as_option())
        .or_else(|| message.poll_creation_message_v6.as_option())?;
    Some(self::poll(poll))
}

fn degrees(value: Option<f64>, most: f64) -> Option<f64> {
    value.filter(|value| (-most..=most).contains(value))
}

fn location(place: &LocationMessage) -> Shown {
    let place = Location {
        latitude: degrees(place.degrees_latitude, 90.0),
        longitude: degrees(place.degrees_longitude, 180.0),
        name: bounds::optional_line(place.name.as_ref()),
        address: bounds::optional_line(place.address.as_ref()),
        url: bounds::optional_line(place.url.as_ref()),
    };
    let text = place.name.clone().or_else(|| place.address.clone());
    Shown::new(
        MessageKind::Location,
        &MessageContent::Location(place),
        text,
    )
}

/// Where somebody was when they began to share it; companions are not told the rest.
fn live_location(place: &LiveLocationMessage) -> Shown {
    let text = place.caption.as_ref();
    let text = text.and_then(|words| bounds::text(words, bounds::TEXT));
    let place = Location {
        latitude: degrees(place.degrees_latitude, 90.0),
        longitude: degrees(place.degrees_longitude, 180.0),
        ..Location::default()
    };
    let mut shown = Shown::new(
        MessageKind::Location,
        &MessageContent::Location(place),
        text,
    );
    shown.mark("live", Value::Bool(true));
    shown
}

fn contacts(cards: &[ContactMessage]) -> Shown {
    let mut left = bounds::ALL_CARDS;
    let taken = cards.iter().take(bounds::CARDS).take_while(|card| {
        let length = card.vcard.as_ref().map_or(0, String::len);
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    });
    let contacts: Vec<SharedContact> = taken.map(contact).collect();
    let names: Vec<&str> = contacts
        .iter()
        .map(|contact| contact.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let text = bounds::text(&names.join(", "), bounds::TEXT);
    let shared = SharedContacts {
        contacts,
        origin: None,
    };
    Shown::new(
        MessageKind::Contacts,
        &MessageContent::Contacts(shared),
        text,
    )
}

fn contact(card: &ContactMessage) -> SharedContact {
    let vcard = card.vcard.as_ref();
    let vcard = vcard.and_then(|vcard| bounds::text(vcard, bounds::CARD));
    let name = bounds::optional_line(card.display_name.as_ref());
    of_vcard(name, &vcard.unwrap_or_default())
}

/// Its words are shown; votes are encrypted for each other and are not.
fn poll(poll: &PollCreationMessage) -> Shown {
    let question = bounds::optional_line(poll.name.as_ref()).unwrap_or_default();
    let options = poll.options.iter().take(bounds::OPTIONS);
    let options: Vec<String> = options
        .filter_map(|option| bounds::optional_line(option.option_name.as_ref()))
        .collect();
    let lines = options.iter().map(|option| format!("\n○ {option}"));
    let text = format!("📊 {question}{}", lines.collect::<String>());
    let mut shown = Shown::words(text);
    let choices = poll.selectable_options_count;
    let content = json!({ "question": question, "options": options, "max_choices": choices });
    shown.mark("poll", content);
    shown
}
