//! Waiting for the disk beside the writing: while one batch is made durable the next is written (see ADR 0004).

use std::sync::Arc;

use hoopoe_db::DbError;
use tokio::sync::Semaphore;

use crate::app::App;

/// Waits at a time; a writer that is further ahead waits itself, and more gathers behind it.
const FLUSHES: usize = 2;

/// The waits of one writer.
#[derive(Debug)]
pub(crate) struct Disk(Arc<Semaphore>);

impl Default for Disk {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(FLUSHES)))
    }
}

impl Disk {
    /// Calls `then` once all that is committed so far is durable, or can't be made so; returns while that is under way.
    pub(crate) async fn flush<F, T>(&self, app: &App, then: F)
    where
        F: FnOnce(App, Result<(), DbError>) -> T + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let app = app.clone();
        app.clone().tasks.spawn(async move {
            let flushed = app.db.flush().await;
            then(app, flushed).await;
            drop(permit);
        });
    }
}
