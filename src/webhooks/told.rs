//! What becomes of an event of the log for a webhook: nothing, a delivery of it, an alert. Pure.

use std::collections::BTreeSet;

use hoopoe_db::{
    Id as _, Millis,
    event::{AccountDeleted, Envelope},
    ids::{AccountId, DeliveryId, TenantId},
    model::{AccountState, Webhook, WebhookEventType},
    webhooks::NewDelivery,
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// Largest body. What would be larger goes without its data.
const MAX_BODY: usize = 1024 * 1024;

/// A webhook's body.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    /// The delivery's id, the same however often it is sent.
    pub id: &'a str,
    /// The event's name.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// When it was stored. Unix milliseconds.
    pub created_at: Millis,
    /// Whose it is.
    pub tenant_id: &'a TenantId,
    /// The stream that numbers it, and its number there.
    pub stream: &'a str,
    /// See `stream`.
    pub seq: i64,
    /// As on the socket; `null` where it is too large to be sent.
    pub data: &'a RawValue,
    /// Left out where the data is there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub too_large: bool,
}

/// The body's text.
pub(super) fn body(body: Body<'_>) -> serde_json::Result<String> {
    let text = serde_json::to_string(&body)?;
    if text.len() <= MAX_BODY {
        return Ok(text);
    }
    let data = RawValue::NULL;
    serde_json::to_string(&Body {
        data,
        too_large: true,
        ..body
    })
}

/// Content of `account:down` and `account:up`.
#[derive(Debug, Serialize)]
struct Alert<'a> {
    account: &'a RawValue,
    /// Why, in words.
    reason: &'a str,
}

/// Content of `account:updated`, as it was written, perhaps by an older program.
#[derive(Debug, Deserialize)]
struct Changed<'a> {
    #[serde(borrow)]
    account: &'a RawValue,
}

/// What is looked at of an account.
#[derive(Debug, Deserialize)]
struct Account {
    id: AccountId,
    state: AccountState,
    state_reason: Option<String>,
}

/// What a webhook wants, and what it knows.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    pub tenant_id: &'a TenantId,
    pub webhook: &'a Webhook,
    /// Accounts that it was told are down.
    pub down: BTreeSet<AccountId>,
    pub now: Millis,
}

impl Teller<'_> {
    /// The types to read from the log: `*`, or a list as `,one,two,`.
    pub(super) fn types(webhook: &Webhook) -> String {
        if wants(webhook, WebhookEventType::ALL) {
            return WebhookEventType::ALL.to_owned();
        }
        let mut types = String::from(",");
        let alerts = wants(webhook, WebhookEventType::ACCOUNT_DOWN)
            || wants(webhook, WebhookEventType::ACCOUNT_UP);
        let about = ["account:updated", "account:deleted"];
        let chosen = webhook.event_types.iter().map(WebhookEventType::as_str);
        for kind in chosen.chain(about.into_iter().filter(|_| alerts)) {
            types.push_str(kind);
            types.push(',');
        }
        types
    }

    /// What the webhook is told of an event.
    pub(super) fn tell(
        &mut self,
        stream: &str,
        event: &Envelope,
    ) -> serde_json::Result<Vec<NewDelivery>> {
        let mut told = Vec::new();
        let (mut about, mut alert) = (None, None);
        match event.kind.as_str() {
            "account:updated" => {
                // One that can't be read, because another program wrote it, is told as it is.
                let changed = serde_json::from_str::<Changed<'_>>(event.data.get()).ok();
                let account = changed.as_ref().and_then(|changed| {
                    serde_json::from_str::<Account>(changed.account.get()).ok()
                });
                about = account.as_ref().map(|account| account.id.clone());
                alert = changed.zip(account);
            }
            "account:deleted" => {
                let deleted = serde_json::from_str::<AccountDeleted>(event.data.get()).ok();
                about = deleted.map(|deleted| deleted.account_id);
                self.down.retain(|id| Some(id) != about.as_ref());
            }
            _ => {}
        }
        if about.is_some_and(|account_id| !self.covers(&account_id)) {
            return Ok(told);
        }
        if wants(self.webhook, &event.kind) {
            let numbered = (event.seq, event.seq * 2);
            told.push(self.delivery(stream, numbered, &event.kind, event.at, &event.data)?);
        }
        if let Some((changed, account)) = alert
            && let Some(kind) = self.alert(&account)
            && wants(self.webhook, kind)
        {
            let data = to_raw_value(&Alert {
                account: changed.account,
                reason: reason(&account),
            })?;
            let numbered = (event.seq, event.seq * 2 + 1);
            told.push(self.delivery(stream, numbered, kind, event.at, &data)?);
        }
        Ok(told)
    }

    /// That what was before a number of a stream can't be told any more.
    pub(super) fn reset(&self, stream: &str, seq: i64) -> serde_json::Result<NewDelivery> {
        let data = to_raw_value(&hoopoe_db::event::SyncReset {})?;
        self.delivery(stream, (seq, seq * 2), "sync:reset", self.now, &data)
    }

    /// Notes whether an account is down, and gives the alert if that is news.
    fn alert(&mut self, account: &Account) -> Option<&'static str> {
        if account.state.is_down() {
            let is_news = self.down.insert(account.id.clone());
            return is_news.then_some(WebhookEventType::ACCOUNT_DOWN);
        }
        let is_back = account.state == AccountState::Connected && self.down.remove(&account.id);
        is_back.then_some(WebhookEventType::ACCOUNT_UP)
    }

    fn covers(&self, account_id: &AccountId) -> bool {
        let only = &self.webhook.account_ids;
        only.is_empty() || only.contains(account_id)
    }

    fn delivery(
        &self,
        stream: &str,
        (seq, position): (i64, i64),
        kind: &str,
        at: Millis,
        data: &RawValue,
    ) -> serde_json::Result<NewDelivery> {
        let id = DeliveryId::new(self.now);
        let body = body(Body {
            id: id.as_str(),
            kind,
            created_at: at,
            tenant_id: self.tenant_id,
            stream,
            seq,
            data,
            too_large: false,
        })?;
        Ok(NewDelivery {
            id,
            position,
            stream_id: stream.to_owned(),
            seq,
            kind: kind.to_owned(),
            body,
            created_at: at,
        })
    }
}

fn wants(webhook: &Webhook, kind: &str) -> bool {
    let mut chosen = webhook.event_types.iter().map(WebhookEventType::as_str);
    chosen.any(|word| word == kind || word == WebhookEventType::ALL)
}

/// Why an account is down or up, in words, also where nobody gave a reason.
fn reason(account: &Account) -> &str {
    if let Some(reason) = &account.state_reason {
        return reason;
    }
    match account.state {
        AccountState::Connected => "It works.",
        AccountState::Connecting => "It is being connected.",
        AccountState::Disconnected => "The connection was lost and is being restored.",
        AccountState::NeedsQr => "It waits for a phone to scan the code.",
        AccountState::Error => "It needs somebody's help.",
        AccountState::Replaced => "The phone was linked elsewhere.",
        AccountState::LoggedOut => "The phone ended the link.",
        AccountState::Banned => "WhatsApp keeps the number out.",
        AccountState::Outdated => "WhatsApp wants a newer program.",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str = "acc_00000000000000000000000001";
    const OTHER: &str = "acc_00000000000000000000000002";

    fn webhook(event_types: &[&str], account_ids: &[&str]) -> Webhook {
        serde_json::from_value(json!({
            "id": "whk_00000000000000000000000001", "name": "x", "url": "https://x", "event_types": event_types, "account_ids": account_ids,
            "enabled": true, "waiting": 0, "created_at": 0, "updated_at": 0,
        }))
        .unwrap()
    }

    fn teller<'a>(webhook: &'a Webhook, tenant_id: &'a TenantId) -> Teller<'a> {
        Teller {
            tenant_id,
            webhook,
            down: BTreeSet::new(),
            now: 1_790_000_000_000,
        }
    }

    fn event(seq: i64, kind: &str, data: Value) -> Envelope {
        Envelope {
            seq,
            kind: kind.to_owned(),
            at: 5,
            data: to_raw_value(&data).unwrap().into(),
        }
    }

    fn state(seq: i64, id: &str, state: &str, reason: Option<&str>) -> Envelope {
        let account = json!({ "id": id, "name": "Shop", "state": state, "state_reason": reason });
        event(seq, "account:updated", json!({ "account": account }))
    }

    fn kinds(told: &[NewDelivery]) -> Vec<&str> {
        told.iter().map(|one| one.kind.as_str()).collect()
    }

    #[test]
    fn an_alert_is_told_only_where_the_state_really_changed() {
        let (tenant, webhook) = (
            TenantId::new(1),
            webhook(&["account:down", "account:up"], &[]),
        );
        let mut teller = teller(&webhook, &tenant);
        let mut told = |seq, word, reason| {
            teller
                .tell("tenant:x", &state(seq, ACCOUNT, word, reason))
                .unwrap()
        };
        assert!(told(1, "connected", None).is_empty(), "it was not down");
        assert!(told(2, "needs_qr", None).is_empty());
        let down = told(3, "error", Some("The token was refused."));
        assert_eq!(kinds(&down), ["account:down"]);
        let body: Value = serde_json::from_str(&down[0].body).unwrap();
        assert_eq!(body["data"]["reason"], "The token was refused.");
        assert_eq!(body["data"]["account"]["name"], "Shop");
        assert_eq!(
            (&body["id"], &body["created_at"]),
            (&json!(down[0].id), &json!(5))
        );
        assert!(
            told(4, "disconnected", None).is_empty(),
            "it was told that it is down"
        );
        assert!(told(5, "connecting", None).is_empty());
        assert_eq!(kinds(&told(6, "connected", None)), ["account:up"]);
        assert!(told(7, "connected", None).is_empty());
        let bare = told(8, "disconnected", None);
        let body: Value = serde_json::from_str(&bare[0].body).unwrap();
        assert_eq!(
            body["data"]["reason"],
            "The connection was lost and is being restored."
        );
    }

    #[test]
    fn an_alert_comes_behind_the_event_that_it_is_made_of() {
        let (tenant, webhook) = (TenantId::new(1), webhook(&["*"], &[]));
        let mut teller = teller(&webhook, &tenant);
        let told = teller
            .tell("tenant:x", &state(3, ACCOUNT, "error", None))
            .unwrap();
        assert_eq!(kinds(&told), ["account:updated", "account:down"]);
        assert!(told[0].position < told[1].position && told[1].position < 8);
    }

    #[test]
    fn what_is_not_wanted_is_not_told() {
        let (tenant, webhook) = (
            TenantId::new(1),
            webhook(&["account:updated", "contact:new"], &[ACCOUNT]),
        );
        let mut teller = teller(&webhook, &tenant);
        assert!(
            teller
                .tell("tenant:x", &state(1, OTHER, "error", None))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            teller
                .tell("tenant:x", &state(2, ACCOUNT, "error", None))
                .unwrap()
                .len(),
            1
        );
        assert!(
            teller
                .tell("tenant:x", &event(3, "contact:updated", json!({})))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            teller
                .tell("tenant:x", &event(4, "contact:new", json!({})))
                .unwrap()
                .len(),
            1
        );
        assert_eq!(Teller::types(&webhook), ",account:updated,contact:new,");
    }

    #[test]
    fn what_is_too_large_goes_without_its_data() {
        let (tenant, webhook) = (TenantId::new(1), webhook(&["*"], &[]));
        let mut teller = teller(&webhook, &tenant);
        let large = event(1, "contact:new", json!({ "x": "y".repeat(MAX_BODY) }));
        let told = teller.tell("tenant:x", &large).unwrap();
        let body: Value = serde_json::from_str(&told[0].body).unwrap();
        assert_eq!(
            (&body["data"], &body["too_large"]),
            (&Value::Null, &json!(true))
        );
    }
}
