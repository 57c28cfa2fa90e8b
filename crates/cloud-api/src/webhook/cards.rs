//! Address cards that a customer shared.

use super::content::Found;
use crate::update::{ContactPhone, MessageContent, MessageKind, SharedContact, SharedContacts};
use crate::wire::loose::{List, Node, Text};
use crate::wire::message::{Card, CardName};

/// Reads `contacts`; `None` if it is not a list. `origin` comes on the message or inside the cards (sources disagree).
pub(super) fn decode(cards: List<Node<Card>>, origin: Text) -> Option<Found> {
    if !cards.present {
        return None;
    }
    let mut origin = origin.0;
    let mut contacts = Vec::with_capacity(cards.items.len());
    for card in cards.objects() {
        origin = origin.or_else(|| card.origin.0.clone());
        contacts.push(contact(card));
    }
    let names: Vec<&str> = contacts
        .iter()
        .map(|contact| contact.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let text = (!names.is_empty()).then(|| names.join(", "));
    let shared = SharedContacts { contacts, origin };
    Some(Found::new(
        MessageKind::Contacts,
        MessageContent::Contacts(shared),
        text,
    ))
}

fn contact(card: Card) -> SharedContact {
    let vcard = card.vcard.0.unwrap_or_default();
    let mut phones: Vec<ContactPhone> = card
        .phones
        .objects()
        .filter_map(|phone| {
            let wa_id = super::people::digits(phone.wa_id.get());
            Some(ContactPhone {
                phone: phone.phone.or(phone.wa_id)?,
                label: phone.label.0,
                wa_id,
            })
        })
        .collect();
    if phones.is_empty() {
        phones = vcard_values(&vcard, "TEL").map(vcard_phone).collect();
    }
    let name = card
        .name
        .object()
        .and_then(full_name)
        .or_else(|| value_of(&vcard, "FN"))
        .or_else(|| phones.first().map(|phone| phone.phone.clone()));
    SharedContact {
        name: name.unwrap_or_default(),
        phones,
        emails: card
            .emails
            .objects()
            .filter_map(|email| email.email.0)
            .collect(),
        organisation: card.org.object().and_then(|org| org.company.0),
    }
}

fn full_name(name: CardName) -> Option<String> {
    name.formatted_name
        .0
        .or_else(|| match (name.first_name.0, name.last_name.0) {
            (Some(first), Some(last)) => Some(format!("{first} {last}")),
            (first, last) => first.or(last),
        })
}

/// A card that is nothing but a vCard (RFC 6350), under the name that it was shared as.
pub fn of_vcard(name: Option<String>, vcard: &str) -> SharedContact {
    let value = |property| vcard_values(vcard, property).map(|(_, value)| value.to_owned());
    let phones: Vec<ContactPhone> = vcard_values(vcard, "TEL").map(vcard_phone).collect();
    let name = name
        .or_else(|| value_of(vcard, "FN"))
        .or_else(|| phones.first().map(|phone| phone.phone.clone()));
    SharedContact {
        name: name.unwrap_or_default(),
        phones,
        emails: value("EMAIL").collect(),
        organisation: value_of(vcard, "ORG").map(|org| org.trim_end_matches(';').to_owned()),
    }
}

fn value_of(vcard: &str, property: &str) -> Option<String> {
    let (_, value) = vcard_values(vcard, property).next()?;
    Some(value.to_owned())
}

/// The `(parameters, value)` of each line `PROPERTY;parameters:value` (RFC 6350; a group prefix as in `item1.TEL` is
/// skipped). Answers to a contact request may hold the number in the vCard only.
fn vcard_values<'a>(vcard: &'a str, property: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    vcard.lines().filter_map(move |line| {
        let (head, value) = line.trim().split_once(':')?;
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let bare = name.rsplit_once('.').map_or(name, |(_, bare)| bare);
        (bare.eq_ignore_ascii_case(property) && !value.is_empty()).then_some((parameters, value))
    })
}

fn vcard_phone((parameters, value): (&str, &str)) -> ContactPhone {
    let parameter = |name: &str| {
        let mut pairs = parameters
            .split(';')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    ContactPhone {
        phone: value.trim_start_matches("tel:").to_owned(),
        label: parameter("type"),
        wa_id: parameter("waid"),
    }
}
