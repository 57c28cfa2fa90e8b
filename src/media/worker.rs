//! The task that fetches files: woken at once when some are announced, and by itself when a retry is due or another node left work behind.

use std::{sync::Arc, time::Duration};

use hoopoe_db::{
    DbResult, Millis, media,
    media::{Fetched, Job},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{failure::Failure, fetch};
use crate::{app::App, error::ApiResult};

/// Files that are fetched at the same time.
const AT_ONCE: usize = 6;

/// How long a claim holds without being renewed, and how often it is: pictures and slow stores come on top of the longest download.
const LEASE_MS: Millis = 15 * 60 * 1000;
const RENEW_EVERY: Duration = Duration::from_mins(5);

/// Behind every lost wake-up: how often the database is asked anyway.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(2);

pub(super) fn start(app: &App) {
    app.tasks.spawn(run(app.clone()));
}

async fn run(app: App) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let stopping = app.tasks.stopping().clone();
    while !stopping.is_cancelled() {
        let pause = match claim(&app, &places).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "media could not be claimed");
                AWAY_PAUSE
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.media.woken() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Starts as many jobs as there are places, and says how long to sleep at most.
async fn claim(app: &App, places: &Arc<Semaphore>) -> DbResult<Duration> {
    loop {
        let free = i64::try_from(places.available_permits()).unwrap_or_default();
        if free == 0 {
            return Ok(SWEEP_EVERY);
        }
        let now = app.clock.now();
        let jobs = media::claim(&app.db, &app.node_id, now, now + LEASE_MS, free).await?;
        if jobs.is_empty() {
            let due = media::next_due(&app.db, now).await?;
            let wait = due.and_then(|due| u64::try_from(due - now).ok());
            return Ok(wait.map_or(SWEEP_EVERY, |ms| Duration::from_millis(ms).min(SWEEP_EVERY)));
        }
        for job in jobs {
            // Only this task takes places, so there is one for every job.
            let Ok(place) = Arc::clone(places).try_acquire_owned() else {
                return Ok(SWEEP_EVERY);
            };
            app.tasks.spawn(work(app.clone(), job, place));
        }
    }
}

async fn work(app: App, job: Job, place: OwnedSemaphorePermit) {
    let stopping = app.tasks.stopping().clone();
    let fetching = async {
        tokio::select! {
            fetched = fetch::run(&app, &job) => Some(fetched),
            () = hold(&app, &job) => None,
        }
    };
    let settled = match Box::pin(stopping.run_until_cancelled(fetching)).await {
        Some(Some(Ok(file))) => keep(&app, &job, &file).await,
        Some(Some(Err(failure))) => refuse(&app, &job, &failure).await,
        Some(None) => Ok(()),
        None => release(&app, &job).await,
    };
    if let Err(error) = settled {
        // The lease runs out, and the file is fetched again.
        tracing::warn!(%error, media = %job.id, "a fetched file could not be settled");
    }
    drop(place);
    app.media.count_settled();
    app.media.wake();
}

/// Renews the claim as long as the work takes. Returns when it is lost: then the work is somebody else's.
async fn hold(app: &App, job: &Job) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let now = app.clock.now();
        match media::renew(&app.db, job, now + LEASE_MS, now).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, media = %job.id, "a claim could not be renewed"),
        }
    }
}

async fn keep(app: &App, job: &Job, file: &Fetched) -> ApiResult<()> {
    metrics::counter!("hoopoe_media_fetched_total", "outcome" => "ready").increment(1);
    let mut tx = app.db.begin().await?;
    media::mark_ready(&mut tx, job, file).await?;
    app.commit(tx).await
}

async fn refuse(app: &App, job: &Job, failure: &Failure) -> ApiResult<()> {
    let now = app.clock.now();
    let next = failure.next_attempt(job.attempts, job.created_at, now);
    let outcome = if next.is_some() { "retry" } else { "failed" };
    metrics::counter!("hoopoe_media_fetched_total", "outcome" => outcome).increment(1);
    let mut tx = app.db.begin().await?;
    match next {
        Some(next) => {
            media::postpone(&mut tx, job, failure.reason(), next).await?;
        }
        None => {
            media::mark_failed(&mut tx, job, failure.reason()).await?;
        }
    }
    app.commit(tx).await
}

/// The server stops: whoever comes next may begin at once.
async fn release(app: &App, job: &Job) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    media::postpone(&mut tx, job, "The server was stopped", app.clock.now()).await?;
    app.commit(tx).await
}
