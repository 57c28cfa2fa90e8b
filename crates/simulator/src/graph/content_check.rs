//! Checks of message bodies by type, with Meta's limits: text, media, place, cards, reaction.
//! Used by the send handler; interactive and template bodies have files of their own.

use serde_json::Value;

use super::error::GraphError;
use super::param::Param;
use crate::SimTemplate;
use crate::chats::EntryMedia;
use crate::engine::World;
use crate::media_store::MediaStore;

/// Longest text and caption, in characters.
const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;

/// What a phone shows of a checked body.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) media: Option<EntryMedia>,
    /// A template with its texts filled in.
    pub(crate) shown: Option<Value>,
    pub(crate) is_template: bool,
    /// Authentication templates need a phone number.
    pub(crate) needs_phone: bool,
}

impl Content {
    pub(crate) fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

pub(crate) fn check_text(node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["body", "preview_url"])?;
    if let Some(preview) = node.optional("preview_url")? {
        preview.flag()?;
    }
    Ok(Content::of_text(node.required("body")?.text(TEXT_LIMIT)?))
}

/// Members a media node may have beside `id` and `link`.
fn media_members(kind: &str) -> &'static [&'static str] {
    match kind {
        "image" | "video" => &["id", "link", "caption"],
        "document" => &["id", "link", "caption", "filename"],
        "audio" => &["id", "link", "voice"],
        _ => &["id", "link"],
    }
}

/// What a message may refer to: files and templates of the number that sends it.
pub(crate) struct Files<'a> {
    pub(crate) media: &'a MediaStore,
    pub(crate) templates: &'a [SimTemplate],
    pub(crate) phone_number_id: &'a str,
    pub(crate) waba_id: &'a str,
    pub(crate) now_ms: i64,
}

pub(crate) fn check_media(
    files: &Files<'_>,
    kind: &str,
    node: &Param<'_>,
) -> Result<Content, GraphError> {
    let caption = node.optional_text("caption", CAPTION_LIMIT)?;
    let media = files.referred(kind, node, media_members(kind))?;
    let voice = match node.optional("voice")? {
        Some(voice) => voice.flag()?,
        None => false,
    };
    let mime = media.mime.as_deref();
    if voice && mime.is_some_and(|mime| !mime.starts_with("audio/ogg")) {
        return Err(GraphError::bad_media(
            "A voice message is an OGG file with Opus.",
        ));
    }
    Ok(Content {
        text: caption.unwrap_or_default().to_owned(),
        media: Some(media),
        ..Content::default()
    })
}

impl Files<'_> {
    /// The file that a node names by `id` or `link`.
    pub(crate) fn referred(
        &self,
        kind: &str,
        node: &Param<'_>,
        members: &[&str],
    ) -> Result<EntryMedia, GraphError> {
        node.only(members)?;
        let filename = node.optional_text("filename", 240)?.map(str::to_owned);
        let mut media = match (node.optional("id")?, node.optional("link")?) {
            (Some(id), None) => self.uploaded(kind, &id)?,
            (None, Some(link)) => linked_file(&link)?,
            _ => {
                return Err(GraphError::bad_value(format!(
                    "Exactly one of id and link is needed in {}.",
                    node.name()
                )));
            }
        };
        media.filename = filename.or(media.filename);
        Ok(media)
    }

    fn uploaded(&self, kind: &str, id: &Param<'_>) -> Result<EntryMedia, GraphError> {
        let id = id.text(64)?;
        let file = self
            .media
            .get(id, self.now_ms)
            .filter(|file| file.uploaded && file.phone_number_id == self.phone_number_id)
            .ok_or_else(|| GraphError::bad_value(format!("Media ID {id} is not valid.")))?;
        if !mime_fits(kind, &file.mime) {
            return Err(GraphError::bad_media(format!(
                "{} cannot be sent as {kind}.",
                file.mime
            )));
        }
        let most = size_limit(kind, &file.mime, &file.bytes);
        if file.bytes.len() > most {
            return Err(GraphError::bad_media(format!(
                "A {kind} has at most {most} bytes, this one {}.",
                file.bytes.len()
            )));
        }
        Ok(EntryMedia {
            id: Some(file.id.clone()),
            link: None,
            mime: Some(file.mime.clone()),
            size: Some(file.bytes.len()),
            filename: file.filename.clone(),
        })
    }
}

fn linked_file(link: &Param<'_>) -> Result<EntryMedia, GraphError> {
    let address = link.text(2048)?;
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return Err(link.wrong("must be a valid URI"));
    }
    Ok(EntryMedia {
        id: None,
        link: Some(address.to_owned()),
        mime: None,
        size: None,
        filename: None,
    })
}

/// Whether a file of this MIME type may be sent as this kind.
pub(crate) fn mime_fits(kind: &str, mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    match kind {
        "image" => matches!(essence, "image/jpeg" | "image/png"),
        "video" => matches!(essence, "video/mp4" | "video/3gpp"),
        "audio" => matches!(
            essence,
            "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg"
        ),
        "sticker" => essence == "image/webp",
        _ => true,
    }
}

const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// Largest file Meta takes for a MIME type when it is uploaded, in bytes.
pub(crate) fn upload_limit(mime: &str) -> usize {
    match mime.split('/').next() {
        _ if mime == "image/webp" => 500 * KB,
        Some("image") => 5 * MB,
        Some("video" | "audio") => 16 * MB,
        _ => 100 * MB,
    }
}

/// Largest file of a kind of message, in bytes.
fn size_limit(kind: &str, mime: &str, bytes: &[u8]) -> usize {
    match kind {
        // The animation flag of an extended WebP header.
        "sticker"
            if bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|b| b & 2 != 0) =>
        {
            500 * KB
        }
        "sticker" => 100 * KB,
        "document" => 100 * MB,
        _ => upload_limit(mime),
    }
}

pub(crate) fn check_location(node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["latitude", "longitude", "name", "address"])?;
    node.required("latitude")?.number(-90.0, 90.0)?;
    node.required("longitude")?.number(-180.0, 180.0)?;
    node.optional_text("address", 1000)?;
    let name = node.optional_text("name", 1000)?;
    Ok(Content::of_text(name.unwrap_or_default()))
}

pub(crate) fn check_contacts(node: &Param<'_>) -> Result<Content, GraphError> {
    let mut names = Vec::new();
    for card in node.between(1, 257)? {
        card.only(&[
            "name",
            "phones",
            "emails",
            "org",
            "addresses",
            "urls",
            "birthday",
        ])?;
        let name = card.required("name")?;
        name.only(&[
            "formatted_name",
            "first_name",
            "last_name",
            "middle_name",
            "suffix",
            "prefix",
        ])?;
        names.push(name.required("formatted_name")?.text(1000)?.to_owned());
        if name.object()?.len() < 2 {
            return Err(name.wrong("must have at least one more part beside formatted_name"));
        }
        for list in ["phones", "emails", "addresses", "urls"] {
            if let Some(list) = card.optional(list)? {
                list.items()?
                    .iter()
                    .try_for_each(|item| item.object().map(drop))?;
            }
        }
    }
    Ok(Content::of_text(names.join(", ")))
}

pub(crate) fn check_reaction(world: &World, node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["message_id", "emoji"])?;
    let message_id = node.required("message_id")?.text(512)?;
    let emoji = node.required("emoji")?.any_text(32)?;
    if emoji.is_ascii() && !emoji.is_empty() {
        return Err(node.required("emoji")?.wrong("must be an emoji"));
    }
    if world.chats.find(message_id).is_none() {
        return Err(GraphError::bad_value(format!(
            "Message {message_id} not found."
        )));
    }
    Ok(Content::of_text(emoji))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_fit_only_their_kinds() {
        assert!(mime_fits("audio", "audio/ogg; codecs=opus"));
        assert!(mime_fits("document", "text/html"));
        assert!(!mime_fits("image", "image/webp"));
        assert!(!mime_fits("sticker", "image/png"));
        assert_eq!(upload_limit("image/png"), 5 * MB);
        assert_eq!(upload_limit("image/webp"), 500 * KB);
        let still = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0";
        let moving = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0";
        assert_eq!(size_limit("sticker", "image/webp", still), 100 * KB);
        assert_eq!(size_limit("sticker", "image/webp", moving), 500 * KB);
    }
}
