//! Which webhooks this node delivers for, and which of them have news. Woken by commits; without webhooks it is not woken at all.

use std::{collections::HashMap, sync::Arc, time::Duration};

use hoopoe_db::{
    DbResult, Engine, Millis,
    ids::WebhookId,
    webhooks::{self, SealedWebhook},
};

use super::{handle::Handle, runner};
use crate::app::App;

/// How long a node has a webhook without saying so again, and how often it does: then it also looks for what others left.
const HOLDS_MS: Millis = 30_000;
const RENEW_EVERY: Duration = Duration::from_secs(7);

/// Commits that follow one another are looked at together.
const GATHER: Duration = Duration::from_millis(20);

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(2);

/// How often old deliveries are deleted, and how many at most in one go.
const PRUNE_EVERY: Duration = Duration::from_mins(10);
const PRUNE_AT_ONCE: i64 = 1_000;

/// Milliseconds of a day.
const DAY_MS: Millis = 24 * 60 * 60 * 1000;

type Handles = HashMap<WebhookId, Arc<Handle>>;

pub(super) fn start(app: &App) {
    app.tasks.spawn(run(app.clone()));
    let pruning = app.clone();
    app.tasks.every(PRUNE_EVERY, move || {
        let app = pruning.clone();
        async move { prune(&app).await }
    });
}

async fn run(app: App) {
    let stopping = app.tasks.stopping().clone();
    let alone = app.db.engine() == Engine::Sqlite;
    let mut handles = Handles::new();
    let mut is_due = true;
    while !stopping.is_cancelled() {
        let pause = match look(&app, &mut handles, is_due).await {
            Ok(()) => RENEW_EVERY,
            Err(error) => {
                tracing::warn!(%error, "webhooks can't be looked after");
                AWAY_PAUSE
            }
        };
        let is_idle = handles.is_empty();
        is_due = true;
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.webhooks.changed.notified() => {}
            () = app.hub.has_news(), if !is_idle => {
                stopping.run_until_cancelled(tokio::time::sleep(GATHER)).await;
                is_due = false;
            }
            // Alone, nobody leaves anything behind.
            () = tokio::time::sleep(pause), if !(alone && is_idle && pause == RENEW_EVERY) => {}
        }
    }
    for handle in handles.values() {
        handle.ended().cancelled().await;
    }
    if !alone
        && let Err(error) = webhooks::release_all(&app.db, &app.node_id, app.clock.now()).await
    {
        tracing::debug!(%error, "webhooks were not released; their leases end by themselves");
    }
}

/// Renews the leases if it is time, and tells the runners what is new.
async fn look(app: &App, handles: &mut Handles, is_due: bool) -> DbResult<()> {
    if is_due {
        claim(app, handles).await?;
        let waiting = webhooks::count_waiting(&app.db, None).await?;
        let gauge = |name: &'static str, value: i64| {
            metrics::gauge!(name).set(u32::try_from(value).unwrap_or(u32::MAX));
        };
        gauge("hoopoe_webhook_deliveries_waiting", waiting.deliveries);
        gauge("hoopoe_webhooks_failing", waiting.failing);
    }
    if handles.is_empty() {
        return Ok(());
    }
    for behind in webhooks::list_behind(&app.db, &app.node_id).await? {
        if let Some(handle) = handles.get(&behind.webhook_id) {
            handle.tell(behind);
        }
    }
    Ok(())
}

async fn claim(app: &App, handles: &mut Handles) -> DbResult<()> {
    let now = app.clock.now();
    let until = match app.db.engine() {
        Engine::Sqlite => Millis::MAX,
        Engine::Postgres => now + HOLDS_MS,
    };
    let ours = webhooks::claim(&app.db, &app.node_id, now, until).await?;
    handles.retain(|id, handle| {
        if !ours.iter().any(|sealed| sealed.webhook.id == *id) {
            handle.gone().cancel();
        }
        !handle.ended().is_cancelled()
    });
    for sealed in ours {
        match handles.get(&sealed.webhook.id) {
            Some(handle) => {
                handle.renew(&sealed, until);
                handle.wake();
            }
            None => begin(app, handles, sealed, until),
        }
    }
    Ok(())
}

fn begin(app: &App, handles: &mut Handles, sealed: SealedWebhook, until: Millis) {
    let gone = app.tasks.stopping().child_token();
    let handle = Arc::new(Handle::new(&sealed, gone));
    handle.renew(&sealed, until);
    handles.insert(sealed.webhook.id.clone(), Arc::clone(&handle));
    app.tasks.spawn(runner::run(app.clone(), sealed, handle));
}

async fn prune(app: &App) {
    let settings = &app.config.webhooks;
    let before = app.clock.now() - Millis::from(settings.keep_days) * DAY_MS;
    let keep = i64::from(settings.keep_deliveries);
    loop {
        match webhooks::prune_deliveries(&app.db, before, keep, PRUNE_AT_ONCE).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "old deliveries could not be deleted");
                return;
            }
        }
    }
}
