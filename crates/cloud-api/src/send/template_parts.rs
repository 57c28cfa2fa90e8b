//! The parts of a template that is to be handed in for review, in Meta's form: what Meta would refuse at once is found here, with the place
//! where it stands. Parts and buttons of kinds that are not known here are left to Meta.
//!
//! Called by the server's template pages. Rules are from Meta's "Template components" reference.

use serde_json::Value;

use super::check::{self, Invalid};
use super::limits;

/// Checks all parts; fields are named `components.0.text`, `components.3.buttons.1.url`.
pub fn check_parts(parts: &[Value]) -> Result<(), Invalid> {
    check::between(
        "components",
        parts.len(),
        1,
        limits::TEMPLATE_PARTS,
        "parts",
    )?;
    let mut kinds = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let field = format!("components.{index}");
        let kind = kind_of(part);
        match kind.as_str() {
            "" => return Err(Invalid::new(format!("{field}.type"), "must not be empty")),
            "HEADER" => check_header(&field, part)?,
            "BODY" => check_body(&field, part)?,
            "FOOTER" => check_footer(&field, part)?,
            "BUTTONS" => check_buttons(&field, part)?,
            _ => {}
        }
        kinds.push(kind);
    }
    if let Some(index) = check::repeated(kinds.iter().map(String::as_str)) {
        let reason = "must not come twice";
        return Err(Invalid::new(format!("components.{index}.type"), reason));
    }
    if kinds.iter().any(|kind| kind == "BODY") {
        return Ok(());
    }
    Err(Invalid::new("components", "must have a BODY"))
}

fn text<'a>(node: &'a Value, member: &str) -> &'a str {
    node.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn kind_of(node: &Value) -> String {
    text(node, "type").to_ascii_uppercase()
}

fn check_header(field: &str, part: &Value) -> Result<(), Invalid> {
    match text(part, "format").to_ascii_uppercase().as_str() {
        "TEXT" => {
            let words = text(part, "text");
            let place = format!("{field}.text");
            check::words(&place, words, limits::HEADER)?;
            let gaps = check_gaps(&place, words)?;
            if gaps.len() > 1 {
                return Err(Invalid::new(place, "must have at most one variable"));
            }
            check_samples(field, part, "header", gaps.len())
        }
        "IMAGE" | "VIDEO" | "DOCUMENT" => {
            let handle = part.pointer("/example/header_handle/0");
            if handle
                .and_then(Value::as_str)
                .is_some_and(|handle| !handle.is_empty())
            {
                return Ok(());
            }
            let reason = "must hold the handle of an uploaded sample as header_handle";
            Err(Invalid::new(format!("{field}.example"), reason))
        }
        "" => Err(Invalid::new(format!("{field}.format"), "must not be empty")),
        _ => Ok(()),
    }
}

fn check_body(field: &str, part: &Value) -> Result<(), Invalid> {
    // Meta writes the text of authentication templates itself.
    if part.get("add_security_recommendation").is_some() {
        return Ok(());
    }
    let words = text(part, "text");
    let place = format!("{field}.text");
    check::words(&place, words, limits::TEMPLATE_TEXT)?;
    let gaps = check_gaps(&place, words)?;
    check_samples(field, part, "body", gaps.len())?;
    let trimmed = words.trim();
    if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
        let reason = "must not begin or end with a variable";
        return Err(Invalid::new(place, reason));
    }
    Ok(())
}

fn check_footer(field: &str, part: &Value) -> Result<(), Invalid> {
    // That of authentication templates says in minutes how long the code holds.
    if part.get("code_expiration_minutes").is_some() {
        return Ok(());
    }
    let place = format!("{field}.text");
    check::words(&place, text(part, "text"), limits::FOOTER)?;
    if gaps_in(text(part, "text")).is_empty() {
        return Ok(());
    }
    Err(Invalid::new(place, "must not have variables"))
}

/// Variables are all numbered, from 1 on, or all named in small letters.
fn check_gaps<'a>(field: &str, words: &'a str) -> Result<Vec<&'a str>, Invalid> {
    let gaps = gaps_in(words);
    let mut numbers: Vec<usize> = gaps.iter().filter_map(|gap| gap.parse().ok()).collect();
    numbers.sort_unstable();
    let is_name = |gap: &&str| {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !gap.is_empty() && gap.bytes().all(|byte| is_letter(byte) || byte == b'_')
    };
    if !gaps.iter().all(is_name) {
        let reason = "must name its variables with small letters, digits and underscores";
        return Err(Invalid::new(field, reason));
    }
    if !numbers.is_empty() && numbers.len() < gaps.len() {
        return Err(Invalid::new(field, "must number or name all its variables"));
    }
    if numbers.into_iter().eq(1..=gaps.len())
        || !gaps.iter().any(|gap| gap.parse::<usize>().is_ok())
    {
        return Ok(gaps);
    }
    let reason = "must number its variables from 1 on, without holes";
    Err(Invalid::new(field, reason))
}

/// The names of the variables, each once.
fn gaps_in(words: &str) -> Vec<&str> {
    let mut gaps: Vec<&str> = Vec::new();
    for part in words.split("{{").skip(1) {
        if let Some((gap, _)) = part.split_once("}}")
            && !gaps.contains(&gap.trim())
        {
            gaps.push(gap.trim());
        }
    }
    gaps
}

/// Every variable needs a sample: positional ones in a list (the body's in a list of lists), named ones as objects.
fn check_samples(field: &str, part: &Value, kind: &str, wanted: usize) -> Result<(), Invalid> {
    if wanted == 0 {
        return Ok(());
    }
    let example = part.get("example");
    let list = |member: String| {
        let listed = example.and_then(|example| example.get(member));
        let listed = listed.and_then(Value::as_array).map(Vec::as_slice);
        listed.unwrap_or_default()
    };
    let named = list(format!("{kind}_text_named_params"));
    let positional = list(format!("{kind}_text"));
    let inner = positional.first().and_then(Value::as_array);
    let positional = inner.map_or(positional, Vec::as_slice);
    let is_filled = |sample: &Value| {
        let sample = sample.as_str().unwrap_or_else(|| text(sample, "example"));
        !sample.trim().is_empty()
    };
    let filled = |samples: &[Value]| samples.iter().filter(|one| is_filled(one)).count();
    if filled(named).max(filled(positional)) >= wanted {
        return Ok(());
    }
    let reason = "must hold a sample of every variable";
    Err(Invalid::new(format!("{field}.example"), reason))
}

fn check_buttons(field: &str, part: &Value) -> Result<(), Invalid> {
    let place = format!("{field}.buttons");
    let buttons = part.get("buttons").and_then(Value::as_array);
    let buttons = buttons.map(Vec::as_slice).unwrap_or_default();
    let most = limits::TEMPLATE_BUTTONS;
    check::between(&place, buttons.len(), 1, most, "buttons")?;
    let mut titles = Vec::new();
    for (index, button) in buttons.iter().enumerate() {
        let place = format!("{place}.{index}");
        let title = text(button, "text");
        match kind_of(button).as_str() {
            "QUICK_REPLY" => {}
            "URL" => check_address(&place, button)?,
            "PHONE_NUMBER" => {
                let number = text(button, "phone_number");
                check::words(
                    &format!("{place}.phone_number"),
                    number,
                    limits::TEMPLATE_PHONE,
                )?;
            }
            "COPY_CODE" => {
                let example = button.get("example");
                let first = example.and_then(|example| example.get(0)).or(example);
                let code = first.and_then(Value::as_str).unwrap_or_default();
                check::words(&format!("{place}.example"), code, limits::COUPON)?;
                continue;
            }
            _ => continue,
        }
        check::words(&format!("{place}.text"), title, limits::TEMPLATE_BUTTON)?;
        if titles.contains(&title) {
            return Err(Invalid::new(format!("{place}.text"), "must not come twice"));
        }
        titles.push(title);
    }
    Ok(())
}

/// An address is fixed, or has one variable, at its end.
fn check_address(field: &str, button: &Value) -> Result<(), Invalid> {
    let place = format!("{field}.url");
    let url = text(button, "url");
    let (base, rest) = url.split_once("{{").unwrap_or((url, ""));
    check::web_address(&place, base)?;
    if rest.is_empty() {
        return Ok(());
    }
    if rest != "1}}" {
        let reason = "must have its variable {{1}} at its end";
        return Err(Invalid::new(place, reason));
    }
    let sample = button.get("example").and_then(|example| example.get(0));
    let sample = sample.and_then(Value::as_str).unwrap_or_default();
    check::words(&format!("{field}.example"), sample, limits::URL)
}
