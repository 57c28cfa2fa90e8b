//! Putting a dead letter through again, by the same way as a fresh delivery. It never makes a second letter of the same input.

use std::sync::Arc;

use hoopoe_cloud_api::webhook;
use hoopoe_db::{
    ids::TenantId,
    ingest::{self, Incoming, IncomingUpdate},
    model::DeadLetter,
};

use super::{Inbound, receive};
use crate::{accounts::hooks::Hook, app::App, error::ApiResult};

/// What a replay came to.
#[derive(Debug)]
pub enum Replayed {
    /// All of it is stored now.
    Stored,
    /// It still can't be; the reason in words.
    StillFails(String),
}

impl Inbound {
    /// Puts a letter through again.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn replay(
        &self,
        app: &App,
        hook: &Arc<Hook>,
        letter: &DeadLetter,
    ) -> ApiResult<Replayed> {
        let updates = match webhook::parse(letter.raw.as_bytes()) {
            Ok(updates) => updates,
            Err(reason) => return Ok(Replayed::StillFails(reason.to_string())),
        };
        let now = app.clock.now();
        let delivery = receive::decide(hook, updates, now);
        if let Some(refused) = delivery.letters.first() {
            return Ok(Replayed::StillFails(refused.detail.clone()));
        }
        write(app, &delivery.updates).await
    }
}

/// Puts a letter through again that came in on a linked device: it holds what was to be written.
///
/// # Errors
/// When the database is away.
pub(crate) async fn replay_update(
    app: &App,
    tenant_id: &TenantId,
    letter: &DeadLetter,
) -> ApiResult<Replayed> {
    let update: IncomingUpdate = match serde_json::from_str(&letter.raw) {
        Ok(update) => update,
        Err(error) => {
            let reason = format!("it is in no form that can be put through again: {error}");
            return Ok(Replayed::StillFails(reason));
        }
    };
    let Some(account_id) = letter.account_id.clone() else {
        return Ok(Replayed::StillFails("it names no account".to_owned()));
    };
    let incoming = Incoming {
        tenant_id: tenant_id.clone(),
        account_id,
        received_at: letter.received_at,
        update,
    };
    write(app, &[incoming]).await
}

async fn write(app: &App, updates: &[Incoming]) -> ApiResult<Replayed> {
    match ingest::ingest(&app.db, updates, app.clock.now()).await {
        Ok(ingested) => {
            super::commit::announce(app, ingested);
            Ok(Replayed::Stored)
        }
        Err(error) if error.is_transient() => Err(error.into()),
        Err(error) => Ok(Replayed::StillFails(error.to_string())),
    }
}
