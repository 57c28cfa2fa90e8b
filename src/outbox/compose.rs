//! The pure step from what a client asks for to what is stored, shown and sent. No clock, no database.

use hoopoe_cloud_api::send::{
    Action, Audio, Card, CardEmail, CardName, CardOrganisation, CardPhone, Document, Header,
    Interactive, Invalid, List, MediaKind, Outgoing, Place, Reply, Row, Section, Sticker, TextBody,
    UrlButton, VisualMedia,
};
use hoopoe_db::{model::UploadKind, uploads::Kept};
use serde::Serialize;
use serde_json::json;

use super::{
    payload::later,
    request::{InteractiveKind, SendCard, SendInteractive, SendLocation, SendMedia, SendText},
};
use crate::error::{ApiError, ApiResult};

/// A message as it is stored, shown and sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composed {
    /// Its type in Hoopoe.
    pub kind: &'static str,
    /// Text or caption.
    pub text: Option<String>,
    /// What else it holds: JSON text.
    pub content: String,
    /// As the Cloud API takes it.
    pub message: Outgoing,
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::validation(invalid.field, invalid.reason)
    }
}

impl Composed {
    pub(super) fn new(
        kind: &'static str,
        text: Option<String>,
        content: &impl Serialize,
        message: Outgoing,
    ) -> ApiResult<Self> {
        message.check()?;
        Ok(Self {
            kind,
            text: text.filter(|text| !text.is_empty()),
            content: serde_json::to_string(content).map_err(ApiError::internal)?,
            message,
        })
    }
}

pub(super) fn text(said: SendText) -> ApiResult<Composed> {
    let message = Outgoing::Text(TextBody {
        body: said.body.clone(),
        preview_url: said.preview_url,
    });
    Composed::new("text", Some(said.body), &json!({}), message)
}

/// As what a file is sent: as what it is, unless the client wants it otherwise.
fn kind_of(said: &SendMedia, file: &Kept) -> ApiResult<UploadKind> {
    let wanted = [said.voice, said.sticker, said.document];
    if wanted.iter().filter(|wanted| **wanted).count() > 1 {
        return Err(ApiError::validation(
            "media.voice",
            "only one of voice, sticker and document is possible",
        ));
    }
    Ok(match file.kind {
        _ if said.document => UploadKind::Document,
        _ if said.voice => UploadKind::Voice,
        _ if said.sticker => UploadKind::Sticker,
        UploadKind::Voice | UploadKind::Audio => file.kind,
        kind => kind,
    })
}

fn rule_of(kind: UploadKind) -> MediaKind {
    match kind {
        UploadKind::Image => MediaKind::Image,
        UploadKind::Video => MediaKind::Video,
        UploadKind::Audio => MediaKind::Audio,
        UploadKind::Voice => MediaKind::Voice,
        UploadKind::Document => MediaKind::Document,
        // Whether a sticker moves is not told; the larger limit holds.
        UploadKind::Sticker => MediaKind::AnimatedSticker,
    }
}

pub(super) fn media(said: SendMedia, file: &Kept) -> ApiResult<Composed> {
    let kind = kind_of(&said, file)?;
    let size = u64::try_from(file.size).unwrap_or_default();
    rule_of(kind).rule().check(&file.mime, size)?;
    let has_caption = matches!(
        kind,
        UploadKind::Image | UploadKind::Video | UploadKind::Document
    );
    if said.caption.is_some() && !has_caption {
        return Err(ApiError::validation(
            "media.caption",
            "sound and stickers have no caption",
        ));
    }
    let caption = said.caption.filter(|caption| !caption.trim().is_empty());
    let filename = said.filename.or_else(|| file.filename.clone());
    let visual = || VisualMedia {
        file: later(),
        caption: caption.clone(),
    };
    let message = match kind {
        UploadKind::Image => Outgoing::Image(visual()),
        UploadKind::Video => Outgoing::Video(visual()),
        UploadKind::Audio | UploadKind::Voice => Outgoing::Audio(Audio {
            file: later(),
            voice: kind == UploadKind::Voice,
        }),
        UploadKind::Document => Outgoing::Document(Document {
            file: later(),
            caption: caption.clone(),
            filename: filename.clone(),
        }),
        UploadKind::Sticker => Outgoing::Sticker(Sticker { file: later() }),
    };
    let mut content = serde_json::Map::new();
    if let Some(caption) = &caption {
        content.insert("caption".to_owned(), json!(caption));
    }
    if let Some(filename) = filename.filter(|_| kind == UploadKind::Document) {
        content.insert("filename".to_owned(), json!(filename));
    }
    Composed::new(kind.as_str(), caption, &content, message)
}

pub(super) fn location(said: SendLocation) -> ApiResult<Composed> {
    let message = Outgoing::Location(Place {
        latitude: said.latitude,
        longitude: said.longitude,
        name: said.name.clone(),
        address: said.address.clone(),
    });
    let text = said.name.clone().or_else(|| said.address.clone());
    Composed::new("location", text, &said, message)
}

pub(super) fn contacts(said: Vec<SendCard>) -> ApiResult<Composed> {
    let cards = said.iter().map(card).collect();
    let names: Vec<&str> = said.iter().map(|card| card.name.as_str()).collect();
    let text = names.join(", ");
    let content = json!({ "contacts": said });
    Composed::new("contacts", Some(text), &content, Outgoing::Contacts(cards))
}

fn card(card: &SendCard) -> Card {
    let phones = card.phones.iter().map(|phone| CardPhone {
        phone: phone.phone.clone(),
        label: phone.label.clone(),
        wa_id: phone.wa_id.clone(),
    });
    let emails = card.emails.iter().map(|email| CardEmail {
        email: email.clone(),
        label: None,
    });
    Card {
        name: CardName::new(&card.name),
        phones: phones.collect(),
        emails: emails.collect(),
        organisation: card
            .organisation
            .clone()
            .map(|company| CardOrganisation { company }),
    }
}

pub(super) fn interactive(said: SendInteractive) -> ApiResult<Composed> {
    let message = Interactive {
        header: said.header.clone().map(Header::Text),
        body: said.body.clone(),
        footer: said.footer.clone(),
        action: action(&said)?,
    };
    let message = Outgoing::Interactive(Box::new(message));
    Composed::new("interactive", Some(said.body.clone()), &said, message)
}

/// The part that goes with the kind; a part of another kind is a mistake.
fn action(said: &SendInteractive) -> ApiResult<Action> {
    let kind = said.kind;
    for (field, is_there, of) in [
        ("buttons", said.buttons.is_some(), InteractiveKind::Button),
        ("list", said.list.is_some(), InteractiveKind::List),
        ("url", said.url.is_some(), InteractiveKind::CtaUrl),
    ] {
        if is_there != (kind == of) {
            let reason = if is_there {
                "does not go with this kind"
            } else {
                "is missing"
            };
            return Err(ApiError::validation(format!("interactive.{field}"), reason));
        }
    }
    if let Some(buttons) = &said.buttons {
        let replies = buttons.iter().map(|button| Reply {
            id: button.id.clone(),
            title: button.title.clone(),
        });
        return Ok(Action::Buttons(replies.collect()));
    }
    if let Some(list) = &said.list {
        let sections = list.sections.iter().map(|section| Section {
            title: section.title.clone(),
            rows: section.rows.iter().map(row).collect(),
        });
        return Ok(Action::List(List {
            button: list.button.clone(),
            sections: sections.collect(),
        }));
    }
    if let Some(url) = &said.url {
        return Ok(Action::Url(UrlButton {
            title: url.title.clone(),
            url: url.url.clone(),
        }));
    }
    Ok(match kind {
        InteractiveKind::LocationRequest => Action::LocationRequest,
        _ => Action::ContactRequest,
    })
}

fn row(row: &super::request::SendRow) -> Row {
    Row {
        id: row.id.clone(),
        title: row.title.clone(),
        description: row.description.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::{
        Id as _,
        ids::{AccountId, ConversationId, UploadId, UserId},
    };

    use super::*;

    fn file(kind: UploadKind, mime: &str, size: i64) -> Kept {
        Kept {
            id: UploadId::new(0),
            account_id: AccountId::new(0),
            conversation_id: ConversationId::new(0),
            user_id: UserId::new(0),
            kind,
            mime: mime.to_owned(),
            size,
            filename: Some("plan.png".to_owned()),
            width: None,
            height: None,
            duration_ms: None,
            sha256: "ab".repeat(32),
            object_key: "t/ab".to_owned(),
            thumbnail_key: None,
        }
    }

    fn said(json: serde_json::Value) -> SendMedia {
        let mut whole = json!({ "upload_id": UploadId::new(0) });
        whole
            .as_object_mut()
            .unwrap()
            .extend(json.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn a_picture_is_sent_as_what_the_client_wants() {
        let picture = file(UploadKind::Image, "image/png", 1000);
        let as_is = media(said(json!({ "caption": "look" })), &picture).unwrap();
        assert_eq!((as_is.kind, as_is.text.as_deref()), ("image", Some("look")));
        let as_file = media(said(json!({ "document": true })), &picture).unwrap();
        assert_eq!(as_file.kind, "document");
        assert!(as_file.content.contains("plan.png"));
        assert!(media(said(json!({ "voice": true })), &picture).is_err());
        assert!(media(said(json!({ "voice": true, "sticker": true })), &picture).is_err());
    }

    #[test]
    fn sound_has_no_caption() {
        let voice = file(UploadKind::Voice, "audio/ogg", 1000);
        assert_eq!(media(said(json!({})), &voice).unwrap().kind, "voice");
        assert!(media(said(json!({ "caption": "x" })), &voice).is_err());
    }

    #[test]
    fn an_interactive_message_has_the_part_of_its_kind_and_no_other() {
        let read = |json| interactive(serde_json::from_value::<SendInteractive>(json).unwrap());
        let buttons = json!([{ "id": "1", "title": "Yes" }]);
        let good = read(json!({ "kind": "button", "body": "Well?", "buttons": buttons })).unwrap();
        assert_eq!(good.text.as_deref(), Some("Well?"));
        assert!(read(json!({ "kind": "button", "body": "Well?" })).is_err());
        assert!(
            read(json!({ "kind": "contact_request", "body": "?", "buttons": buttons })).is_err()
        );
        assert!(read(json!({ "kind": "contact_request", "body": "?" })).is_ok());
    }
}
