//! A template with its values filled in: as it is sent, and as it will read. Pure.

use std::collections::BTreeMap;

use hoopoe_cloud_api::send::{
    ButtonKind, Component, Document, FileNode, Language, Outgoing, Parameter, Template as Message,
};
use hoopoe_db::{
    model::{ParameterFormat, Template, UploadKind},
    uploads::Kept,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    compose::Composed,
    payload::later,
    request::{TemplateValues, Values},
};
use crate::error::{ApiError, ApiResult};

/// Only these can be sent.
const APPROVED: &str = "APPROVED";

/// A part of a template, as the provider gives it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    format: String,
    text: String,
    buttons: Vec<PartButton>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PartButton {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    url: String,
}

/// Fills a template in.
pub(super) fn compose(
    template: &Template,
    values: &TemplateValues,
    file: Option<&Kept>,
) -> ApiResult<Composed> {
    if template.status != APPROVED {
        return Err(ApiError::validation(
            "template.template_id",
            format!(
                "is {}: only approved templates can be sent",
                template.status
            ),
        ));
    }
    let parts: Vec<Part> =
        serde_json::from_str(template.components.0.get()).map_err(ApiError::internal)?;
    let mut filling = Filling {
        format: template.parameter_format,
        values,
        components: Vec::new(),
        content: json!({
            "name": template.name, "language": template.language, "category": template.category, "parameters": values,
        }),
        body: String::new(),
        has_file: false,
    };
    for part in &parts {
        filling.add(part, file)?;
    }
    if file.is_some() && !filling.has_file {
        return Err(ApiError::validation(
            "template.header_upload_id",
            "this template has no file above it",
        ));
    }
    let message = Outgoing::Template(Box::new(Message {
        name: template.name.clone(),
        language: Language {
            code: template.language.clone(),
        },
        components: filling.components,
    }));
    Composed::new("template", Some(filling.body), &filling.content, message)
}

struct Filling<'a> {
    format: ParameterFormat,
    values: &'a TemplateValues,
    components: Vec<Component>,
    content: Value,
    body: String,
    has_file: bool,
}

impl Filling<'_> {
    fn add(&mut self, part: &Part, file: Option<&Kept>) -> ApiResult<()> {
        match part.kind.to_ascii_uppercase().as_str() {
            "HEADER" => self.header(part, file),
            "BODY" => {
                let field = "template.parameters.body";
                let (text, parameters) =
                    fill(&part.text, self.format, self.values.body.as_ref(), field)?;
                self.show("body", json!(text));
                self.body = text;
                if !parameters.is_empty() {
                    self.components.push(Component::Body { parameters });
                }
                Ok(())
            }
            "FOOTER" => {
                self.show("footer", json!(part.text));
                Ok(())
            }
            "BUTTONS" => self.buttons(&part.buttons),
            _ => Ok(()),
        }
    }

    fn show(&mut self, name: &str, value: Value) {
        if let Some(content) = self.content.as_object_mut() {
            content.insert(name.to_owned(), value);
        }
    }

    fn header(&mut self, part: &Part, file: Option<&Kept>) -> ApiResult<()> {
        let format = part.format.to_ascii_uppercase();
        if format == "TEXT" {
            let field = "template.parameters.header";
            let (text, parameters) =
                fill(&part.text, self.format, self.values.header.as_ref(), field)?;
            self.show("header", json!(text));
            if !parameters.is_empty() {
                self.components.push(Component::Header { parameters });
            }
            return Ok(());
        }
        let field = "template.header_upload_id";
        let file =
            file.ok_or_else(|| ApiError::validation(field, "is missing: the template has a file"))?;
        let node = FileNode { file: later() };
        let parameter = match (format.as_str(), file.kind) {
            ("IMAGE", UploadKind::Image) => Parameter::Image { image: node },
            ("VIDEO", UploadKind::Video) => Parameter::Video { video: node },
            ("DOCUMENT", _) => Parameter::Document {
                document: Document {
                    file: later(),
                    caption: None,
                    filename: file.filename.clone(),
                },
            },
            _ => {
                let reason = format!("must be of the template's kind: {format}");
                return Err(ApiError::validation(field, reason));
            }
        };
        self.has_file = true;
        self.components.push(Component::Header {
            parameters: vec![parameter],
        });
        Ok(())
    }

    fn buttons(&mut self, buttons: &[PartButton]) -> ApiResult<()> {
        let mut shown = Vec::with_capacity(buttons.len());
        for (index, button) in buttons.iter().enumerate() {
            let value = self.values.buttons.get(&index.to_string());
            let (url, component) = button.fill(index, value)?;
            self.components.extend(component);
            let kind = button.kind.to_ascii_lowercase();
            shown.push(json!({ "type": kind, "title": button.text, "url": url }));
        }
        self.show("buttons", Value::Array(shown));
        Ok(())
    }
}

impl PartButton {
    /// The address that it opens, and what has to be said of it.
    fn fill(
        &self,
        index: usize,
        value: Option<&String>,
    ) -> ApiResult<(Option<String>, Option<Component>)> {
        let kind = self.kind.to_ascii_uppercase();
        let has_gap = kind == "URL" && self.url.contains("{{");
        let needs = has_gap || kind == "COPY_CODE";
        let field = || format!("template.parameters.buttons.{index}");
        let Some(value) = value else {
            if needs {
                return Err(ApiError::validation(field(), "is missing"));
            }
            return Ok(((kind == "URL").then(|| self.url.clone()), None));
        };
        let (sub_type, parameter, url) = match kind.as_str() {
            "URL" if has_gap => {
                let start = self.url.split("{{").next().unwrap_or_default();
                (
                    ButtonKind::Url,
                    Parameter::text(value),
                    Some(format!("{start}{value}")),
                )
            }
            "OTP" => (ButtonKind::Url, Parameter::text(value), None),
            "COPY_CODE" => (
                ButtonKind::CopyCode,
                Parameter::CouponCode {
                    coupon_code: value.clone(),
                },
                None,
            ),
            "QUICK_REPLY" => (
                ButtonKind::QuickReply,
                Parameter::Payload {
                    payload: value.clone(),
                },
                None,
            ),
            _ => {
                let reason = "this button takes no value";
                return Err(ApiError::validation(field(), reason));
            }
        };
        let component = Component::Button {
            sub_type,
            index: u8::try_from(index).unwrap_or(u8::MAX),
            parameters: vec![parameter],
        };
        Ok((url, Some(component)))
    }
}

/// Names of a text's gaps, each once, in the order in which they come.
fn gaps(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for part in text.split("{{").skip(1) {
        if let Some((name, _)) = part.split_once("}}") {
            let name = name.trim();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// The text with its gaps filled, and the values as they are sent.
fn fill(
    text: &str,
    format: ParameterFormat,
    values: Option<&Values>,
    field: &str,
) -> ApiResult<(String, Vec<Parameter>)> {
    let gaps = gaps(text);
    let missing = |name: &str| {
        ApiError::validation(
            format!("{field}.{name}"),
            "is missing: the template needs it",
        )
    };
    let given: BTreeMap<String, String> = match values {
        None => BTreeMap::new(),
        Some(Values::List(list)) => (1..)
            .map(|at: usize| at.to_string())
            .zip(list.iter().cloned())
            .collect(),
        Some(Values::Named(named)) => named.clone(),
    };
    if given.len() > gaps.len() {
        let reason = format!(
            "has {} values; the template has {} gaps",
            given.len(),
            gaps.len()
        );
        return Err(ApiError::validation(field.to_owned(), reason));
    }
    let mut filled = text.to_owned();
    let mut parameters = Vec::with_capacity(gaps.len());
    for name in gaps {
        let place = match format {
            ParameterFormat::Positional => {
                // Lists count from 0, the template's gaps from 1.
                let at = name.parse::<usize>().unwrap_or(1).saturating_sub(1);
                at.to_string()
            }
            ParameterFormat::Named => name.to_owned(),
        };
        let value = given.get(name).ok_or_else(|| missing(&place))?;
        filled = filled.replace(&format!("{{{{{name}}}}}"), value);
        parameters.push(match format {
            ParameterFormat::Positional => Parameter::text(value),
            ParameterFormat::Named => Parameter::named(name, value),
        });
    }
    Ok((filled, parameters))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::{Id as _, ids::TemplateId, model::Content};
    use serde_json::value::to_raw_value;

    use super::*;

    fn template(format: ParameterFormat, components: Value) -> Template {
        Template {
            id: TemplateId::new(0),
            waba_id: "1".into(),
            provider_id: "2".into(),
            name: "order_update".into(),
            language: "en_US".into(),
            category: "UTILITY".into(),
            status: APPROVED.into(),
            quality: None,
            parameter_format: format,
            components: Content(to_raw_value(&components).unwrap()),
            rejected_reason: None,
            updated_at: 0,
        }
    }

    fn values(json: Value) -> TemplateValues {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn positional_gaps_are_filled_in_their_order() {
        let parts = json!([
            { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}" },
            { "type": "BODY", "text": "Hello {{1}}, it comes on {{2}}. Bye, {{1}}" },
            { "type": "FOOTER", "text": "Fern & Co" },
            { "type": "BUTTONS", "buttons": [{ "type": "URL", "text": "Track", "url": "https://x.example/{{1}}" }] },
        ]);
        let given = values(
            json!({ "header": ["77"], "body": ["Ana", "Monday"], "buttons": { "0": "abc" } }),
        );
        let composed =
            compose(&template(ParameterFormat::Positional, parts), &given, None).unwrap();
        assert_eq!(
            composed.text.as_deref(),
            Some("Hello Ana, it comes on Monday. Bye, Ana")
        );
        let content: Value = serde_json::from_str(&composed.content).unwrap();
        assert_eq!(content["header"], "Order 77");
        assert_eq!(content["buttons"][0]["url"], "https://x.example/abc");
        let sent = serde_json::to_value(&composed.message).unwrap();
        assert_eq!(
            sent["template"]["components"][1]["parameters"][1]["text"],
            "Monday"
        );
        assert_eq!(sent["template"]["components"][2]["index"], "0");
    }

    #[test]
    fn named_gaps_are_filled_by_name_and_a_missing_one_is_named() {
        let parts = json!([{ "type": "BODY", "text": "Hello {{first_name}}, {{order}} is ready" }]);
        let named = template(ParameterFormat::Named, parts);
        let given = values(json!({ "body": { "order": "77", "first_name": "Ana" } }));
        let composed = compose(&named, &given, None).unwrap();
        assert_eq!(composed.text.as_deref(), Some("Hello Ana, 77 is ready"));
        let refused = compose(&named, &values(json!({ "body": { "order": "77" } })), None);
        assert!(refused.is_err());
    }

    #[test]
    fn too_many_values_and_templates_that_are_not_approved_are_refused() {
        let parts = json!([{ "type": "BODY", "text": "Hello" }]);
        let mut plain = template(ParameterFormat::Positional, parts);
        assert!(compose(&plain, &values(json!({ "body": ["x"] })), None).is_err());
        assert!(compose(&plain, &TemplateValues::default(), None).is_ok());
        plain.status = "PAUSED".into();
        assert!(compose(&plain, &TemplateValues::default(), None).is_err());
    }
}
