//! Checks of what admins enter about webhooks; each names its field.

use hoopoe_db::{ids::AccountId, model::WebhookEventType};

use super::guard;
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
    team::check::text,
};

/// Longest name in characters.
const MAX_NAME: usize = 60;

/// Longest address.
const MAX_URL: usize = 2_000;

/// A name, trimmed.
pub(super) fn name(name: &str) -> ApiResult<&str> {
    text("name", name, MAX_NAME)
}

/// An address that webhooks may be sent to, as far as its text tells.
pub(super) fn url(app: &App, url: &str) -> ApiResult<String> {
    let url = text("url", url, MAX_URL)?;
    let Ok(parsed) = url.parse::<reqwest::Url>() else {
        return Err(ApiError::validation(
            "url",
            "expected an address that begins with https://",
        ));
    };
    if let Some(why) = guard::refusal(&parsed, app.config.webhooks.allow_private) {
        return Err(ApiError::validation("url", why));
    }
    Ok(parsed.into())
}

/// What it is told of: at least one, each once.
pub(super) fn event_types(words: &[String]) -> ApiResult<Vec<WebhookEventType>> {
    let mut types = Vec::with_capacity(words.len());
    for word in words {
        let Some(known) = WebhookEventType::parse(word) else {
            return Err(ApiError::validation(
                "event_types",
                format!("{word:?} is not a type of event"),
            ));
        };
        if !types.contains(&known) {
            types.push(known);
        }
    }
    if types.is_empty() {
        return Err(ApiError::validation(
            "event_types",
            "choose at least one type of event",
        ));
    }
    Ok(types)
}

/// Accounts of the tenant, each once.
pub(super) fn account_ids(access: &Access, ids: &[AccountId]) -> ApiResult<Vec<AccountId>> {
    if let Some(unknown) = ids.iter().find(|id| !access.may_see(id)) {
        return Err(ApiError::validation(
            "account_ids",
            format!("{unknown} is not an account"),
        ));
    }
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    Ok(ids)
}
