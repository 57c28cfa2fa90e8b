//! Opening an engine: how connections are set up, and how many there are of which. Called by [`Db::open`](crate::Db::open) only.

use std::{
    fs::File,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{DbError, DbResult, checkpoints::Checkpoints, pool::Pools};

/// For the connections that write batches. A commit does not wait for the disk ([`Db::flush`] does), and rows are found by index only: batches are small
/// whatever the size of the tenant, but a plan made while the tables were young would read them whole for ever. For the same reason one plan does
/// for all batches: left alone, PostgreSQL makes a new one for most of them.
const INGEST_OPTIONS: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("synchronous_commit", "off"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

pub(crate) async fn postgres(url: &str, max_connections: u32) -> DbResult<Pools> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("hoopoe")
        .disable_statement_logging();
    let pool = |connections: u32| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
    };
    let ingest = options.clone().options(INGEST_OPTIONS);
    Ok(Pools::Postgres {
        pool: pool(max_connections.max(2)).connect_with(options).await?,
        // Of the node: the writer of what comes in, and a letter that is replayed meanwhile; the writer of what is to be sent, and the one
        // of how attempts ended.
        ingest: pool(4).connect_lazy_with(ingest),
    })
}

pub(crate) async fn sqlite(url: &str, max_connections: u32) -> DbResult<Pools> {
    let path = url
        .strip_prefix("sqlite:")
        .unwrap_or(url)
        .trim_start_matches("//");
    let options = SqliteConnectOptions::new()
        .filename(Path::new(path))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // The log is synced by `Db::flush`, once for all commits that wait for it; nobody is told of a commit before.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "memory")
        // Where checkpoints beside the writing do not keep up: the writer does one itself, and begins the log anew.
        .pragma("wal_autocheckpoint", "4000")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    let pool = |connections: u32| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let write = pool(1).connect_with(options.clone()).await?;
    let read = pool(max_connections.clamp(2, 8))
        .connect_with(options.clone().read_only(true).create_if_missing(false))
        .await?;
    let journal = Arc::new(open_journal(path, &write).await?);
    Ok(Pools::Sqlite {
        write,
        read,
        journal,
        checkpoints: Checkpoints::start(options),
    })
}

/// The write-ahead log as a file of our own. It carries no locks, so a second handle on it disturbs nothing.
async fn open_journal(path: &str, write: &SqlitePool) -> DbResult<File> {
    // Writing anything makes the file.
    sqlx::query("CREATE TABLE IF NOT EXISTS _hoopoe_opened (at BIGINT)")
        .execute(write)
        .await?;
    let path = PathBuf::from(format!("{path}-wal"));
    let opened = tokio::task::spawn_blocking(move || {
        let journal = File::options().write(true).open(&path)?;
        // The directory has to know the file for good, too.
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            File::open(folder)?.sync_all()?;
        }
        Ok::<_, std::io::Error>(journal)
    });
    let opened = opened
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)));
    opened.map_err(|error| DbError::Unavailable(error.to_string()))
}
