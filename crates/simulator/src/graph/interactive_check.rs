//! Checks of interactive messages: reply buttons, lists, and the kinds with one action.
//! Used by the send handler.

use std::collections::HashSet;

use super::content_check::Content;
use super::error::GraphError;
use super::param::Param;

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

pub(crate) fn check_interactive(node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["type", "header", "body", "footer", "action"])?;
    let kind = node.required("type")?.one_of(&KINDS)?;
    check_header(node)?;
    let body = check_body(node, kind)?;
    if let Some(footer) = node.optional("footer")? {
        footer.only(&["text"])?.required("text")?.text(60)?;
    }
    let action = node.required("action")?;
    match kind {
        "button" => check_buttons(&action)?,
        "list" => check_list(&action)?,
        "product" | "product_list" | "carousel" => {
            action.object()?;
        }
        _ => {
            action.only(&["name", "parameters"])?;
            action.required("name")?.text(64)?;
        }
    }
    Ok(Content::of_text(body))
}

fn check_header(node: &Param<'_>) -> Result<(), GraphError> {
    let Some(header) = node.optional("header")? else {
        return Ok(());
    };
    let kind = header
        .required("type")?
        .one_of(&["text", "image", "video", "document"])?;
    let content = header.required(kind)?;
    if kind == "text" {
        content.text(60)?;
    }
    Ok(())
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
