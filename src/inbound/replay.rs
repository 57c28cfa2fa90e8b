//! Putting a dead letter through again, by the same way as a fresh delivery. It never makes a second letter of the same input.

use std::sync::Arc;

use hoopoe_cloud_api::webhook;
use hoopoe_db::{ingest, model::DeadLetter};

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
        match ingest::ingest(&app.db, &delivery.updates, now).await {
            Ok(ingested) => {
                super::commit::announce(app, ingested);
                Ok(Replayed::Stored)
            }
            Err(error) if error.is_transient() => Err(error.into()),
            Err(error) => Ok(Replayed::StillFails(error.to_string())),
        }
    }
}
