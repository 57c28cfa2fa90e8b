//! A message as the admin API receives it, turned into what a customer sends.
//! Used by `POST /sim/chats/{number}/{customer}/messages`.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::Engine;
use crate::media_store::StoredMedia;
use crate::outgoing::{Outgoing, SendOptions, SharedContact};
use crate::{SimError, samples};

/// Body of the request: `kind` decides which of the other members are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Draft {
    kind: String,
    /// Text, or caption of a file.
    text: Option<String>,
    /// Id from `PUT /sim/uploads`.
    upload: Option<String>,
    /// Name of a sample instead of an upload.
    sample: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    name: Option<String>,
    address: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    /// The card answers a request for the number.
    answers_request: bool,
    message_id: Option<String>,
    emoji: Option<String>,
    id: Option<String>,
    title: Option<String>,
    description: Option<String>,
    payload: Option<String>,
    /// Kind of an unsupported message, or wire type of a raw one.
    raw_kind: Option<String>,
    node: Option<Value>,
    quote: Option<String>,
    forwarded: bool,
    at_ms: Option<i64>,
    /// Send under this message id, e.g. to repeat a message.
    wamid: Option<String>,
    referral: Option<Value>,
    /// `customer` (default) or `business`: the business's own phone, as an echo.
    pub(crate) from: Option<String>,
}

impl Draft {
    /// The message and its circumstances.
    pub(crate) fn read(mut self, engine: &Engine) -> Result<(Outgoing, SendOptions), SimError> {
        let options = SendOptions {
            quote: self.quote.take(),
            forwarded: self.forwarded,
            at_ms: self.at_ms,
            id: self.wamid.take(),
            referral: self.referral.take(),
            group: None,
        };
        if let Some(name) = &self.sample {
            let sample = samples::find(name)
                .ok_or_else(|| SimError::Invalid(format!("no sample {name}")))?;
            return Ok((sample.captioned(self.text.as_deref()), options));
        }
        let outgoing = match self.kind.as_str() {
            "image" | "video" | "voice" | "audio" | "document" | "sticker" => {
                let file = self.file(engine)?;
                self.with_file(file)
            }
            _ => self.without_file()?,
        };
        Ok((outgoing, options))
    }

    fn file(&self, engine: &Engine) -> Result<StoredMedia, SimError> {
        let id = self.upload.as_deref().ok_or_else(|| missing("upload"))?;
        let now_ms = engine.clock.now_ms();
        let found = engine
            .world
            .with(|world| world.media.get(id, now_ms).cloned());
        found.ok_or_else(|| SimError::Invalid(format!("no upload {id}")))
    }

    fn with_file(self, file: StoredMedia) -> Outgoing {
        let (bytes, mime, caption) = (file.bytes, file.mime, self.text);
        match self.kind.as_str() {
            "image" => Outgoing::Image {
                bytes,
                mime,
                caption,
            },
            "video" => Outgoing::Video {
                bytes,
                mime,
                caption,
            },
            "voice" => Outgoing::Voice { bytes, mime },
            "audio" => Outgoing::Audio { bytes, mime },
            "sticker" => Outgoing::Sticker {
                bytes,
                mime,
                animated: false,
            },
            _ => Outgoing::Document {
                bytes,
                mime,
                filename: file.filename,
                caption,
            },
        }
    }

    fn without_file(self) -> Result<Outgoing, SimError> {
        Ok(match self.kind.as_str() {
            "text" => Outgoing::Text(need("text", self.text)?),
            "location" => Outgoing::Location {
                latitude: need("latitude", self.latitude)?,
                longitude: need("longitude", self.longitude)?,
                name: self.name,
                address: self.address,
            },
            "contact" => Outgoing::Contacts(vec![SharedContact {
                name: need("name", self.name)?,
                phone: self.phone,
                email: self.email,
                answers_request: self.answers_request,
                ..SharedContact::default()
            }]),
            "reaction" => Outgoing::Reaction {
                message_id: need("message_id", self.message_id)?,
                emoji: self.emoji.unwrap_or_default(),
            },
            "button_reply" => Outgoing::ButtonReply {
                id: need("id", self.id)?,
                title: need("title", self.title)?,
            },
            "list_reply" => Outgoing::ListReply {
                id: need("id", self.id)?,
                title: need("title", self.title)?,
                description: self.description,
            },
            "template_button" => Outgoing::TemplateButton {
                text: need("text", self.text)?,
                payload: self.payload.unwrap_or_default(),
            },
            "edit" => Outgoing::Edit {
                message_id: need("message_id", self.message_id)?,
                text: need("text", self.text)?,
            },
            "revoke" => Outgoing::Revoke {
                message_id: need("message_id", self.message_id)?,
            },
            "unsupported" => Outgoing::Unsupported {
                kind: self.raw_kind.unwrap_or_else(|| "poll_creation".to_owned()),
            },
            "raw" => Outgoing::Raw {
                kind: need("raw_kind", self.raw_kind)?,
                node: self.node.unwrap_or_default(),
            },
            other => return Err(SimError::Invalid(format!("unknown kind {other:?}"))),
        })
    }
}

fn missing(member: &str) -> SimError {
    SimError::Invalid(format!("{member} is missing"))
}

fn need<T>(member: &str, value: Option<T>) -> Result<T, SimError> {
    value.ok_or_else(|| missing(member))
}
