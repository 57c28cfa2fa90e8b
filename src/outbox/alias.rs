//! Another form of a customer's number: WhatsApp, told to write to one, may name another (Brazil, Mexico, Argentina). It is kept as an id of the
//! same person, so that answers from it find them. Called by `attempt`; what is lost of it comes with the next message.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use hoopoe_cloud_api::send::Recipient;
use hoopoe_db::{
    DbResult,
    ids::{AccountId, TenantId},
    ingest::{self, IdentityKey, Incoming, IncomingUpdate, Person},
    model::IdentityKind,
};

use crate::app::App;

/// Most pairs that are remembered; then they are learnt anew.
const MAX_KNOWN: usize = 10_000;

/// Pairs that were written down already: to write to somebody again costs nothing.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashSet<(TenantId, String, String)>>);

impl Known {
    /// Whether it is new.
    fn add(&self, pair: (TenantId, String, String)) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(pair)
    }

    fn forget(&self, pair: &(TenantId, String, String)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(pair);
    }
}

/// Whom the provider named for the one that we wrote to, where that is another.
pub(super) fn named(to: &Recipient, wa_id: Option<&str>) -> Option<(String, String)> {
    let Recipient::Phone(phone) = to else {
        return None;
    };
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let named = wa_id.filter(|named| *named != digits)?;
    Some((digits, named.to_owned()))
}

/// Keeps what the provider named as an id of the same person.
pub(super) async fn learn(
    app: &App,
    (tenant_id, account_id): (&TenantId, &AccountId),
    (asked, named): (String, String),
) {
    let pair = (tenant_id.clone(), asked, named);
    if !app.outbox.aliases.add(pair.clone()) {
        return;
    }
    if let Err(error) = write(app, account_id, &pair).await {
        app.outbox.aliases.forget(&pair);
        tracing::warn!(%error, "another form of a number is learnt with the next message");
    }
}

async fn write(
    app: &App,
    account_id: &AccountId,
    (tenant_id, asked, named): &(TenantId, String, String),
) -> DbResult<()> {
    let phone = |digits: &String| IdentityKey {
        kind: IdentityKind::Phone,
        scope: String::new(),
        value: digits.clone(),
    };
    let now = app.clock.now();
    let alias = Incoming {
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        received_at: now,
        update: IncomingUpdate::Alias(Person {
            keys: vec![phone(asked), phone(named)],
            ..Person::default()
        }),
    };
    let learnt = ingest::ingest(&app.db, &[alias], now).await?;
    tracing::info!(account = %account_id, "a number has another form, by which WhatsApp knows it");
    app.hub.publish(learnt.events);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_number_is_another_form() {
        let phone = Recipient::Phone("+55 11 98765-4321".into());
        assert_eq!(named(&phone, Some("5511987654321")), None);
        assert_eq!(named(&phone, None), None);
        let other = Some(("5511987654321".to_owned(), "551187654321".to_owned()));
        assert_eq!(named(&phone, Some("551187654321")), other);
    }
}
