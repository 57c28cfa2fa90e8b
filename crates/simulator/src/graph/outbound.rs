//! Reads a send request strictly: the envelope, then the body by its type.
//! Used by the send handler.

use serde_json::Value;

use super::content_check::{
    Content, Files, check_contacts, check_location, check_media, check_reaction, check_text,
};
use super::error::GraphError;
use super::interactive_check::check_interactive;
use super::param::Param;
use super::recipients::{Address, read_address};
use super::template_check::check_template;
use crate::SimNumber;
use crate::chats::AddressedBy;
use crate::engine::World;

/// Types that can be sent.
const TYPES: [&str; 11] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
];

/// A send request that passed every check.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub(crate) address: Address,
    pub(crate) kind: String,
    pub(crate) node: Value,
    pub(crate) content: Content,
    pub(crate) quote: Option<String>,
    pub(crate) opaque: Option<String>,
}

/// Checks that the product is named, as every request must.
pub(crate) fn check_product(request: &Param<'_>) -> Result<(), GraphError> {
    let product = request.object()?.get("messaging_product");
    if product.and_then(Value::as_str) == Some("whatsapp") {
        return Ok(());
    }
    Err(GraphError::new(
        100,
        "(#100) The parameter messaging_product is required.",
    ))
}

/// Reads and checks a request to send a message.
pub(crate) fn read_outbound(
    world: &World,
    number: &SimNumber,
    request: &Param<'_>,
    now_ms: i64,
) -> Result<Outbound, GraphError> {
    let files = Files {
        media: &world.media,
        templates: &world.templates,
        phone_number_id: &number.phone_number_id,
        waba_id: &number.waba_id,
        now_ms,
    };
    let kind = match request.optional("type")? {
        Some(kind) => kind.one_of(&TYPES)?,
        None => "text",
    };
    check_members(request, kind)?;
    let address = read_address(request)?;
    let opaque = request.optional_text("biz_opaque_callback_data", 512)?;
    let quote = read_context(request)?;
    let node = request.required(kind)?;
    let content = match kind {
        "text" => check_text(&node)?,
        "location" => check_location(&node)?,
        "contacts" => check_contacts(&node)?,
        "reaction" => check_reaction(world, &node)?,
        "interactive" => check_interactive(&files, &node)?,
        "template" => check_template(&files, &node)?,
        media => check_media(&files, media, &node)?,
    };
    if content.needs_phone && address.by == AddressedBy::UserId {
        return Err(GraphError::new(
            131_062,
            "(#131062) Business-scoped User ID (BSUID) recipients are not supported for this message",
        ));
    }
    Ok(Outbound {
        address,
        kind: kind.to_owned(),
        node: node.value.clone(),
        content,
        quote,
        opaque: opaque.map(str::to_owned),
    })
}

fn check_members(request: &Param<'_>, kind: &str) -> Result<(), GraphError> {
    let mut allowed = vec![
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        "recipient_identity_key_hash",
    ];
    allowed.push(kind);
    let unexpected = request
        .object()?
        .keys()
        .find(|key| !allowed.contains(&key.as_str()));
    match unexpected {
        None => Ok(()),
        Some(key) => Err(GraphError::invalid(format!(
            "Unexpected parameter \"{key}\"."
        ))),
    }
}

fn read_context(request: &Param<'_>) -> Result<Option<String>, GraphError> {
    let Some(context) = request.optional("context")? else {
        return Ok(None);
    };
    context.only(&["message_id"])?;
    Ok(Some(context.required("message_id")?.text(512)?.to_owned()))
}
