//! What a webhook tells of a template's new content, put into the components that are kept. It tells texts, and buttons that lead somewhere; what it
//! does not tell of (files in the header, quick replies) stays.
//!
//! Source: Meta, webhook `message_template_components_update`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::DbResult;

/// New content of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContent {
    /// The header, where it is a text.
    pub title: Option<String>,
    /// The body.
    pub body: String,
    /// The footer, where there is one.
    pub footer: Option<String>,
    /// Buttons that lead to an address or a phone, in their order.
    pub buttons: Vec<NewButton>,
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewButton {
    /// `URL` or `PHONE_NUMBER`.
    pub kind: String,
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub url: Option<String>,
    /// Whom it calls.
    pub phone_number: Option<String>,
}

impl NewContent {
    /// The components (JSON text) with the new content.
    pub(super) fn put_into(&self, components: &str) -> DbResult<String> {
        let mut components: Vec<Value> = serde_json::from_str(components)?;
        let has_file = components.iter().any(|component| {
            is(component, "HEADER") && text_of(component, "format") != Some("TEXT")
        });
        if self.title.is_some() || !has_file {
            put_text(&mut components, "HEADER", self.title.as_deref());
        }
        put_text(&mut components, "BODY", Some(&self.body));
        put_text(&mut components, "FOOTER", self.footer.as_deref());
        self.put_buttons(&mut components);
        Ok(serde_json::to_string(&components)?)
    }

    fn put_buttons(&self, components: &mut Vec<Value>) {
        if self.buttons.is_empty() {
            return;
        }
        if !components.iter().any(|component| is(component, "BUTTONS")) {
            components.push(json!({"type": "BUTTONS", "buttons": []}));
        }
        let held = components
            .iter_mut()
            .find(|component| is(component, "BUTTONS"))
            .and_then(|component| component.get_mut("buttons")?.as_array_mut());
        let Some(held) = held else { return };
        let mut told = self.buttons.iter().map(NewButton::to_json);
        held.retain_mut(|button| {
            if !is(button, "URL") && !is(button, "PHONE_NUMBER") {
                return true;
            }
            let next = told.next();
            let stays = next.is_some();
            *button = next.unwrap_or_default();
            stays
        });
        held.extend(told);
    }
}

impl NewButton {
    fn to_json(&self) -> Value {
        let parts = [
            ("type", Some(&self.kind)),
            ("text", Some(&self.text)),
            ("url", self.url.as_ref()),
            ("phone_number", self.phone_number.as_ref()),
        ];
        let told = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
        Value::Object(told.collect::<Map<_, _>>())
    }
}

fn text_of<'a>(component: &'a Value, name: &str) -> Option<&'a str> {
    component.get(name)?.as_str()
}

fn is(component: &Value, kind: &str) -> bool {
    text_of(component, "type").is_some_and(|found| found.eq_ignore_ascii_case(kind))
}

/// Sets the text of the component of a kind, or takes it away. Examples of another text go.
fn put_text(components: &mut Vec<Value>, kind: &str, text: Option<&str>) {
    let at = components.iter().position(|component| is(component, kind));
    let Some(text) = text else {
        components.retain(|component| !is(component, kind));
        return;
    };
    let held = at.and_then(|at| components.get_mut(at));
    if held.as_ref().and_then(|held| text_of(held, "text")) == Some(text) {
        return;
    }
    let mut new = json!({"type": kind, "text": text});
    if let (Some(members), "HEADER") = (new.as_object_mut(), kind) {
        members.insert("format".to_owned(), json!("TEXT"));
    }
    match held {
        Some(held) => *held = new,
        None => components.insert(place(components, kind), new),
    }
}

/// Header, body, footer, buttons.
fn place(components: &[Value], kind: &str) -> usize {
    let before: &[&str] = match kind {
        "HEADER" => &[],
        "BODY" => &["HEADER"],
        _ => &["HEADER", "BODY"],
    };
    let is_before = |component: &Value| before.iter().any(|kind| is(component, kind));
    components
        .iter()
        .rposition(is_before)
        .map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn put(content: &NewContent, components: &Value) -> Value {
        serde_json::from_str(&content.put_into(&components.to_string()).unwrap()).unwrap()
    }

    fn button(kind: &str, text: &str) -> NewButton {
        NewButton {
            kind: kind.into(),
            text: text.into(),
            url: (kind == "URL").then(|| "https://shop.example".into()),
            phone_number: None,
        }
    }

    #[test]
    fn texts_follow_and_parts_that_are_gone_go() {
        let held = json!([
            {"type": "HEADER", "format": "TEXT", "text": "Old"},
            {"type": "BODY", "text": "Hello {{1}}", "example": {"body_text": [["Ana"]]}},
            {"type": "FOOTER", "text": "Bye"},
        ]);
        let new = NewContent {
            title: Some("New".into()),
            body: "Hello {{1}}".into(),
            ..NewContent::default()
        };
        let expected = json!([
            {"type": "HEADER", "format": "TEXT", "text": "New"},
            {"type": "BODY", "text": "Hello {{1}}", "example": {"body_text": [["Ana"]]}},
        ]);
        assert_eq!(put(&new, &held), expected);
        let back = NewContent {
            body: "Hi".into(),
            footer: Some("Bye".into()),
            ..NewContent::default()
        };
        let expected = json!([{"type": "BODY", "text": "Hi"}, {"type": "FOOTER", "text": "Bye"}]);
        assert_eq!(put(&back, &expected), expected, "nothing is news");
        assert_eq!(put(&back, &held), expected);
    }

    #[test]
    fn what_is_not_told_of_stays() {
        let held = json!([
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hello"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Shop", "url": "https://old.example"},
                {"type": "QUICK_REPLY", "text": "Thanks"},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+49301"},
            ]},
        ]);
        let mut new = NewContent {
            body: "Hello".into(),
            ..NewContent::default()
        };
        assert_eq!(put(&new, &held), held);
        new.buttons = vec![button("URL", "Our shop")];
        let expected = json!([
            {"type": "URL", "text": "Our shop", "url": "https://shop.example"},
            {"type": "QUICK_REPLY", "text": "Thanks"},
        ]);
        assert_eq!(put(&new, &held)[2]["buttons"], expected);
    }
}
