//! Checks of template messages against the templates of the account.
//! Used by the send handler.

use super::content_check::Content;
use super::error::GraphError;
use super::param::Param;
use crate::engine::World;
use crate::templates::SimTemplate;

pub(crate) fn check_template(world: &World, node: &Param<'_>) -> Result<Content, GraphError> {
    node.only(&["name", "language", "components", "namespace"])?;
    let name = node.required("name")?.text(512)?;
    let language = node.required("language")?;
    language.only(&["code", "policy"])?;
    let code = language.required("code")?.text(15)?;
    let template = find_template(world, name, code)?;
    let values = body_values(node)?;
    let filled = fill(template, &values)?;
    Ok(Content {
        text: filled,
        media: None,
        is_template: true,
        needs_phone: template.category == "AUTHENTICATION",
    })
}

fn find_template<'a>(
    world: &'a World,
    name: &str,
    code: &str,
) -> Result<&'a SimTemplate, GraphError> {
    let template = world
        .templates
        .iter()
        .find(|template| template.name == name && template.language == code)
        .ok_or_else(|| {
            GraphError::new(
                132_001,
                "(#132001) Template name does not exist in the translation",
            )
            .with_details(format!("template name ({name}) does not exist in {code}"))
        })?;
    match template.status.as_str() {
        "APPROVED" => Ok(template),
        "PAUSED" => Err(GraphError::new(132_015, "(#132015) Template is Paused")),
        "DISABLED" => Err(GraphError::new(132_016, "(#132016) Template is Disabled")),
        _ => Err(GraphError::new(
            132_001,
            "(#132001) Template name does not exist in the translation",
        )
        .with_details(format!("template name ({name}) is not approved"))),
    }
}

/// Names (empty for positional ones) and values of the body's parameters.
fn body_values(node: &Param<'_>) -> Result<Vec<(String, String)>, GraphError> {
    let mut values = Vec::new();
    let Some(components) = node.optional("components")? else {
        return Ok(values);
    };
    for component in components.items()? {
        component.only(&["type", "sub_type", "index", "parameters", "cards"])?;
        let kind = component.required("type")?.text(32)?.to_ascii_lowercase();
        if !["header", "body", "button", "carousel"].contains(&kind.as_str()) {
            return Err(component.wrong("must be a header, body, button or carousel"));
        }
        let Some(parameters) = component.optional("parameters")? else {
            continue;
        };
        for parameter in parameters.items()? {
            let shape = parameter.required("type")?.text(32)?;
            if kind == "body" && shape == "text" {
                parameter.only(&["type", "text", "parameter_name"])?;
                let name = parameter.optional_text("parameter_name", 64)?;
                let value = parameter.required("text")?.text(32_768)?;
                values.push((name.unwrap_or_default().to_owned(), value.to_owned()));
            }
        }
    }
    Ok(values)
}

fn fill(template: &SimTemplate, values: &[(String, String)]) -> Result<String, GraphError> {
    let wanted = template.parameters();
    if wanted.len() != values.len() {
        return Err(GraphError::new(
            132_000,
            "(#132000) Number of parameters does not match the expected number of params",
        )
        .with_details(format!(
            "body: number of localizable_params ({}) does not match the expected number of params ({})",
            values.len(),
            wanted.len()
        )));
    }
    let named = template.is_named();
    let mut filled = Vec::new();
    for (name, (given, value)) in wanted.iter().zip(values) {
        if named && !wanted.contains(given) {
            return Err(GraphError::invalid(format!(
                "Parameter name ({given}) does not exist in the template."
            )));
        }
        let key = if named { given } else { name };
        filled.push((key.clone(), value.clone()));
    }
    Ok(template.filled(&filled))
}
