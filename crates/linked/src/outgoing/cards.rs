//! Address cards that go out, as vCards (RFC 6350, the version 3.0 that phones write). Pure; used by `outgoing`.

use hoopoe_cloud_api::send::Card;
use whatsapp_rust::{
    buffa::MessageField,
    waproto::whatsapp::{
        Message,
        message::{ContactMessage, ContactsArrayMessage},
    },
};

use crate::SendError;

/// One card, or many.
pub(super) fn message(cards: &[Card]) -> Result<Message, SendError> {
    let mut contacts: Vec<ContactMessage> = cards.iter().map(contact).collect();
    let display_name = match contacts.len() {
        0 => return Err(SendError::invalid("There is no card to send.")),
        1 => {
            let contact = contacts.pop().unwrap_or_default();
            return Ok(Message {
                contact_message: MessageField::some(contact),
                ..Default::default()
            });
        }
        many => format!("{many} contacts"),
    };
    let contacts = ContactsArrayMessage {
        display_name: Some(display_name),
        contacts,
        ..Default::default()
    };
    Ok(Message {
        contacts_array_message: MessageField::some(contacts),
        ..Default::default()
    })
}

fn contact(card: &Card) -> ContactMessage {
    ContactMessage {
        display_name: Some(card.name.formatted_name.clone()),
        vcard: Some(vcard(card)),
        ..Default::default()
    }
}

fn vcard(card: &Card) -> String {
    let name = &card.name;
    let last = name.last_name.as_deref().unwrap_or_default();
    let mut lines = vec![
        "BEGIN:VCARD".to_owned(),
        "VERSION:3.0".to_owned(),
        format!("N:{};{};;;", escaped(last), escaped(&name.first_name)),
        format!("FN:{}", escaped(&name.formatted_name)),
    ];
    if let Some(organisation) = &card.organisation {
        lines.push(format!("ORG:{};", escaped(&organisation.company)));
    }
    for phone in &card.phones {
        let label = parameter("type", phone.label.as_deref());
        let id = parameter("waid", phone.wa_id.as_deref());
        lines.push(format!("TEL{label}{id}:{}", escaped(&phone.phone)));
    }
    for email in &card.emails {
        let label = parameter("type", email.label.as_deref());
        lines.push(format!("EMAIL{label}:{}", escaped(&email.email)));
    }
    lines.push("END:VCARD".to_owned());
    lines.join("\n")
}

/// Values hold no line breaks, and mark what would end them.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '\\' | ',' | ';' => escaped.extend(['\\', char]),
            '\n' => escaped.push_str("\\n"),
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}

/// Parameters have no way to mark anything: what would end them is left out.
fn parameter(name: &str, value: Option<&str>) -> String {
    let value = value.unwrap_or_default().chars();
    let value: String = value
        .filter(|char| char.is_alphanumeric() || matches!(char, '-' | '_' | ' '))
        .collect();
    if value.is_empty() {
        return String::new();
    }
    format!(";{name}={value}")
}

#[cfg(test)]
mod tests {
    use hoopoe_cloud_api::{
        send::{CardEmail, CardName, CardOrganisation, CardPhone},
        webhook::of_vcard,
    };

    use super::*;

    #[test]
    fn a_card_reads_as_it_was_written() {
        let card = Card {
            name: CardName::new("Ana Popescu"),
            phones: vec![CardPhone {
                phone: "+40 721 000 001".into(),
                label: Some("CELL".into()),
                wa_id: Some("40721000001".into()),
            }],
            emails: vec![CardEmail {
                email: "ana@example.org".into(),
                label: None,
            }],
            organisation: Some(CardOrganisation {
                company: "Fern".into(),
            }),
        };
        let read = of_vcard(None, &vcard(&card));
        assert_eq!(Card::from(&read), card);
    }

    #[test]
    fn a_name_adds_no_line() {
        let card = Card {
            name: CardName::new("Ana\nTEL:+1"),
            ..Card::default()
        };
        assert!(of_vcard(None, &vcard(&card)).phones.is_empty());
    }
}
