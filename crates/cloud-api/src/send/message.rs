//! The messages that can be sent, by type: `{"text": {…}}`, `{"image": {…}}`, … as they stand in the request.

use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Card, Interactive, Template, contacts, limits};

/// A message of ours. Serialises to its node under the name of its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    /// Plain text.
    Text(TextBody),
    /// Picture.
    Image(VisualMedia),
    /// Film.
    Video(VisualMedia),
    /// Sound or voice note.
    Audio(Audio),
    /// File.
    Document(Document),
    /// Sticker.
    Sticker(Sticker),
    /// Place.
    Location(Place),
    /// Address cards.
    Contacts(Vec<Card>),
    /// Reaction to a message, or its removal.
    Reaction(Reaction),
    /// Buttons, a list, a link, a request.
    Interactive(Box<Interactive>),
    /// A template, which also goes through when the 24-hour window is closed.
    Template(Box<Template>),
}

/// Text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextBody {
    /// What it says.
    pub body: String,
    /// Show a preview of the first link.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview_url: bool,
}

/// Where the file is: uploaded before, or somewhere on the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaRef {
    /// Media id from [`crate::graph::GraphClient::upload_media`]; lives 30 days.
    Id(String),
    /// Public address that Meta fetches.
    Link(String),
}

impl MediaRef {
    /// An uploaded file.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Id(id.into())
    }

    pub(super) fn check(&self, field: &str) -> Result<(), Invalid> {
        match self {
            Self::Id(id) => check::words(field, id, limits::LINE),
            Self::Link(link) => check::web_address(field, link),
        }
    }
}

/// Picture or film.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisualMedia {
    /// The file.
    #[serde(flatten)]
    pub file: MediaRef,
    /// Text below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// Sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// The file.
    #[serde(flatten)]
    pub file: MediaRef,
    /// Show it as a voice note; the file must be OGG with Opus.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
}

/// File.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The file.
    #[serde(flatten)]
    pub file: MediaRef,
    /// Text below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Its name; WhatsApp picks the icon by the ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// Sticker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sticker {
    /// The file.
    #[serde(flatten)]
    pub file: MediaRef,
}

/// Place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where that is; shown only together with a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Reaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// `wamid` of the message.
    pub message_id: String,
    /// One emoji; empty takes the reaction back.
    pub emoji: String,
}

impl Outgoing {
    /// Plain text without a preview.
    pub fn text(body: impl Into<String>) -> Self {
        Self::Text(TextBody {
            body: body.into(),
            preview_url: false,
        })
    }

    /// The word for its type, as in the request.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Reaction(_) => "reaction",
            Self::Interactive(_) => "interactive",
            Self::Template(_) => "template",
        }
    }

    /// Whether it goes through when the 24-hour window is closed.
    pub fn may_open_conversation(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// Whether WhatsApp would take it, as far as that can be told without asking. Files are checked by
    /// [`super::MediaRule`] when they are uploaded, values of templates against the template by Meta.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Text(text) => check::words("text.body", &text.body, limits::TEXT),
            Self::Image(media) | Self::Video(media) => {
                media.file.check("media")?;
                caption(media.caption.as_deref())
            }
            Self::Audio(audio) => audio.file.check("media"),
            Self::Document(document) => {
                document.file.check("media")?;
                caption(document.caption.as_deref())?;
                filename(document.filename.as_deref())
            }
            Self::Sticker(sticker) => sticker.file.check("media"),
            Self::Location(place) => place.check(),
            Self::Contacts(cards) => contacts::check(cards),
            Self::Reaction(reaction) => reaction.check(),
            Self::Interactive(interactive) => interactive.check(),
            Self::Template(template) => template.check(),
        }
    }
}

fn caption(caption: Option<&str>) -> Result<(), Invalid> {
    check::optional_words("media.caption", caption, limits::CAPTION)
}

fn filename(filename: Option<&str>) -> Result<(), Invalid> {
    check::optional_words("media.filename", filename, limits::FILENAME)?;
    if filename.is_some_and(|name| name.contains(|char: char| char.is_control() || char == '/')) {
        let reason = "must be a file name without slashes and line breaks";
        return Err(Invalid::new("media.filename", reason));
    }
    Ok(())
}

impl Place {
    fn check(&self) -> Result<(), Invalid> {
        for (field, degrees, most) in [
            ("location.latitude", self.latitude, 90.0),
            ("location.longitude", self.longitude, 180.0),
        ] {
            if !(-most..=most).contains(&degrees) {
                let reason = format!("must be between -{most} and {most} degrees");
                return Err(Invalid::new(field, reason));
            }
        }
        check::optional_words("location.name", self.name.as_deref(), limits::LINE)?;
        check::optional_words("location.address", self.address.as_deref(), limits::LINE)
    }
}

impl Reaction {
    fn check(&self) -> Result<(), Invalid> {
        check::words("reaction.message_id", &self.message_id, limits::LINE)?;
        let emoji = &self.emoji;
        // "1️⃣" and "#️⃣" begin with ASCII; a letter or a word is no emoji.
        let is_emoji = !emoji.is_ascii()
            && emoji.chars().count() <= limits::EMOJI
            && !emoji.contains(|char: char| char.is_alphabetic() && !is_region_or_tag(char))
            && !emoji.contains(|char: char| char.is_whitespace() || char.is_control());
        if emoji.is_empty() || is_emoji {
            return Ok(());
        }
        Err(Invalid::new("reaction.emoji", "must be one emoji"))
    }
}

/// Letters that only occur inside flags, and the circled ones (Ⓜ, ℹ) that are emoji although they are letters.
fn is_region_or_tag(char: char) -> bool {
    matches!(char, '\u{1F100}'..='\u{1F1FF}' | '\u{E0000}'..='\u{E007F}' | '\u{2139}' | '\u{24C2}')
}
