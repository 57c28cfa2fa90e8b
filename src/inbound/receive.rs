//! The pure decision: an update of the Cloud API → what to write, or a dead letter with its reason. No clock, no database: the same input
//! always gives the same answer. What each kind of update comes to is in `updates`.

use hoopoe_cloud_api::{Update, UpdateKind};
use hoopoe_db::{
    Millis,
    dead_letters::NewDeadLetter,
    ids::AccountId,
    ingest::{Incoming, IncomingUpdate},
    model::DeadLetterReason,
};

use super::{
    templates,
    updates::{self, Refused},
};
use crate::accounts::hooks::Hook;

/// Where Cloud API inputs come from, as dead letters name it.
pub(super) const SOURCE: &str = "cloud_webhook";

/// What a delivery comes to: what to write, each with the update it came from, and what could not be understood.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    pub updates: Vec<Incoming>,
    /// Where each of the updates came from.
    pub origins: Vec<std::sync::Arc<Origin>>,
    pub letters: Vec<NewDeadLetter>,
}

/// Where a thing to write came from: what is needed to make a dead letter of it, should writing it fail.
#[derive(Debug)]
pub(super) struct Origin {
    update: Update,
    hook: std::sync::Arc<Hook>,
}

impl Origin {
    /// The input as a dead letter.
    pub(super) fn letter(
        &self,
        reason: DeadLetterReason,
        detail: String,
        now: Millis,
    ) -> NewDeadLetter {
        letter(
            &self.hook,
            account_of(&self.hook, &self.update),
            reason,
            detail,
            self.update.replayable_json(),
            now,
        )
    }
}

fn letter(
    hook: &Hook,
    account_id: Option<AccountId>,
    reason: DeadLetterReason,
    detail: String,
    raw: String,
    now: Millis,
) -> NewDeadLetter {
    NewDeadLetter {
        tenant_id: hook.tenant_id.clone(),
        meta_app_id: Some(hook.meta_app_id.clone()),
        account_id,
        source: SOURCE.to_owned(),
        reason,
        detail,
        raw,
        received_at: now,
    }
}

/// A signed body that is not a webhook envelope: kept as it is.
pub(super) fn unreadable(hook: &Hook, body: &[u8], detail: &str, now: Millis) -> Delivery {
    let raw = String::from_utf8_lossy(body).into_owned();
    let letter = letter(
        hook,
        None,
        DeadLetterReason::Undecodable,
        detail.to_owned(),
        raw,
        now,
    );
    Delivery {
        letters: vec![letter],
        ..Delivery::default()
    }
}

fn account_of(hook: &Hook, update: &Update) -> Option<AccountId> {
    let number = update.phone_number_id.as_deref()?;
    hook.accounts.get(number).map(|account| account.id.clone())
}

/// Decides for every update of a delivery.
pub(super) fn decide(hook: &std::sync::Arc<Hook>, updates: Vec<Update>, now: Millis) -> Delivery {
    let mut delivery = Delivery::default();
    for update in updates {
        match decide_one(hook, &update, now) {
            Ok(written) => {
                let origin = std::sync::Arc::new(Origin {
                    update,
                    hook: std::sync::Arc::clone(hook),
                });
                delivery
                    .origins
                    .extend(written.iter().map(|_| std::sync::Arc::clone(&origin)));
                delivery.updates.extend(written);
            }
            Err((reason, detail)) => {
                let account = account_of(hook, &update);
                delivery.letters.push(letter(
                    hook,
                    account,
                    reason,
                    detail,
                    update.replayable_json(),
                    now,
                ));
            }
        }
    }
    delivery
}

fn decide_one(hook: &Hook, update: &Update, now: Millis) -> Result<Vec<Incoming>, Refused> {
    if let Some(news) = templates::news(update)
        && let Some(account_id) = templates::account(hook, update)
    {
        let waba_id = update.waba_id.clone();
        return Ok(vec![Incoming {
            tenant_id: hook.tenant_id.clone(),
            account_id,
            received_at: now,
            update: IncomingUpdate::Template { waba_id, news },
        }]);
    }
    match &update.kind {
        UpdateKind::Undecodable { detail } => {
            return Err((DeadLetterReason::Undecodable, detail.clone()));
        }
        UpdateKind::UnknownField => {
            let detail = format!("the field {:?} is not known to this version", update.field);
            return Err((DeadLetterReason::UnknownField, detail));
        }
        UpdateKind::Management(_) | UpdateKind::Preference(_) | UpdateKind::Errors(_) => {
            let detail = format!(
                "{:?} is kept; this version does not act on it",
                update.field
            );
            return Err((DeadLetterReason::Unhandled, detail));
        }
        _ => {}
    }
    let account_id = account_of(hook, update).ok_or_else(|| {
        let number = update.phone_number_id.as_deref().unwrap_or("(none)");
        (
            DeadLetterReason::UnknownAccount,
            format!("the number with id {number} is not connected"),
        )
    })?;
    let scope = hook.portfolio_id.as_deref().unwrap_or(&update.waba_id);
    let decided = updates::of(&update.kind, scope)?;
    let write = |update| Incoming {
        tenant_id: hook.tenant_id.clone(),
        account_id: account_id.clone(),
        received_at: now,
        update,
    };
    Ok(decided.into_iter().map(write).collect())
}
