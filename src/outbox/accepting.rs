//! Group commit of what is accepted: messages that wait are written together, in one transaction and one wait for the disk. There is no timer: a
//! lone message waits for nobody. Callers are answered and events announced once the batch is on disk; one that can't be written never fails its
//! neighbours.

use std::sync::{Mutex, PoisonError};

use hoopoe_db::{
    DbError, DbResult, Millis,
    ids::{TenantId, UserId},
    model::{Conversation, Message, Quoted},
    outbox::{self, Accepted, NewFile, NewMessage},
    uploads::Kept,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    app::App,
    disk::Disk,
    error::{ApiError, ApiResult},
};

/// Messages that may wait to be accepted; more are told to come again (503), and clients do.
const MAX_WAITING: usize = 4096;

/// Most messages that one transaction accepts.
const MOST: usize = 256;

/// A message as it was composed.
#[derive(Debug)]
pub(super) struct Draft {
    pub tenant_id: TenantId,
    pub conversation: Conversation,
    pub author_id: UserId,
    pub client_id: String,
    pub kind: &'static str,
    pub text: Option<String>,
    pub content: String,
    pub quoted: Option<Quoted>,
    pub file: Option<Kept>,
    /// Another name for the file.
    pub filename: Option<String>,
    pub send_at: Option<Millis>,
    pub payload: String,
}

impl Draft {
    fn new_message(&self) -> NewMessage<'_> {
        NewMessage {
            conversation: &self.conversation,
            author_id: &self.author_id,
            client_id: &self.client_id,
            kind: self.kind,
            text: self.text.as_deref(),
            content: &self.content,
            quoted: self.quoted.clone(),
            file: self.file.as_ref().map(|file| self.new_file(file)),
            send_at: self.send_at,
            payload: &self.payload,
        }
    }

    fn new_file<'a>(&'a self, file: &'a Kept) -> NewFile<'a> {
        NewFile {
            mime: &file.mime,
            size: file.size,
            sha256: &file.sha256,
            filename: self.filename.as_deref().or(file.filename.as_deref()),
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            object_key: &file.object_key,
            thumbnail_key: file.thumbnail_key.as_deref(),
        }
    }
}

#[derive(Debug)]
struct Job {
    draft: Box<Draft>,
    done: oneshot::Sender<DbResult<Option<Message>>>,
}

impl Job {
    fn answer(self, result: DbResult<Option<Message>>) {
        // The client may have gone away; what is stored stays stored.
        drop(self.done.send(result));
    }
}

/// Handle to the task that accepts.
#[derive(Debug)]
pub(super) struct Accepting {
    queue: mpsc::Sender<Job>,
    waiting: Mutex<Option<mpsc::Receiver<Job>>>,
}

impl Default for Accepting {
    fn default() -> Self {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        Self {
            queue,
            waiting: Mutex::new(Some(waiting)),
        }
    }
}

impl Accepting {
    /// Stores a message and announces it; returns once it is on disk. `None` where the account has its client id already.
    pub(super) async fn accept(&self, draft: Draft) -> ApiResult<Option<Message>> {
        let (done, answer) = oneshot::channel();
        let draft = Box::new(draft);
        self.queue
            .try_send(Job { draft, done })
            .map_err(|_| ApiError::unavailable("too many messages are waiting"))?;
        let answer = answer.await;
        let answer = answer.map_err(|_| ApiError::unavailable("the server is stopping"))?;
        Ok(answer?)
    }
}

pub(super) fn start(app: &App) {
    let accepting = &app.outbox.accepting;
    let mut waiting = accepting
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(waiting) = waiting.take() {
        app.tasks.spawn_writer(run(app.clone(), waiting));
    }
}

/// Ends once the server stops and all that was taken is written.
async fn run(app: App, mut waiting: mpsc::Receiver<Job>) {
    let disk = Disk::default();
    let mut jobs = Vec::with_capacity(MOST);
    loop {
        let taken = tokio::select! {
            biased;
            taken = waiting.recv_many(&mut jobs, MOST) => taken,
            () = app.tasks.stopping().cancelled() => {
                // What was taken is stored; nothing more is taken.
                waiting.close();
                waiting.recv_many(&mut jobs, MOST).await
            }
        };
        if taken == 0 {
            return;
        }
        write(&app, &disk, std::mem::take(&mut jobs)).await;
    }
}

async fn write(app: &App, disk: &Disk, jobs: Vec<Job>) {
    match store(app, &jobs).await {
        Ok(accepted) => tell(app, disk, jobs, accepted).await,
        Err(error) if error.is_transient() => {
            for job in jobs {
                job.answer(Err(DbError::Unavailable(error.to_string())));
            }
        }
        Err(error) => {
            if jobs.len() > 1 {
                tracing::warn!(%error, messages = jobs.len(), "messages are accepted one by one");
            }
            for job in jobs {
                match store(app, std::slice::from_ref(&job)).await {
                    Ok(accepted) => tell(app, disk, vec![job], accepted).await,
                    Err(error) => job.answer(Err(error)),
                }
            }
        }
    }
}

async fn store(app: &App, jobs: &[Job]) -> DbResult<Accepted> {
    let batch: Vec<(&TenantId, NewMessage<'_>)> = jobs
        .iter()
        .map(|job| (&job.draft.tenant_id, job.draft.new_message()))
        .collect();
    outbox::accept_unflushed(&app.db, &batch, app.clock.now()).await
}

/// Announces and answers once it is on disk.
async fn tell(app: &App, disk: &Disk, jobs: Vec<Job>, accepted: Accepted) {
    disk.flush(app, async move |app: App, flushed| match flushed {
        Ok(()) => {
            app.hub.publish(accepted.events);
            for (job, message) in jobs.into_iter().zip(accepted.messages) {
                job.answer(Ok(message));
            }
        }
        Err(error) => {
            for job in jobs {
                job.answer(Err(DbError::Unavailable(error.to_string())));
            }
        }
    })
    .await;
}
