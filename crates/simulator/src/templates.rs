//! The message templates of a simulated business account, and their JSON as Meta lists them.
//! Used by the template listing and by the check of template messages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One approved (or not) message template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimTemplate {
    /// Numeric id.
    pub id: String,
    /// Lower-case name, as in a send request.
    pub name: String,
    /// Language code such as `en_US`.
    pub language: String,
    /// `UTILITY`, `MARKETING` or `AUTHENTICATION`.
    pub category: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`…
    pub status: String,
    /// Body with `{{1}}` or `{{named}}` parameters.
    pub body: String,
    /// Footer, if any.
    pub footer: Option<String>,
    /// Texts of quick-reply buttons.
    pub quick_replies: Vec<String>,
}

impl SimTemplate {
    /// Parameter names of the body in order of first appearance: `1`, `2`… or words.
    pub fn parameters(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for part in self.body.split("{{").skip(1) {
            if let Some((name, _)) = part.split_once("}}")
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Whether parameters are given by name instead of by position.
    pub fn is_named(&self) -> bool {
        self.parameters()
            .iter()
            .any(|name| name.parse::<u32>().is_err())
    }

    /// The template as `GET /{waba}/message_templates` lists it.
    pub(crate) fn to_listing(&self) -> Value {
        let mut components = vec![json!({"type": "BODY", "text": self.body})];
        if let Some(footer) = &self.footer {
            components.push(json!({"type": "FOOTER", "text": footer}));
        }
        if !self.quick_replies.is_empty() {
            let buttons: Vec<Value> = self
                .quick_replies
                .iter()
                .map(|text| json!({"type": "QUICK_REPLY", "text": text}))
                .collect();
            components.push(json!({"type": "BUTTONS", "buttons": buttons}));
        }
        json!({
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "status": self.status,
            "parameter_format": if self.is_named() { "NAMED" } else { "POSITIONAL" },
            "components": components,
        })
    }

    /// The body with its parameters filled in, as the customer reads it.
    pub(crate) fn filled(&self, values: &[(String, String)]) -> String {
        values
            .iter()
            .fold(self.body.clone(), |text, (name, value)| {
                text.replace(&format!("{{{{{name}}}}}"), value)
            })
    }
}

fn template(id: &str, name: &str, language: &str, category: &str, body: &str) -> SimTemplate {
    SimTemplate {
        id: id.to_owned(),
        name: name.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        status: "APPROVED".to_owned(),
        body: body.to_owned(),
        footer: None,
        quick_replies: Vec::new(),
    }
}

/// The templates every simulated account starts with.
pub fn default_templates() -> Vec<SimTemplate> {
    let mut appointment = template(
        "700000000000004",
        "appointment_reminder",
        "en_US",
        "UTILITY",
        "Hello {{name}}, this is a reminder of your appointment on {{day}} at {{time}}.",
    );
    appointment.quick_replies = vec!["I will be there".to_owned(), "Change it".to_owned()];
    let mut offer = template(
        "700000000000005",
        "autumn_offer",
        "en_US",
        "MARKETING",
        "Hi {{1}}, this week everything for the garden is {{2}} off.",
    );
    offer.footer = Some("Reply STOP to receive no more offers".to_owned());
    let pending = SimTemplate {
        status: "PENDING".to_owned(),
        ..template(
            "700000000000007",
            "winter_offer",
            "en_US",
            "MARKETING",
            "Winter is coming, {{1}}.",
        )
    };
    vec![
        template(
            "700000000000001",
            "hello_world",
            "en_US",
            "UTILITY",
            "Welcome and congratulations! This message demonstrates your ability to send a template.",
        ),
        template(
            "700000000000002",
            "order_update",
            "en_US",
            "UTILITY",
            "Hi {{1}}, your order {{2}} is on its way.",
        ),
        template(
            "700000000000003",
            "order_update",
            "es",
            "UTILITY",
            "Hola {{1}}, tu pedido {{2}} está en camino.",
        ),
        appointment,
        offer,
        template(
            "700000000000006",
            "login_code",
            "en_US",
            "AUTHENTICATION",
            "{{1}} is your verification code.",
        ),
        pending,
    ]
}
