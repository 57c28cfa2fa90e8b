//! Settling: one task writes how attempts ended, as many as wait in one transaction, lets the lanes go on, and tells those who may see it once
//! it is on disk.

use std::{sync::PoisonError, time::Duration};

use hoopoe_db::{
    DbError,
    event::Committed,
    ids::ConversationId,
    model::Direction,
    outbox::{self, Ended, Outcome},
};
use tokio::sync::mpsc;

use super::verdict::Lesson;
use crate::{app::App, disk::Disk};

/// Most attempts that one transaction settles.
const MOST: usize = 256;

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// An attempt that ended and waits to be written.
#[derive(Debug)]
pub(super) struct Settled {
    pub ended: Ended,
    pub conversation_id: ConversationId,
    pub lesson: Lesson,
    pub learned: mpsc::UnboundedSender<Learned>,
}

/// What a lane is told once it is written.
#[derive(Debug)]
pub(super) struct Learned {
    pub lesson: Lesson,
    /// The conversation that the attempt was in.
    pub conversation_id: ConversationId,
    /// Whether the message is done with: neither tried again nor unknown.
    pub done: bool,
}

pub(super) fn start(app: &App) {
    let waiting = app
        .outbox
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(waiting) = waiting else { return };
    app.tasks.spawn_writer(run(app.clone(), waiting));
    let app = app.clone();
    app.clone().tasks.spawn(async move {
        app.tasks.stopping().cancelled().await;
        app.outbox.close();
    });
}

/// Ends when the last lane and the last attempt have ended.
async fn run(app: App, mut waiting: mpsc::Receiver<Settled>) {
    let mut batch = Vec::with_capacity(MOST);
    let disk = Disk::default();
    while waiting.recv_many(&mut batch, MOST).await > 0 {
        let all: Vec<Ended> = batch.iter().map(|settled| settled.ended.clone()).collect();
        let written = outbox::settle_unflushed(&app.db, &all, app.clock.now()).await;
        if let Err(error) = &written {
            tracing::warn!(%error, "attempts can't be settled as they come");
            write(&app, &all).await;
        }
        note_sent(&app, &all);
        for Settled {
            ended,
            conversation_id,
            lesson,
            learned,
        } in batch.drain(..)
        {
            let done = matches!(
                ended.outcome,
                Outcome::Accepted { .. } | Outcome::Refused(_)
            );
            // A lane that has stopped learns nothing more. What it begins now is claimed, and so flushed, behind this.
            drop(learned.send(Learned {
                lesson,
                conversation_id,
                done,
            }));
        }
        match written {
            Ok(events) => tell(&app, &disk, all, events).await,
            Err(_) => count(&app, &all),
        }
    }
}

fn note_sent(app: &App, all: &[Ended]) {
    let accepted = all
        .iter()
        .filter(|ended| matches!(ended.outcome, Outcome::Accepted { .. }));
    let sent = accepted.map(|ended| (&ended.tenant_id, &ended.account_id, ended.ended_at));
    app.touched.note(Direction::Out, sent);
}

/// Announces what was written once it is on disk.
async fn tell(app: &App, disk: &Disk, all: Vec<Ended>, events: Vec<Committed>) {
    disk.flush(app, async move |app: App, flushed| {
        match flushed {
            Ok(()) => app.hub.publish(events),
            Err(error) => {
                tracing::warn!(%error, "attempts are settled once more");
                write(&app, &all).await;
            }
        }
        count(&app, &all);
    })
    .await;
}

fn count(app: &App, all: &[Ended]) {
    let count = u64::try_from(all.len()).unwrap_or_default();
    app.outbox.count.send_modify(|settled| *settled += count);
}

async fn write(app: &App, all: &[Ended]) {
    match together(app, all).await {
        Ok(()) => {}
        Err(error) if all.len() > 1 => {
            tracing::error!(%error, attempts = all.len(), "attempts are settled one by one");
            for one in all {
                alone(app, one).await;
            }
        }
        Err(error) => lost(&error),
    }
}

async fn alone(app: &App, one: &Ended) {
    if let Err(error) = together(app, std::slice::from_ref(one)).await {
        lost(&error);
    }
}

/// Its lease runs out then, and a status or a person settles it.
fn lost(error: &DbError) {
    tracing::error!(%error, "how an attempt ended could not be written");
}

/// Waits for a database that is away, as long as the server runs.
async fn together(app: &App, all: &[Ended]) -> Result<(), DbError> {
    loop {
        match attempt(app, all).await {
            Err(error) if error.is_transient() && !app.tasks.stopping().is_cancelled() => {
                tracing::warn!(%error, "attempts can't be settled yet");
                tokio::time::sleep(AWAY_PAUSE).await;
            }
            other => return other,
        }
    }
}

async fn attempt(app: &App, all: &[Ended]) -> Result<(), DbError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    outbox::settle(&mut tx, all, now).await?;
    let events = tx.commit(now).await?;
    app.hub.publish(events);
    Ok(())
}
