//! Group commit: deliveries that wait are written together, one transaction for all of them. While one batch is written the next gathers, and
//! while one is made durable the next is written; there is no timer, so a lone delivery waits for nobody. Senders are answered and events
//! announced once the batch is on disk. One bad update never fails its neighbours: it becomes a dead letter.

use std::sync::{Arc, Mutex, PoisonError};

use hoopoe_db::{
    DbError, dead_letters,
    ingest::{self, Incoming, Ingested},
    model::{DeadLetterReason, Direction},
};
use tokio::sync::{mpsc, oneshot};

use super::receive::Delivery;
use crate::{
    app::App,
    disk::Disk,
    error::{ApiError, ApiResult},
};

/// Deliveries that may wait; more are told to come again (503), and Meta does.
const MAX_WAITING: usize = 8192;

/// Handle to the task that stores what comes in.
#[derive(Debug, Clone)]
pub struct Inbound {
    queue: mpsc::Sender<Job>,
    waiting: Arc<Mutex<Option<mpsc::Receiver<Job>>>>,
}

#[derive(Debug)]
struct Job {
    delivery: Delivery,
    done: oneshot::Sender<Result<(), String>>,
}

impl Default for Inbound {
    fn default() -> Self {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        Self {
            queue,
            waiting: Arc::new(Mutex::new(Some(waiting))),
        }
    }
}

impl Inbound {
    /// Stores a delivery and announces it; returns once it is committed.
    ///
    /// # Errors
    /// 503 when the database is away or too much is waiting: the sender shall deliver again.
    pub(super) async fn store(&self, delivery: Delivery) -> ApiResult<()> {
        if delivery.updates.is_empty() && delivery.letters.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        self.queue
            .try_send(Job { delivery, done })
            .map_err(|_| ApiError::unavailable("too many deliveries are waiting"))?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => {
                tracing::warn!(reason, "a delivery was not stored");
                Err(ApiError::unavailable("the database is not available"))
            }
            Err(_) => Err(ApiError::unavailable("the server is stopping")),
        }
    }

    /// How many deliveries wait to be stored.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

/// Starts the storing task.
pub(super) fn start(app: &App) {
    let waiting = app
        .inbound
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(waiting) = waiting {
        app.tasks.spawn_writer(run(app.clone(), waiting));
    }
}

async fn run(app: App, mut waiting: mpsc::Receiver<Job>) {
    let disk = Disk::default();
    while let Some(jobs) = next(&app, &mut waiting).await {
        write(&app, &disk, jobs).await;
    }
}

/// The deliveries of the next batch; `None` once the server stops and all that was taken is written.
async fn next(app: &App, waiting: &mut mpsc::Receiver<Job>) -> Option<Vec<Job>> {
    let first = tokio::select! {
        biased;
        job = waiting.recv() => job,
        () = app.tasks.stopping().cancelled() => {
            // What was taken is stored; nothing more is taken.
            waiting.close();
            waiting.recv().await
        }
    }?;
    let most = app.config.limits.ingest_batch;
    Some(gather(first, waiting, most))
}

/// The first delivery and those that wait behind it, until there are so many updates that no further delivery joins.
fn gather(first: Job, waiting: &mut mpsc::Receiver<Job>, most: usize) -> Vec<Job> {
    let mut size = first.delivery.updates.len();
    let mut jobs = vec![first];
    while size < most
        && let Ok(job) = waiting.try_recv()
    {
        size += job.delivery.updates.len();
        jobs.push(job);
    }
    jobs
}

async fn write(app: &App, disk: &Disk, jobs: Vec<Job>) {
    let Some(mut jobs) = keep_all(app, jobs).await else {
        return;
    };
    let batch: Vec<Incoming> = jobs
        .iter_mut()
        .flat_map(|job| std::mem::take(&mut job.delivery.updates))
        .collect();
    metrics::histogram!("hoopoe_ingest_batch_updates")
        .record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
    if batch.is_empty() {
        for job in jobs {
            answer(job, Ok(()));
        }
        return;
    }
    match ingest::ingest_unflushed(&app.db, &batch, app.clock.now()).await {
        Ok(ingested) => {
            note_heard(app, &batch);
            tell(app, disk, jobs, ingested).await;
        }
        Err(error) if error.is_transient() => {
            for job in jobs {
                answer(job, Err(error.to_string()));
            }
        }
        Err(error) => {
            tracing::error!(%error, updates = batch.len(), "a batch failed; its updates are written one by one");
            let mut batch = batch.into_iter();
            for job in jobs {
                let updates = batch.by_ref().take(job.delivery.origins.len()).collect();
                write_apart(app, job, updates).await;
            }
        }
    }
}

/// Announces and answers once it is on disk.
async fn tell(app: &App, disk: &Disk, jobs: Vec<Job>, ingested: Ingested) {
    disk.flush(app, async move |app: App, flushed| {
        let result = flushed.map_err(|error| error.to_string());
        if result.is_ok() {
            announce(&app, ingested);
        }
        for job in jobs {
            answer(job, result.clone());
        }
    })
    .await;
}

fn note_heard(app: &App, batch: &[Incoming]) {
    let heard = batch.iter().map(|incoming| {
        (
            &incoming.tenant_id,
            &incoming.account_id,
            incoming.received_at,
        )
    });
    app.touched.note(Direction::In, heard);
}

/// Keeps the dead letters of all deliveries in one transaction. Where that fails nothing else of them is written either: they come again.
async fn keep_all(app: &App, mut jobs: Vec<Job>) -> Option<Vec<Job>> {
    let letters: Vec<_> = jobs
        .iter_mut()
        .flat_map(|job| std::mem::take(&mut job.delivery.letters))
        .collect();
    if let Err(error) = keep(app, &letters).await {
        for job in jobs {
            answer(job, Err(error.to_string()));
        }
        return None;
    }
    Some(jobs)
}

fn answer(job: Job, result: Result<(), String>) {
    // The sender may have gone away; what is stored stays stored.
    drop(job.done.send(result));
}

/// Stores what came by another way than a webhook, and announces it; returns once it is committed. What fails on its own becomes a dead letter.
///
/// # Errors
/// When trying again later may help: nothing, or not all, was stored.
pub(crate) async fn store(
    app: &App,
    batch: Vec<Incoming>,
    letter: impl Fn(&Incoming, &DbError) -> dead_letters::NewDeadLetter,
) -> Result<(), DbError> {
    if batch.is_empty() {
        return Ok(());
    }
    match write_now(app, &batch).await {
        Err(error) if !error.is_transient() => {
            tracing::error!(%error, updates = batch.len(), "a batch failed; its updates are written one by one");
        }
        done => return done,
    }
    let mut letters = Vec::new();
    for incoming in &batch {
        match write_now(app, std::slice::from_ref(incoming)).await {
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => letters.push(letter(incoming, &error)),
            Ok(()) => {}
        }
    }
    keep(app, &letters).await
}

async fn write_now(app: &App, batch: &[Incoming]) -> Result<(), DbError> {
    let ingested = ingest::ingest(&app.db, batch, app.clock.now()).await?;
    note_heard(app, batch);
    announce(app, ingested);
    Ok(())
}

pub(super) fn announce(app: &App, ingested: Ingested) {
    metrics::counter!("hoopoe_messages_stored_total")
        .increment(u64::try_from(ingested.stored).unwrap_or_default());
    metrics::counter!("hoopoe_messages_duplicate_total")
        .increment(u64::try_from(ingested.duplicates).unwrap_or_default());
    app.hub.publish(ingested.events);
    if ingested.has_media {
        app.media.wake();
    }
}

/// Writes a delivery update by update: what fails on its own becomes a dead letter.
async fn write_apart(app: &App, mut job: Job, updates: Vec<Incoming>) {
    let mut letters = std::mem::take(&mut job.delivery.letters);
    let origins = std::mem::take(&mut job.delivery.origins);
    for (incoming, origin) in updates.into_iter().zip(origins) {
        match write_now(app, std::slice::from_ref(&incoming)).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => return answer(job, Err(error.to_string())),
            Err(error) => {
                tracing::error!(%error, "an update failed and becomes a dead letter");
                letters.push(origin.letter(
                    DeadLetterReason::Failed,
                    error.to_string(),
                    app.clock.now(),
                ));
            }
        }
    }
    let kept = keep(app, &letters).await.map_err(|error| error.to_string());
    answer(job, kept);
}

async fn keep(app: &App, letters: &[dead_letters::NewDeadLetter]) -> Result<(), DbError> {
    if letters.is_empty() {
        return Ok(());
    }
    metrics::counter!("hoopoe_dead_letters_total")
        .increment(u64::try_from(letters.len()).unwrap_or_default());
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    dead_letters::insert_many(&mut tx, letters, now).await?;
    tx.commit(now).await.map(drop)
}
