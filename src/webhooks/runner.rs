//! Delivers for one webhook: takes the log's events into deliveries, and makes those that are due, lane by lane. One runner per webhook, on the one
//! node that has its lease; a slow or dead receiver holds up nobody else's.

use std::{collections::HashSet, sync::Arc, time::Duration};

use hoopoe_db::webhooks::{self, Lane, SealedWebhook};
use tokio::task::JoinSet;

use super::{feeding::Feeding, handle::Handle, lane};
use crate::app::App;

/// Lanes at the same time, of a receiver that answers; of one that does not, one.
const LANES: usize = 4;

/// Behind every lost wake-up; also how long cursors that only passed things over may stay unwritten.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(2);

/// Runs until the webhook is no longer this node's.
pub(super) async fn run(app: App, sealed: SealedWebhook, handle: Arc<Handle>) {
    // However it ends: the dispatcher waits for that, and begins anew.
    let ended = handle.ended().clone().drop_guard();
    let mut running: JoinSet<String> = JoinSet::new();
    let mut busy: HashSet<String> = HashSet::new();
    let id = sealed.webhook.id.clone();
    let mut feeding = Feeding::new(Arc::new(sealed));
    while !handle.gone().is_cancelled() {
        let pause = match step(&app, &handle, &mut feeding, (&mut running, &mut busy)).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, webhook = %id, "a webhook's deliveries can't be read");
                AWAY_PAUSE
            }
        };
        tokio::select! {
            () = handle.gone().cancelled() => {}
            () = handle.woken() => {}
            Some(done) = running.join_next() => forget(&mut busy, done),
            () = tokio::time::sleep(pause) => {}
        }
    }
    // What was delivered is written down before anybody else begins.
    while running.join_next().await.is_some() {}
    feeding.leave(&app).await;
    drop(ended);
    app.webhooks.changed.notify_one();
}

fn forget(busy: &mut HashSet<String>, done: Result<String, tokio::task::JoinError>) {
    match done {
        Ok(lane) => {
            busy.remove(&lane);
        }
        Err(error) => {
            tracing::error!(%error, "a lane's task failed");
            busy.clear();
        }
    }
}

/// Feeds, starts the lanes that are due, and says how long nothing else is.
async fn step(
    app: &App,
    handle: &Arc<Handle>,
    feeding: &mut Feeding,
    (running, busy): (&mut JoinSet<String>, &mut HashSet<String>),
) -> anyhow::Result<Duration> {
    let sealed = feeding.refresh(app, handle).await?;
    let mut lanes = webhooks::list_lanes(&app.db, &sealed).await?;
    let fed = feeding.feed(app, &lanes).await?;
    if fed.any {
        lanes = webhooks::list_lanes(&app.db, &sealed).await?;
    }
    let most = if handle.is_failing() { 1 } else { LANES };
    let now = app.clock.now();
    let mut next = if fed.more {
        Duration::ZERO
    } else {
        SWEEP_EVERY
    };
    for Lane { lane, due_at, .. } in lanes {
        if busy.contains(&lane) {
            continue;
        }
        if due_at > now || !handle.may_begin(now) {
            let wait = u64::try_from(due_at - now).unwrap_or(1_000);
            next = next.min(Duration::from_millis(wait));
            continue;
        }
        if running.len() >= most {
            break;
        }
        busy.insert(lane.clone());
        let (app, sealed, handle) = (app.clone(), Arc::clone(&sealed), Arc::clone(handle));
        running.spawn(async move {
            lane::run(app, sealed, lane.clone(), handle).await;
            lane
        });
    }
    Ok(next)
}
