//! What a client asks to be sent: the body of `POST /conversations/{id}/messages`. `compose` makes a message of it.

use std::collections::BTreeMap;

use hoopoe_db::ids::{MessageId, TemplateId, UploadId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult};

/// Longest `client_id`.
const MAX_CLIENT_ID: usize = 64;

/// Farthest that a message can be scheduled ahead: a year.
const MAX_AHEAD_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// A message to be sent: exactly one of `text`, `media`, `location`, `contacts`, `reaction`, `interactive` and `template`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    /// The client's own id of the message, 1 to 64 of `A-Z a-z 0-9 _ -`: the same id is never sent twice.
    pub client_id: String,
    /// The message that it answers.
    pub quote_id: Option<MessageId>,
    /// When it is to go out; at once where left out. Unix milliseconds.
    pub send_at: Option<i64>,
    /// Plain text.
    pub text: Option<SendText>,
    /// A file that was put in before.
    pub media: Option<SendMedia>,
    /// A place.
    pub location: Option<SendLocation>,
    /// Address cards.
    pub contacts: Option<Vec<SendCard>>,
    /// A reaction to a message. The answer is that message.
    pub reaction: Option<SendReaction>,
    /// Buttons, a list, a link, a request.
    pub interactive: Option<SendInteractive>,
    /// A template.
    pub template: Option<SendTemplate>,
}

/// Plain text.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendText {
    /// What it says.
    pub body: String,
    /// Whether the first link shows a preview.
    #[serde(default)]
    pub preview_url: bool,
}

/// A file.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMedia {
    /// The file.
    pub upload_id: UploadId,
    /// Text below it.
    pub caption: Option<String>,
    /// Another name for it.
    pub filename: Option<String>,
    /// As a voice note.
    #[serde(default)]
    pub voice: bool,
    /// As a sticker.
    #[serde(default)]
    pub sticker: bool,
    /// As a file, though it could be shown as a picture, video or sound.
    #[serde(default)]
    pub document: bool,
}

/// A place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendLocation {
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An address card, in the shape in which received ones are shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendCard {
    /// Name.
    pub name: String,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<SendCardPhone>,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// A phone number on a card.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendCardPhone {
    /// As people write it.
    pub phone: String,
    /// `CELL`, `HOME`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its digits, if it is on WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
}

/// A reaction.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendReaction {
    /// The message.
    pub message_id: MessageId,
    /// The emoji; empty takes ours back.
    pub emoji: String,
}

/// What a customer can do with an interactive message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InteractiveKind {
    /// Tap one of up to three buttons.
    Button,
    /// Choose from a list.
    List,
    /// Open a web page.
    CtaUrl,
    /// Send their place.
    LocationRequest,
    /// Send their phone number.
    ContactRequest,
}

/// An interactive message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendInteractive {
    /// What the customer can do.
    pub kind: InteractiveKind,
    /// What stands above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What it says.
    pub body: String,
    /// Small print.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// For `button`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buttons: Option<Vec<SendButton>>,
    /// For `list`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<SendList>,
    /// For `cta_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<SendUrl>,
}

/// A reply button.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendButton {
    /// Comes back with the answer.
    pub id: String,
    /// What it says.
    pub title: String,
}

/// A list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendList {
    /// What opens it.
    pub button: String,
    /// Its parts.
    pub sections: Vec<SendSection>,
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendSection {
    /// What stands above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What can be chosen.
    pub rows: Vec<SendRow>,
}

/// A row of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRow {
    /// Comes back with the answer.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A button that opens a web page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendUrl {
    /// What it says.
    pub title: String,
    /// What it opens.
    pub url: String,
}

/// A template with its values.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendTemplate {
    /// Which.
    pub template_id: TemplateId,
    /// What is put into its gaps.
    #[serde(default)]
    pub parameters: TemplateValues,
    /// The file above it, where the template has one.
    pub header_upload_id: Option<UploadId>,
}

/// What is put into a template's gaps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateValues {
    /// Of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Values>,
    /// Of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Values>,
    /// Of buttons, by their place from 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub buttons: BTreeMap<String, String>,
}

/// Values in order, or by name, as the template's `parameter_format` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Values {
    /// For `positional`.
    List(Vec<String>),
    /// For `named`.
    Named(BTreeMap<String, String>),
}

/// The one thing that is to be sent.
#[derive(Debug, Clone)]
pub enum Said {
    /// Plain text.
    Text(SendText),
    /// A file.
    Media(SendMedia),
    /// A place.
    Location(SendLocation),
    /// Address cards.
    Contacts(Vec<SendCard>),
    /// A reaction.
    Reaction(SendReaction),
    /// Buttons, a list, a link, a request.
    Interactive(SendInteractive),
    /// A template.
    Template(SendTemplate),
}

impl SendMessage {
    /// Checks what does not depend on the type, and takes out what is to be sent.
    pub(super) fn said(&mut self, now: i64) -> ApiResult<Said> {
        check_client_id(&self.client_id)?;
        if self
            .send_at
            .is_some_and(|at| at <= now || at > now + MAX_AHEAD_MS)
        {
            return Err(ApiError::validation(
                "send_at",
                "must be in the future, within a year",
            ));
        }
        let mut said = [
            self.text.take().map(Said::Text),
            self.media.take().map(Said::Media),
            self.location.take().map(Said::Location),
            self.contacts.take().map(Said::Contacts),
            self.reaction.take().map(Said::Reaction),
            self.interactive.take().map(Said::Interactive),
            self.template.take().map(Said::Template),
        ]
        .into_iter()
        .flatten();
        match (said.next(), said.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(ApiError::validation("text", "is missing: nothing is said")),
            (Some(_), Some(_)) => Err(ApiError::validation(
                "text",
                "one message can be only one of text, media, location, contacts, reaction, interactive and template",
            )),
        }
    }
}

pub(super) fn check_client_id(id: &str) -> ApiResult<()> {
    let is_good = (1..=MAX_CLIENT_ID).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if is_good {
        return Ok(());
    }
    Err(ApiError::validation(
        "client_id",
        "must be 1 to 64 of the letters A-Z and a-z, digits, _ and -",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn read(body: serde_json::Value) -> ApiResult<Said> {
        serde_json::from_value::<SendMessage>(body)
            .unwrap()
            .said(1_000)
    }

    #[test]
    fn exactly_one_thing_is_said() {
        let text = json!({ "body": "hello" });
        assert!(read(json!({ "client_id": "a", "text": text })).is_ok());
        assert!(read(json!({ "client_id": "a" })).is_err());
        let place = json!({ "latitude": 1.0, "longitude": 2.0 });
        assert!(read(json!({ "client_id": "a", "text": text, "location": place })).is_err());
    }

    #[test]
    fn client_ids_and_times_have_their_bounds() {
        let with = |id: &str, at: Option<i64>| {
            read(json!({ "client_id": id, "send_at": at, "text": { "body": "x" } })).is_ok()
        };
        assert!(with(&"a".repeat(64), None) && with("A-z_9", Some(1_001)));
        assert!(!with("", None) && !with(&"a".repeat(65), None) && !with("a b", None));
        assert!(!with("a", Some(1_000)) && !with("a", Some(1_001 + MAX_AHEAD_MS)));
    }
}
