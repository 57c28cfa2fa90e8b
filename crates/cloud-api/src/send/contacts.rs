//! Address cards that we send.

use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::limits;
use crate::update::SharedContact;

/// One address card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What the person is called.
    pub name: CardName,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<CardPhone>,
    /// E-mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<CardEmail>,
    /// Where they work.
    #[serde(default, rename = "org", skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CardOrganisation>,
}

/// A name. Meta wants the whole and at least one part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardName {
    /// As it is shown.
    pub formatted_name: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

impl CardName {
    /// The name and its parts: the first word, and the others.
    pub fn new(name: &str) -> Self {
        let name = name.trim();
        let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        let last = last.trim();
        Self {
            formatted_name: name.to_owned(),
            first_name: first.to_owned(),
            last_name: (!last.is_empty()).then(|| last.to_owned()),
        }
    }
}

/// A phone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPhone {
    /// As people write it.
    pub phone: String,
    /// `CELL`, `HOME`, `WORK`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Digits, if the number is on WhatsApp: then the card offers to write to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
}

/// An e-mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardEmail {
    /// The address.
    pub email: String,
    /// `HOME`, `WORK`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Where somebody works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardOrganisation {
    /// The company.
    pub company: String,
}

impl From<&SharedContact> for Card {
    fn from(shared: &SharedContact) -> Self {
        let phones = shared.phones.iter().map(|phone| CardPhone {
            phone: phone.phone.clone(),
            label: phone.label.clone(),
            wa_id: phone.wa_id.clone(),
        });
        let emails = shared.emails.iter().map(|email| CardEmail {
            email: email.clone(),
            label: None,
        });
        let company = shared.organisation.clone();
        Self {
            name: CardName::new(&shared.name),
            phones: phones.collect(),
            emails: emails.collect(),
            organisation: company.map(|company| CardOrganisation { company }),
        }
    }
}

/// Checks the cards of a message; fields are named as in the content of received cards (`contacts.0.name`).
pub(super) fn check(cards: &[Card]) -> Result<(), Invalid> {
    check::between("contacts", cards.len(), 1, limits::CARDS, "cards")?;
    cards
        .iter()
        .enumerate()
        .try_for_each(|(index, card)| check_card(&format!("contacts.{index}"), card))
}

fn check_card(field: &str, card: &Card) -> Result<(), Invalid> {
    let name = format!("{field}.name");
    check::words(&name, &card.name.formatted_name, limits::LINE)?;
    check::words(&name, &card.name.first_name, limits::LINE)?;
    check::optional_words(&name, card.name.last_name.as_deref(), limits::LINE)?;
    for (index, phone) in card.phones.iter().enumerate() {
        let place = format!("{field}.phones.{index}");
        check::words(&format!("{place}.phone"), &phone.phone, limits::LINE)?;
        let wa_id = phone.wa_id.as_deref().unwrap_or("0");
        if wa_id.is_empty() || !wa_id.bytes().all(|byte| byte.is_ascii_digit()) {
            let reason = "must be the number's digits";
            return Err(Invalid::new(format!("{place}.wa_id"), reason));
        }
    }
    for (index, email) in card.emails.iter().enumerate() {
        check::words(
            &format!("{field}.emails.{index}"),
            &email.email,
            limits::LINE,
        )?;
    }
    let company = card.organisation.as_ref().map(|org| org.company.as_str());
    check::optional_words(&format!("{field}.organisation"), company, limits::LINE)
}
