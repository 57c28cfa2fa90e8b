//! Checks of template messages against the templates of the account.
//! Used by the send handler.

use serde_json::{Value, json};

use super::content_check::{Content, Files, check_location};
use super::error::GraphError;
use super::param::Param;
use crate::chats::EntryMedia;
use crate::templates::{SimTemplate, filled, parameters_of};

/// Texts by name: `1`, `2`… or words.
type Values = Vec<(String, String)>;

pub(crate) fn check_template(files: &Files<'_>, node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["name", "language", "components", "namespace"])?;
    let name = node.required("name")?.text(512)?;
    let language = node.required("language")?;
    language.only(&["code", "policy"])?;
    let code = language.required("code")?.text(15)?;
    let template = find_template(files, name, code)?;
    let given = Given::read(node)?;
    let body_values = given.texts("body", template.text_of("BODY"), template.is_named)?;
    let body = filled(template.text_of("BODY"), &body_values);
    let (header, media) = check_header(files, template, &given)?;
    let buttons = check_buttons(template, &given)?;
    let footer = template.text_of("FOOTER");
    let shown = json!({
        "header": header,
        "body": body,
        "footer": (!footer.is_empty()).then_some(footer),
        "buttons": buttons,
    });
    Ok(Content {
        text: body,
        media,
        shown: Some(shown),
        is_template: true,
        needs_phone: template.category == "AUTHENTICATION",
    })
}

fn find_template<'a>(
    files: &Files<'a>,
    name: &str,
    code: &str,
) -> Result<&'a SimTemplate, GraphError> {
    let missing = |details: String| {
        let message = "(#132001) Template name does not exist in the translation";
        GraphError::new(132_001, message).with_details(details)
    };
    let template = files
        .templates
        .iter()
        .filter(|template| template.is_of(files.waba_id))
        .find(|template| template.name == name && template.language == code)
        .ok_or_else(|| missing(format!("template name ({name}) does not exist in {code}")))?;
    match template.status.as_str() {
        "APPROVED" => Ok(template),
        "PAUSED" => Err(GraphError::new(132_015, "(#132015) Template is Paused")),
        "DISABLED" => Err(GraphError::new(132_016, "(#132016) Template is Disabled")),
        _ => Err(missing(format!("template name ({name}) is not approved"))),
    }
}

/// The components of a request.
struct Given<'a> {
    components: Vec<Component<'a>>,
}

struct Component<'a> {
    kind: String,
    sub_type: String,
    index: Option<usize>,
    parameters: Vec<Param<'a>>,
}

impl<'a> Given<'a> {
    fn read(node: &Param<'a>) -> Result<Self, GraphError> {
        let listed = node.optional("components")?;
        let listed = listed.map_or_else(|| Ok(Vec::new()), |listed| listed.items())?;
        let components = listed
            .iter()
            .map(Component::read)
            .collect::<Result<_, _>>()?;
        Ok(Self { components })
    }

    fn part(&self, kind: &str) -> &[Param<'a>] {
        let part = self.components.iter().find(|part| part.kind == kind);
        part.map_or(&[], |part| part.parameters.as_slice())
    }

    /// The text values of a part, which must be exactly those that its text has places for.
    fn texts(&self, kind: &str, text: &str, is_named: bool) -> Result<Values, GraphError> {
        let wanted = parameters_of(text);
        let given = self.part(kind);
        if wanted.len() != given.len() {
            return Err(wrong_count(kind, given.len(), wanted.len()));
        }
        let mut values: Values = Vec::new();
        for (wanted_name, parameter) in wanted.iter().zip(given) {
            parameter.only(&["type", "text", "parameter_name"])?;
            parameter.required("type")?.one_of(&["text"])?;
            let value = value_text(&parameter.required("text")?)?;
            let name = parameter.optional_text("parameter_name", 64)?;
            let name = match (is_named, name) {
                (true, Some(name)) if wanted.iter().any(|wanted| wanted == name) => name,
                (false, None) => wanted_name,
                (_, name) => {
                    let name = name.unwrap_or_default();
                    return Err(GraphError::invalid(format!(
                        "Parameter name ({name}) does not exist in the template."
                    )));
                }
            };
            if values.iter().any(|(known, _)| known == name) {
                return Err(parameter.wrong("is given twice"));
            }
            values.push((name.to_owned(), value.to_owned()));
        }
        Ok(values)
    }
}

impl<'a> Component<'a> {
    fn read(component: &Param<'a>) -> Result<Self, GraphError> {
        component.only(&["type", "sub_type", "index", "parameters", "cards"])?;
        let kind = component.required("type")?.text(32)?.to_ascii_lowercase();
        if !["header", "body", "button", "carousel"].contains(&kind.as_str()) {
            return Err(component.wrong("must be a header, body, button or carousel"));
        }
        let index = match component.optional("index")? {
            Some(index) => match index.value {
                Value::String(text) => text.parse().ok(),
                other => other
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok()),
            },
            None => None,
        };
        if kind == "button" && index.is_none() {
            return Err(GraphError::missing("index"));
        }
        let sub_type = component.optional_text("sub_type", 32)?.unwrap_or_default();
        let parameters = component.optional("parameters")?;
        Ok(Self {
            kind,
            sub_type: sub_type.to_ascii_lowercase(),
            index,
            parameters: parameters.map_or_else(|| Ok(Vec::new()), |listed| listed.items())?,
        })
    }
}

fn wrong_count(kind: &str, given: usize, wanted: usize) -> GraphError {
    let message = "(#132000) Number of parameters does not match the expected number of params";
    GraphError::new(132_000, message).with_details(format!(
        "{kind}: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
    ))
}

fn wrong_format(details: impl Into<String>) -> GraphError {
    let message = "(#132012) Parameter format does not match format in the created template";
    GraphError::new(132_012, message).with_details(details)
}

fn value_text<'a>(text: &Param<'a>) -> Result<&'a str, GraphError> {
    let value = text.text(32_768)?;
    if value.contains(['\n', '\r', '\t']) || value.contains("     ") {
        let reason = "cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(text.wrong(reason));
    }
    Ok(value)
}

/// The header as the phone shows it, and its file.
fn check_header(
    files: &Files<'_>,
    template: &SimTemplate,
    given: &Given<'_>,
) -> Result<(Value, Option<EntryMedia>), GraphError> {
    let format = template.part("HEADER").and_then(|part| part.get("format"));
    let format = format.and_then(Value::as_str).unwrap_or_default();
    let parameters = given.part("header");
    if matches!(format, "" | "TEXT") {
        let text = template.text_of("HEADER");
        let values = given.texts("header", text, template.is_named)?;
        let text = filled(text, &values);
        let shown = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
        return Ok((shown.unwrap_or_default(), None));
    }
    let [parameter] = parameters else {
        return Err(wrong_format(format!(
            "header: Format mismatch, expected {format}, received none"
        )));
    };
    let kind = format.to_ascii_lowercase();
    if parameter.required("type")?.text(32)? != kind {
        return Err(wrong_format(format!(
            "header: Format mismatch, expected {format}"
        )));
    }
    parameter.only(&["type", &kind])?;
    let node = parameter.required(&kind)?;
    if kind == "location" {
        check_location(&node)?;
        return Ok((json!({"type": kind, "location": node.value}), None));
    }
    let media = files.referred(&kind, &node, &["id", "link", "filename", "caption"])?;
    Ok((json!({"type": kind}), Some(media)))
}

/// The buttons as the phone shows them.
fn check_buttons(template: &SimTemplate, given: &Given<'_>) -> Result<Vec<Value>, GraphError> {
    let buttons = template.buttons();
    let components = || given.components.iter().filter(|part| part.kind == "button");
    for component in components() {
        if component.index.is_none_or(|index| index >= buttons.len()) {
            return Err(GraphError::invalid("Button index is not in the template."));
        }
    }
    let mut shown = Vec::new();
    for (index, button) in buttons.iter().enumerate() {
        let component = components().find(|part| part.index == Some(index));
        shown.push(check_button(button, index, component)?);
    }
    Ok(shown)
}

fn check_button(
    button: &Value,
    index: usize,
    component: Option<&Component<'_>>,
) -> Result<Value, GraphError> {
    let member = |name: &str| button.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = member("type").to_ascii_lowercase();
    let (name, is_needed) = match kind.as_str() {
        "url" => ("text", member("url").contains("{{")),
        "quick_reply" => ("payload", false),
        "copy_code" => ("coupon_code", true),
        _ => ("", false),
    };
    let mut value = String::new();
    match component.map(|component| (component, component.parameters.as_slice())) {
        Some((component, [parameter])) if !name.is_empty() && component.sub_type == kind => {
            parameter.only(&["type", name])?;
            parameter.required("type")?.one_of(&[name])?;
            parameter.required(name)?.text(2000)?.clone_into(&mut value);
        }
        None if !is_needed => {}
        _ => {
            return Err(wrong_format(format!(
                "button at index {index} needs one {name} parameter of type {kind}"
            )));
        }
    }
    let url = filled(member("url"), &[("1".to_owned(), value.clone())]);
    Ok(json!({
        "type": kind,
        "text": member("text"),
        "url": (kind == "url").then_some(url),
        "payload": (kind == "quick_reply").then_some(&value),
        "code": (kind == "copy_code").then_some(&value),
        "phone_number": button.get("phone_number"),
    }))
}
