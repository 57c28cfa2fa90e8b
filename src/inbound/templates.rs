//! What webhooks tell of message templates → what to write. Pure.

use hoopoe_cloud_api::{Update, UpdateKind};
use hoopoe_db::{
    ids::AccountId,
    templates::{NewButton, NewContent, News},
};
use serde_json::Value;

use crate::accounts::hooks::Hook;

/// What an update tells of a template; `None` for updates that are about something else.
pub(super) fn news(update: &Update) -> Option<News> {
    let UpdateKind::Management(management) = &update.kind else {
        return None;
    };
    let value = &management.value;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut news = News {
        provider_id: id(value.get("message_template_id")?)?,
        ..News::default()
    };
    match update.field.as_str() {
        "message_template_status_update" => {
            news.status = Some(status(&text("event")?).to_owned());
            news.category = text("message_template_category");
            news.rejected_reason = text("reason").filter(|reason| reason != "NONE");
        }
        "message_template_quality_update" => news.quality = Some(text("new_quality_score")?),
        "template_category_update" => news.category = Some(text("new_category")?),
        "message_template_components_update" => {
            news.content = Some(NewContent {
                title: text("message_template_title"),
                body: text("message_template_element")?,
                footer: text("message_template_footer"),
                buttons: buttons(value),
            });
        }
        _ => return None,
    }
    Some(news)
}

/// Buttons that lead somewhere, as the webhook names their parts; others it does not tell of.
fn buttons(value: &Value) -> Vec<NewButton> {
    let told = value
        .get("message_template_buttons")
        .and_then(Value::as_array);
    let button = |told: &Value| {
        let text = |part: &str| {
            let name = format!("message_template_button_{part}");
            told.get(&name).and_then(Value::as_str).map(str::to_owned)
        };
        Some(NewButton {
            kind: text("type")?,
            text: text("text")?,
            url: text("url"),
            phone_number: text("phone_number"),
        })
    };
    told.into_iter().flatten().filter_map(button).collect()
}

/// Most events are named like the status that they lead to.
fn status(event: &str) -> &str {
    match event {
        "REINSTATED" => "APPROVED",
        other => other,
    }
}

/// A number in the documentation, and a text in the field.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Templates belong to a WhatsApp Business Account: any number of it will do.
pub(super) fn account(hook: &Hook, update: &Update) -> Option<AccountId> {
    let mut accounts: Vec<_> = hook
        .accounts
        .values()
        .filter(|account| account.waba_id.as_deref() == Some(update.waba_id.as_str()))
        .map(|account| account.id.clone())
        .collect();
    accounts.sort();
    accounts.into_iter().next()
}
