//! Checks of message bodies by type, with Meta's limits: text, media, place, cards, reaction.
//! Used by the send handler; interactive and template bodies have files of their own.

use super::error::GraphError;
use super::param::Param;
use crate::chats::EntryMedia;
use crate::engine::World;

/// Longest text and caption, in characters.
const TEXT_LIMIT: usize = 4096;
const CAPTION_LIMIT: usize = 1024;

/// What a phone shows of a checked body.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) media: Option<EntryMedia>,
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

pub(crate) fn check_media(
    world: &World,
    phone_number_id: &str,
    kind: &str,
    node: &Param<'_>,
    now_ms: i64,
) -> Result<Content, GraphError> {
    node.only(media_members(kind))?;
    let caption = node.optional_text("caption", CAPTION_LIMIT)?;
    let filename = node.optional_text("filename", 240)?.map(str::to_owned);
    let voice = match node.optional("voice")? {
        Some(voice) => voice.flag()?,
        None => false,
    };
    let mut media = match (node.optional("id")?, node.optional("link")?) {
        (Some(id), None) => uploaded_file(world, phone_number_id, kind, &id, now_ms)?,
        (None, Some(link)) => linked_file(&link)?,
        _ => {
            return Err(GraphError::bad_value(format!(
                "Exactly one of id and link is needed in {}.",
                node.name()
            )));
        }
    };
    if voice
        && media
            .mime
            .as_deref()
            .is_some_and(|mime| !mime.starts_with("audio/ogg"))
    {
        return Err(GraphError::bad_media(
            "A voice message is an OGG file with Opus.",
        ));
    }
    media.filename = filename.or(media.filename);
    Ok(Content {
        text: caption.unwrap_or_default().to_owned(),
        media: Some(media),
        ..Content::default()
    })
}

fn uploaded_file(
    world: &World,
    phone_number_id: &str,
    kind: &str,
    id: &Param<'_>,
    now_ms: i64,
) -> Result<EntryMedia, GraphError> {
    let id = id.text(64)?;
    let file = world
        .media
        .get(id, now_ms)
        .filter(|file| file.uploaded && file.phone_number_id == phone_number_id)
        .ok_or_else(|| GraphError::bad_value(format!("Media ID {id} is not valid.")))?;
    if !mime_fits(kind, &file.mime) {
        return Err(GraphError::bad_media(format!(
            "{} cannot be sent as {kind}.",
            file.mime
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

/// Largest file Meta takes for a MIME type, in bytes.
pub(crate) fn size_limit(mime: &str) -> usize {
    const KB: usize = 1024;
    const MB: usize = 1024 * KB;
    match mime.split('/').next() {
        _ if mime == "image/webp" => 500 * KB,
        Some("image") => 5 * MB,
        Some("video" | "audio") => 16 * MB,
        _ => 100 * MB,
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
        assert_eq!(size_limit("image/png"), 5 * 1024 * 1024);
        assert_eq!(size_limit("image/webp"), 500 * 1024);
    }
}
