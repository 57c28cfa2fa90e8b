//! When accounts last heard and sent something, kept until it is written down: their rows are hot, so that is done now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hoopoe_db::{
    Millis, accounts,
    ids::{AccountId, TenantId},
    model::Direction,
};

use crate::app::App;

/// How often it is written down.
const EVERY: Duration = Duration::from_secs(5);

type Times = HashMap<AccountId, (TenantId, Millis)>;

/// What is not written down yet.
#[derive(Debug, Default)]
pub struct Touched {
    heard: Mutex<Times>,
    sent: Mutex<Times>,
}

impl Touched {
    /// Notes accounts that heard ([`Direction::In`]) or sent something, and when.
    pub fn note<'a>(
        &self,
        direction: Direction,
        touched: impl Iterator<Item = (&'a TenantId, &'a AccountId, Millis)>,
    ) {
        let mut times = self
            .times(direction)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (tenant_id, account_id, at) in touched {
            match times.get_mut(account_id) {
                Some((_, last)) => *last = at.max(*last),
                None => {
                    times.insert(account_id.clone(), (tenant_id.clone(), at));
                }
            }
        }
    }

    fn times(&self, direction: Direction) -> &Mutex<Times> {
        match direction {
            Direction::In => &self.heard,
            Direction::Out => &self.sent,
        }
    }

    /// Writes down what is not yet.
    pub async fn write(&self, app: &App) {
        for direction in [Direction::In, Direction::Out] {
            self.write_one(app, direction).await;
        }
    }

    async fn write_one(&self, app: &App, direction: Direction) {
        let taken = std::mem::take(
            &mut *self
                .times(direction)
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if taken.is_empty() {
            return;
        }
        let touched: Vec<_> = taken
            .into_iter()
            .map(|(account_id, (tenant_id, at))| (tenant_id, account_id, at))
            .collect();
        if let Err(error) = accounts::touch(&app.db, direction, &touched).await {
            tracing::warn!(%error, "when accounts last heard or sent something could not be noted");
        }
    }
}

/// Starts the task that writes it down.
pub(super) fn start(app: &App) {
    let app = app.clone();
    app.clone().tasks.every(EVERY, move || {
        let app = app.clone();
        async move { app.touched.write(&app).await }
    });
}
