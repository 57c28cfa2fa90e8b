//! Checks of templates that are handed in, with Meta's codes. Called by the template endpoints.

use serde_json::Value;

use super::error::GraphError;
use super::param::Param;
use crate::engine::World;
use crate::templates::parameters_of;
use crate::{SimTemplate, ids};

/// What a request may hold.
const MEMBERS: [&str; 7] = [
    "name",
    "language",
    "category",
    "components",
    "parameter_format",
    "allow_category_change",
    "message_send_ttl_seconds",
];

/// Reads and checks a new template.
pub(crate) fn check_new(
    world: &World,
    waba_id: &str,
    request: &Param<'_>,
) -> Result<SimTemplate, GraphError> {
    request.only(&MEMBERS)?;
    let name = request.required("name")?;
    let word = name.text(512)?;
    let fits = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_';
    if !word.chars().all(fits) {
        return Err(name.wrong("must have only lowercase letters, numbers and underscores"));
    }
    let language = request.required("language")?.text(15)?;
    let category =
        request
            .required("category")?
            .one_of(&["UTILITY", "MARKETING", "AUTHENTICATION"])?;
    let is_named = request
        .optional_text("parameter_format", 16)?
        .is_some_and(|format| format.eq_ignore_ascii_case("named"));
    let components = check_components(world, &request.required("components")?)?;
    let exists = world
        .templates
        .iter()
        .any(|known| known.is_of(waba_id) && known.name == word && known.language == language);
    if exists {
        return Err(problem(
            2_388_024,
            "There is already content for this template in this language.",
        ));
    }
    Ok(SimTemplate {
        id: ids::new_object_id(),
        waba_id: Some(waba_id.to_owned()),
        name: word.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        status: "PENDING".to_owned(),
        rejected_reason: None,
        is_named,
        components,
    })
}

/// Code 100 with a subcode and words for people.
fn problem(subcode: i64, details: &str) -> GraphError {
    GraphError {
        subcode: Some(subcode),
        ..GraphError::new(100, "Invalid parameter").with_details(details)
    }
}

/// Checks the parts of a template.
pub(crate) fn check_components(
    world: &World,
    components: &Param<'_>,
) -> Result<Vec<Value>, GraphError> {
    let mut kinds = Vec::new();
    let parts = components.between(1, 4)?;
    for part in &parts {
        let kind = part.required("type")?.text(16)?.to_ascii_uppercase();
        match kind.as_str() {
            "HEADER" => check_header(world, part)?,
            "BODY" => check_body(part)?,
            "FOOTER" => {
                part.required("text")?.text(60)?;
            }
            "BUTTONS" => check_buttons(part)?,
            _ => return Err(part.wrong("must be a HEADER, BODY, FOOTER or BUTTONS")),
        }
        if kinds.contains(&kind) {
            return Err(part.wrong("must not come twice"));
        }
        kinds.push(kind);
    }
    if !kinds.iter().any(|kind| kind == "BODY") {
        return Err(GraphError::missing("components[BODY]"));
    }
    Ok(parts.iter().map(|part| part.value.clone()).collect())
}

fn check_header(world: &World, part: &Param<'_>) -> Result<(), GraphError> {
    let format = part
        .required("format")?
        .one_of(&["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])?;
    match format {
        "TEXT" => {
            let text = part.required("text")?.text(60)?;
            needs_example(part, text, &["header_text", "header_text_named_params"])?;
            if parameters_of(text).len() > 1 {
                return Err(problem(2_388_047, "A header has at most one parameter."));
            }
            Ok(())
        }
        "LOCATION" => Ok(()),
        _ => {
            let handle = part.value.pointer("/example/header_handle/0");
            let handle = handle.and_then(Value::as_str).unwrap_or_default();
            if world.samples.knows(handle) {
                return Ok(());
            }
            Err(problem(
                2_388_273,
                "A media header needs the handle of an uploaded sample.",
            ))
        }
    }
}

fn check_body(part: &Param<'_>) -> Result<(), GraphError> {
    let text = part.required("text")?.text(1024)?;
    needs_example(part, text, &["body_text", "body_text_named_params"])?;
    let text = text.trim();
    if text.starts_with("{{") || text.ends_with("}}") {
        return Err(problem(
            2_388_299,
            "Variables can't be at the start or end of the template.",
        ));
    }
    Ok(())
}

fn needs_example(part: &Param<'_>, text: &str, members: &[&str]) -> Result<(), GraphError> {
    let example = part.value.get("example");
    let is_given = members
        .iter()
        .any(|member| example.and_then(|example| example.get(member)).is_some());
    if parameters_of(text).is_empty() || is_given {
        return Ok(());
    }
    Err(problem(
        2_388_043,
        "Message templates with variables need an example of each.",
    ))
}

fn check_buttons(part: &Param<'_>) -> Result<(), GraphError> {
    for button in part.required("buttons")?.between(1, 10)? {
        let kind = button.required("type")?.text(32)?.to_ascii_uppercase();
        // Meta writes these labels itself.
        if !matches!(kind.as_str(), "OTP" | "COPY_CODE") {
            button.required("text")?.text(25)?;
        }
        match kind.as_str() {
            "URL" => {
                let url = button.required("url")?.text(2000)?;
                if url.contains("{{") && button.optional("example")?.is_none() {
                    return Err(GraphError::missing("example"));
                }
            }
            "PHONE_NUMBER" => {
                button.required("phone_number")?.text(20)?;
            }
            _ => {}
        }
    }
    Ok(())
}
