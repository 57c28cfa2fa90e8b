//! Which node keeps which account connected. A node has an account while it holds its lease, and renews it long before the end. What no node has is
//! claimed by whoever looks first; what was claimed elsewhere, or reset, is let go. So an account goes on when its node dies, and has no two.

use std::{collections::HashSet, time::Duration};

use hoopoe_db::{
    DbResult, Engine, Millis,
    event::Committed,
    ids::AccountId,
    linked::{self, Owned},
    model::AccountState,
};
use serde::Deserialize;
use tokio::time::Instant;

use super::runs;
use crate::app::App;

/// Accounts that wait are claimed one after another, so much apart at most: neither WhatsApp nor the database gets all at once, and nodes that
/// start together share.
const APART: Duration = Duration::from_millis(100);

/// Until when a lease holds that begins now.
pub(super) fn until(app: &App, now: Millis) -> Millis {
    now + i64::from(app.config.linked.lease_seconds) * 1000
}

/// Keeps leases, and finds what waits for a node.
pub(super) async fn run(app: App) {
    let stopping = app.tasks.stopping().clone();
    if app.db.engine() == Engine::Sqlite
        && let Err(error) = linked::release_all(&app.db, app.clock.now()).await
    {
        tracing::warn!(%error, "leases of a former life end by themselves");
    }
    let lease = Duration::from_secs(u64::from(app.config.linked.lease_seconds));
    let mut held = Held::new(lease);
    while !stopping.is_cancelled() {
        held.renew(&app).await;
        if let Err(error) = claim_waiting(&app).await {
            tracing::warn!(%error, "accounts that wait for a node can't be claimed");
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = held.doubted(&app) => {}
            // A lease has to be renewed two and a half times before it ends; what waits is looked for more often.
            () = tokio::time::sleep(lease / 20) => {}
        }
    }
}

/// What this node has, as far as it knows.
struct Held {
    lease: Duration,
    renewed: Instant,
    is_due: bool,
}

impl Held {
    fn new(lease: Duration) -> Self {
        Self {
            lease,
            renewed: Instant::now(),
            is_due: true,
        }
    }

    async fn doubted(&mut self, app: &App) {
        app.linked.doubt.notified().await;
        self.is_due = true;
    }

    /// Renews the leases when it is time, and lets go of what is no longer ours. Without an answer all go once the leases may have ended.
    async fn renew(&mut self, app: &App) {
        if !self.is_due && self.renewed.elapsed() < self.lease * 2 / 5 {
            return;
        }
        let (asked, runs) = (Instant::now(), runs::all(app));
        match kept(app, &runs).await {
            Ok(kept) => {
                (self.renewed, self.is_due) = (asked, false);
                for run in runs {
                    if !kept.contains(&run.owned.id) {
                        tracing::info!(account = %run.owned.id, "an account is no longer this node's");
                        run.stop();
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "leases could not be renewed");
                if self.renewed.elapsed() >= self.lease {
                    runs.iter().for_each(runs::Run::stop);
                }
            }
        }
    }
}

async fn kept(app: &App, runs: &[runs::Run]) -> DbResult<HashSet<AccountId>> {
    if runs.is_empty() {
        return Ok(HashSet::new());
    }
    let owned: Vec<Owned> = runs.iter().map(|run| run.owned.clone()).collect();
    let now = app.clock.now();
    let kept = linked::renew(&app.db, &app.node_id, &owned, now, until(app, now)).await?;
    Ok(kept.into_iter().collect())
}

/// Claims what no node has. Each in a task of its own: one that is slow to connect holds nobody up.
async fn claim_waiting(app: &App) -> DbResult<()> {
    let running: HashSet<AccountId> = runs::all(app).into_iter().map(|run| run.owned.id).collect();
    let waiting = linked::list_waiting(&app.db, app.clock.now()).await?;
    for (place, owned) in (0_u32..).zip(waiting) {
        // One that runs here and has no lease is being let go.
        if !running.contains(&owned.id) {
            let pause = APART.saturating_mul(place) + APART.mul_f64(rand::random());
            app.tasks.spawn(resume(app.clone(), owned, pause));
        }
    }
    Ok(())
}

async fn resume(app: App, owned: Owned, pause: Duration) {
    let stopping = app.tasks.stopping();
    let waited = stopping.run_until_cancelled(tokio::time::sleep(pause));
    if waited.await.is_none() {
        return;
    }
    let id = owned.id.clone();
    if let Err(error) = runs::resume(&app, owned).await {
        tracing::warn!(%error, account = %id, "an account could not be claimed");
    }
}

/// Whether an event says of an account that its node has it no more.
pub(super) fn ends_a_lease(event: &Committed) -> bool {
    #[derive(Deserialize)]
    struct Changed {
        account: State,
    }
    #[derive(Deserialize)]
    struct State {
        state: AccountState,
    }
    match event.envelope.kind.as_str() {
        "account:deleted" => true,
        "account:updated" => serde_json::from_str::<Changed>(event.envelope.data.get()).is_ok_and(
            |Changed { account }| {
                matches!(
                    account.state,
                    AccountState::NeedsQr | AccountState::Replaced
                )
            },
        ),
        _ => false,
    }
}
