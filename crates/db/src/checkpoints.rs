//! SQLite's checkpoints: what stands in the write-ahead log is taken over into the database beside the writing, by a connection of its own. Left to the
//! writer, one commit in many would do it for all others, and whoever waits for that commit waits for all of it.

use std::time::Duration;

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::sync::mpsc;

/// The least time between two checkpoints.
const PAUSE: Duration = Duration::from_millis(100);

/// Handle to the task that takes the log over.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoints {
    pool: SqlitePool,
    asked: mpsc::Sender<()>,
}

impl Checkpoints {
    /// Ends when it is closed, or the database's last handle is dropped.
    pub(crate) fn start(options: SqliteConnectOptions) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options.create_if_missing(false));
        // One place: who asks while somebody has asked is served along.
        let (asked, asking) = mpsc::channel(1);
        tokio::spawn(run(pool.clone(), asking));
        Self { pool, asked }
    }

    /// After a commit.
    pub(crate) fn ask(&self) {
        // Full: asked already.
        self.asked.try_send(()).ok();
    }

    /// Waits for the one under way.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn run(pool: SqlitePool, mut asking: mpsc::Receiver<()>) {
    while asking.recv().await.is_some() {
        // Takes over what it can without waiting for anybody, and nobody waits for it. Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint
        let done = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool);
        if let Err(error) = done.await {
            if pool.is_closed() {
                return;
            }
            // The log is whole; it grows until the next one.
            tracing::warn!(%error, "a checkpoint failed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
