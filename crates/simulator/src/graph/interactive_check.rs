//! Checks of interactive messages: reply buttons, lists, and the kinds with one action.
//! Used by the send handler.

use std::collections::HashSet;

use super::content_check::{Content, Files};
use super::error::GraphError;
use super::param::Param;
use crate::chats::EntryMedia;

/// Kinds of interactive messages.
const KINDS: [&str; 12] = [
    "button",
    "list",
    "cta_url",
    "flow",
    "product",
    "product_list",
    "catalog_message",
    "location_request_message",
    "voice_call",
    "call_permission_request",
    "request_contact_info",
    "carousel",
];

pub(crate) fn check_interactive(
    files: &Files<'_>,
    node: &Param<'_>,
) -> Result<Content, GraphError> {
    node.only(&["type", "header", "body", "footer", "action"])?;
    let kind = node.required("type")?.one_of(&KINDS)?;
    let is_request = matches!(kind, "location_request_message" | "request_contact_info");
    if is_request {
        node.only(&["type", "body", "action"])?;
    }
    let media = check_header(files, node, kind)?;
    let body = check_body(node, kind)?;
    if let Some(footer) = node.optional("footer")? {
        footer.only(&["text"])?.required("text")?.text(60)?;
    }
    let action = node.required("action")?;
    match kind {
        "button" => check_buttons(&action)?,
        "list" => check_list(&action)?,
        "cta_url" => check_link(&action)?,
        "location_request_message" => {
            action
                .only(&["name"])?
                .required("name")?
                .one_of(&["send_location"])?;
        }
        "request_contact_info" => {
            action
                .only(&["name"])?
                .required("name")?
                .one_of(&["request_contact_info"])?;
        }
        "product" | "product_list" | "carousel" => {
            action.object()?;
        }
        _ => {
            action.only(&["name", "parameters"])?;
            action.required("name")?.text(64)?;
        }
    }
    Ok(Content {
        text: body,
        media,
        ..Content::default()
    })
}

fn check_header(
    files: &Files<'_>,
    node: &Param<'_>,
    message: &str,
) -> Result<Option<EntryMedia>, GraphError> {
    let Some(header) = node.optional("header")? else {
        return Ok(None);
    };
    let allowed: &[&str] = match message {
        "list" => &["text"],
        _ => &["text", "image", "video", "document"],
    };
    let kind = header.required("type")?.one_of(allowed)?;
    header.only(&["type", kind])?;
    let content = header.required(kind)?;
    if kind == "text" {
        content.text(60)?;
        return Ok(None);
    }
    let members: &[&str] = match kind {
        "document" => &["id", "link", "filename"],
        _ => &["id", "link"],
    };
    files.referred(kind, &content, members).map(Some)
}

fn check_link(action: &Param<'_>) -> Result<(), GraphError> {
    action.only(&["name", "parameters"])?;
    action.required("name")?.one_of(&["cta_url"])?;
    let parameters = action.required("parameters")?;
    parameters.only(&["display_text", "url"])?;
    parameters.required("display_text")?.text(20)?;
    let url = parameters.required("url")?;
    let address = url.text(2000)?;
    if address.starts_with("https://") || address.starts_with("http://") {
        return Ok(());
    }
    Err(url.wrong("must be a valid URI"))
}

fn check_body(node: &Param<'_>, kind: &str) -> Result<String, GraphError> {
    let longest = if kind == "list" { 4096 } else { 1024 };
    let body = match kind {
        "product" | "request_contact_info" => node.optional("body")?,
        _ => Some(node.required("body")?),
    };
    match body {
        Some(body) => Ok(body
            .only(&["text"])?
            .required("text")?
            .text(longest)?
            .to_owned()),
        None => Ok(String::new()),
    }
}

fn check_buttons(action: &Param<'_>) -> Result<(), GraphError> {
    action.only(&["buttons"])?;
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for button in action.required("buttons")?.between(1, 3)? {
        button.only(&["type", "reply"])?;
        button.required("type")?.one_of(&["reply"])?;
        let reply = button.required("reply")?;
        reply.only(&["id", "title"])?;
        let title = reply.required("title")?.text(20)?;
        let id = reply.required("id")?.text(256)?;
        if !ids.insert(id) || !titles.insert(title) {
            return Err(button.wrong("must have an id and a title of its own"));
        }
    }
    Ok(())
}

fn check_list(action: &Param<'_>) -> Result<(), GraphError> {
    action.only(&["button", "sections"])?;
    action.required("button")?.text(20)?;
    let sections = action.required("sections")?.between(1, 10)?;
    let several = sections.len() > 1;
    let mut ids = HashSet::new();
    let mut rows_in_all = 0;
    for section in sections {
        section.only(&["title", "rows"])?;
        if section.optional_text("title", 24)?.is_none() && several {
            return Err(GraphError::missing(&format!("{}['title']", section.name())));
        }
        for row in section.required("rows")?.between(1, 10)? {
            rows_in_all += 1;
            row.only(&["id", "title", "description"])?;
            row.required("title")?.text(24)?;
            row.optional_text("description", 72)?;
            if !ids.insert(row.required("id")?.text(200)?) {
                return Err(row.wrong("must have an id of its own"));
            }
        }
    }
    if rows_in_all > 10 {
        return Err(action.wrong("must have at most 10 rows in total"));
    }
    Ok(())
}
