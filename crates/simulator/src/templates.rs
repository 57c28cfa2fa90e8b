//! The message templates of a simulated business account, and their JSON as Meta lists them.
//! Used by the template endpoints and by the check of template messages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One message template in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimTemplate {
    /// Numeric id.
    pub id: String,
    /// The account it belongs to; `None`: every account has it.
    pub waba_id: Option<String>,
    /// Lower-case name, as in a send request.
    pub name: String,
    /// Language code such as `en_US`.
    pub language: String,
    /// `UTILITY`, `MARKETING` or `AUTHENTICATION`.
    pub category: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`…
    pub status: String,
    /// Why it was rejected, e.g. `INVALID_FORMAT`.
    pub rejected_reason: Option<String>,
    /// Whether parameters have names instead of numbers.
    pub is_named: bool,
    /// Its parts, as Meta lists them.
    pub components: Vec<Value>,
}

impl SimTemplate {
    /// An approved template that consists of a body with `{{1}}` or `{{named}}` parameters.
    pub fn new(id: &str, name: &str, language: &str, category: &str, body: &str) -> Self {
        let is_named = parameters_of(body)
            .iter()
            .any(|name| name.parse::<u32>().is_err());
        Self {
            id: id.to_owned(),
            waba_id: None,
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            status: "APPROVED".to_owned(),
            rejected_reason: None,
            is_named,
            components: vec![json!({"type": "BODY", "text": body})],
        }
    }

    /// The same with another part, in Meta's form: a header goes before the body, others behind it.
    #[must_use]
    pub fn with(mut self, part: Value) -> Self {
        let is_header = part.get("type").and_then(Value::as_str) == Some("HEADER");
        let place = if is_header { 0 } else { self.components.len() };
        self.components.insert(place, part);
        self
    }

    /// The same with a footer.
    #[must_use]
    pub fn with_footer(self, text: &str) -> Self {
        self.with(json!({"type": "FOOTER", "text": text}))
    }

    /// The same with quick-reply buttons.
    #[must_use]
    pub fn with_quick_replies(self, texts: &[&str]) -> Self {
        let buttons: Vec<Value> = texts
            .iter()
            .map(|text| json!({"type": "QUICK_REPLY", "text": text}))
            .collect();
        self.with(json!({"type": "BUTTONS", "buttons": buttons}))
    }

    /// A part by its type: `HEADER`, `BODY`, `FOOTER`, `BUTTONS`.
    pub(crate) fn part(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|part| {
            let found = part.get("type").and_then(Value::as_str);
            found.is_some_and(|found| found.eq_ignore_ascii_case(kind))
        })
    }

    /// The text of a part; empty if it has none.
    pub(crate) fn text_of(&self, kind: &str) -> &str {
        let text = self.part(kind).and_then(|part| part.get("text"));
        text.and_then(Value::as_str).unwrap_or_default()
    }

    /// Its buttons, in order.
    pub(crate) fn buttons(&self) -> &[Value] {
        let buttons = self.part("BUTTONS").and_then(|part| part.get("buttons"));
        buttons.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Whether an account has this template.
    pub(crate) fn is_of(&self, waba_id: &str) -> bool {
        self.waba_id.as_deref().is_none_or(|owner| owner == waba_id)
    }

    /// The template as `GET /{waba}/message_templates` lists it.
    pub(crate) fn to_listing(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "status": self.status,
            "rejected_reason": self.rejected_reason.as_deref().unwrap_or("NONE"),
            "quality_score": {"score": "GREEN", "date": 1_790_000_000},
            "parameter_format": if self.is_named { "NAMED" } else { "POSITIONAL" },
            "components": self.components,
        })
    }
}

/// Parameter names of a text in order of first appearance: `1`, `2`… or words.
pub(crate) fn parameters_of(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        if let Some((name, _)) = part.split_once("}}")
            && !names.iter().any(|known| known == name.trim())
        {
            names.push(name.trim().to_owned());
        }
    }
    names
}

/// A text with its parameters filled in, as the customer reads it.
pub(crate) fn filled(text: &str, values: &[(String, String)]) -> String {
    let fill = |text: String, (name, value): &(String, String)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    };
    values.iter().fold(text.to_owned(), fill)
}

/// The templates every simulated account starts with.
pub fn default_templates() -> Vec<SimTemplate> {
    let pending = SimTemplate {
        status: "PENDING".to_owned(),
        ..SimTemplate::new(
            "700000000000007",
            "winter_offer",
            "en_US",
            "MARKETING",
            "Winter is coming, {{1}}.",
        )
    };
    let mut templates = text_templates();
    templates.push(pending);
    templates.extend(rich_templates());
    templates
}

fn text_templates() -> Vec<SimTemplate> {
    let utility = |id: &str, name: &str, language: &str, body: &str| {
        SimTemplate::new(id, name, language, "UTILITY", body)
    };
    vec![
        utility(
            "700000000000001",
            "hello_world",
            "en_US",
            "Welcome and congratulations! This message demonstrates your ability to send a template.",
        ),
        utility(
            "700000000000002",
            "order_update",
            "en_US",
            "Hi {{1}}, your order {{2}} is on its way.",
        ),
        utility(
            "700000000000003",
            "order_update",
            "es",
            "Hola {{1}}, tu pedido {{2}} está en camino.",
        ),
        utility(
            "700000000000004",
            "appointment_reminder",
            "en_US",
            "Hello {{name}}, this is a reminder of your appointment on {{day}} at {{time}}.",
        )
        .with_quick_replies(&["I will be there", "Change it"]),
        SimTemplate::new(
            "700000000000005",
            "autumn_offer",
            "en_US",
            "MARKETING",
            "Hi {{1}}, this week everything for the garden is {{2}} off.",
        )
        .with_footer("Reply STOP to receive no more offers"),
        SimTemplate::new(
            "700000000000006",
            "login_code",
            "en_US",
            "AUTHENTICATION",
            "{{1}} is your verification code.",
        ),
    ]
}

fn rich_templates() -> Vec<SimTemplate> {
    let track = json!({"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "Track the parcel", "url": "https://example.com/track/{{1}}",
            "example": ["https://example.com/track/12"]},
        {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+15550100001"},
    ]});
    vec![
        SimTemplate::new(
            "700000000000008",
            "order_shipped",
            "en_US",
            "UTILITY",
            "Hi {{1}}, order {{2}} left our greenhouse today.",
        )
        .with(json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::sample"]}}))
        .with_footer("Fern & Co")
        .with(track),
        SimTemplate::new(
            "700000000000009",
            "invoice_ready",
            "en_US",
            "UTILITY",
            "Hello {{first_name}}, here is your invoice {{number}}.",
        )
        .with(json!({"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": ["4::sample"]}})),
        SimTemplate::new(
            "700000000000010",
            "spring_sale",
            "en_US",
            "MARKETING",
            "Everything green is {{1}} off until Sunday.",
        )
        .with(json!({"type": "HEADER", "format": "TEXT", "text": "Spring sale for {{1}}",
            "example": {"header_text": ["you"]}}))
        .with(json!({"type": "BUTTONS", "buttons": [
            {"type": "COPY_CODE", "text": "Copy the code", "example": "FERN25"},
            {"type": "QUICK_REPLY", "text": "No more offers"},
        ]})),
    ]
}
