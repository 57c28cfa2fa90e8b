//! What lies in the outbox: the message as the Cloud API takes it, and the file that has to go up before; or what is changed of a message that went
//! out. The file's id at the provider is put in when it is sent, because it lives 30 days only.

use hoopoe_cloud_api::send::{
    Component, Envelope, FileNode, MediaRef, Outgoing, Parameter, Recipient,
};
use hoopoe_db::{
    Millis,
    ids::MessageId,
    model::{ChangeKind, IdentityKind},
    uploads::Kept,
};
use serde::{Deserialize, Serialize};

/// Stands where the provider's id of the file will be.
const LATER: &str = "later";

/// What a row of the outbox is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Stored {
    /// A message of ours is changed.
    Change(Changing),
    /// A message goes out, or a reaction.
    Message(Box<Payload>),
}

/// A change of a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changing {
    /// What is done.
    pub change: ChangeKind,
    /// The provider's id of the message.
    pub of: String,
    /// What it is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Until when phones heed it. Unix milliseconds.
    pub until: Millis,
}

/// What is to be said to the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Payload {
    /// The message.
    pub message: Outgoing,
    /// The provider's id of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The words of that message, for providers that have to be told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_text: Option<String>,
    /// The file that has to be at the provider before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
}

/// A file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File {
    /// Hex SHA-256 of its content.
    pub sha256: String,
    /// MIME type by its content.
    pub mime: String,
    /// Its name.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// Length of sound and videos, where it is known. Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// Width and height of pictures. Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_px: Option<(u32, u32)>,
    /// Where it is kept.
    pub object_key: String,
}

impl File {
    pub(super) fn of(kept: &Kept, filename: Option<&str>) -> Self {
        let name = filename.or(kept.filename.as_deref()).unwrap_or("file");
        Self {
            sha256: kept.sha256.clone(),
            mime: kept.mime.clone(),
            filename: name.to_owned(),
            size: u64::try_from(kept.size).unwrap_or_default(),
            seconds: kept
                .duration_ms
                .and_then(|ms| u32::try_from((ms + 999) / 1000).ok()),
            size_px: pixels(kept.width).zip(pixels(kept.height)),
            object_key: kept.object_key.clone(),
        }
    }
}

fn pixels(measured: Option<i64>) -> Option<u32> {
    measured.and_then(|pixels| u32::try_from(pixels).ok())
}

/// Where a file's id will be.
pub(super) fn later() -> MediaRef {
    MediaRef::id(LATER)
}

/// Puts the provider's id of the file into the message.
pub(super) fn put_file(message: &mut Outgoing, id: &str) {
    let file = MediaRef::id(id);
    match message {
        Outgoing::Image(media) | Outgoing::Video(media) => media.file = file,
        Outgoing::Audio(audio) => audio.file = file,
        Outgoing::Document(document) => document.file = file,
        Outgoing::Sticker(sticker) => sticker.file = file,
        Outgoing::Template(template) => {
            let headers = template.components.iter_mut();
            for component in headers {
                if let Component::Header { parameters } = component {
                    for parameter in parameters {
                        put_header(parameter, &file);
                    }
                }
            }
        }
        _ => {}
    }
}

fn put_header(parameter: &mut Parameter, file: &MediaRef) {
    match parameter {
        Parameter::Image {
            image: FileNode { file: held },
        }
        | Parameter::Video {
            video: FileNode { file: held },
        } => held.clone_from(file),
        Parameter::Document { document } => document.file.clone_from(file),
        _ => {}
    }
}

/// Where a conversation's answers go, as the Cloud API takes it. `None` for kinds that nothing can be sent to.
pub(super) fn recipient(kind: IdentityKind, value: &str) -> Option<Recipient> {
    match kind {
        IdentityKind::Phone => Some(Recipient::Phone(value.trim_start_matches('+').to_owned())),
        IdentityKind::Bsuid | IdentityKind::ParentBsuid => Some(Recipient::Bsuid(value.to_owned())),
        IdentityKind::Group => Some(Recipient::Group(value.to_owned())),
        IdentityKind::Lid => None,
    }
}

/// What comes back in every status of one attempt at a message (`ingest::statuses` reads it).
pub(super) fn callback(id: &MessageId, attempt: i64) -> String {
    format!("{id}.{attempt}")
}

impl Payload {
    /// The message with its address, for one attempt.
    pub(super) fn envelope(self, to: Recipient, callback: String) -> Envelope {
        Envelope {
            to,
            context: self.context,
            callback,
            message: self.message,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_cloud_api::send::{Template, VisualMedia};

    use super::*;

    #[test]
    fn a_files_id_is_put_where_the_file_stands() {
        let mut image = Outgoing::Image(VisualMedia {
            file: later(),
            caption: None,
        });
        put_file(&mut image, "42");
        let json = serde_json::to_value(&image).unwrap();
        assert_eq!(json["image"]["id"], "42");

        let mut template = Outgoing::Template(Box::new(Template {
            components: vec![Component::Header {
                parameters: vec![Parameter::image(later())],
            }],
            ..Template::default()
        }));
        put_file(&mut template, "43");
        let json = serde_json::to_value(&template).unwrap().to_string();
        assert!(json.contains("\"43\"") && !json.contains(LATER), "{json}");
    }

    #[test]
    fn a_payload_is_read_back_as_it_was_written() {
        let payload = Payload {
            message: Outgoing::text("hello"),
            context_text: None,
            context: Some("wamid.1".to_owned()),
            file: None,
        };
        let text = serde_json::to_string(&payload).unwrap();
        assert_eq!(serde_json::from_str::<Payload>(&text).unwrap(), payload);
        let stored = serde_json::from_str::<Stored>(&text).unwrap();
        assert_eq!(stored, Stored::Message(Box::new(payload)));
        let change = Changing {
            change: ChangeKind::Delete,
            of: "3EB0".to_owned(),
            text: None,
            until: 5,
        };
        let text = serde_json::to_string(&change).unwrap();
        let stored = serde_json::from_str::<Stored>(&text).unwrap();
        assert_eq!(stored, Stored::Change(change));
    }
}
