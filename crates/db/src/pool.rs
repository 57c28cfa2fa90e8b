//! Opening either engine, migrations, readers and transactions. The rest of the crate sees [`Reader`] and [`Tx`] only.

use std::{
    fs::File,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    DbError, DbResult, Millis, begin,
    event::{Committed, Draft},
    sql::{Conn, Lend},
    streams,
};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Which engine a [`Db`] runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded; one node.
    Sqlite,
    /// A server; one node or many.
    Postgres,
}

impl Engine {
    /// Name as people know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The database: a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    /// SQLite allows one writer at a time, so there is exactly one writing connection; readers never wait for it (WAL).
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
        journal: Arc<File>,
    },
    Postgres {
        pool: PgPool,
        ingest: PgPool,
    },
}

impl Db {
    /// Opens `sqlite:<path>` or `postgres://…`, without migrating.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it can't be reached.
    pub async fn open(url: &str, max_connections: u32) -> DbResult<Self> {
        let pools = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url, max_connections).await?
        } else {
            open_sqlite(url, max_connections).await?
        };
        Ok(Self { pools })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Brings the schema up to date. Safe to call from several nodes at once.
    ///
    /// # Errors
    /// [`DbError::TooNew`] when a newer program has written the database.
    pub async fn migrate(&self) -> DbResult<()> {
        let known = newest_migration();
        if let Some(found) = self.schema_version().await?
            && found > known
        {
            return Err(DbError::TooNew { found, known });
        }
        let done = match &self.pools {
            Pools::Sqlite { write, .. } => SQLITE_MIGRATIONS.run(write).await,
            Pools::Postgres { pool, .. } => POSTGRES_MIGRATIONS.run(pool).await,
        };
        done.map_err(|error| DbError::Sql(error.into()))
    }

    /// Whether the database is at this program's newest migration.
    pub async fn is_current(&self) -> DbResult<bool> {
        Ok(self.schema_version().await? == Some(newest_migration()))
    }

    /// Newest migration that the database has, or `None` before the first.
    pub async fn schema_version(&self) -> DbResult<Option<Millis>> {
        let mut reader = self.read().await?;
        let exists = match self.engine() {
            Engine::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Engine::Postgres => {
                "SELECT count(*) FROM information_schema.tables WHERE table_name = '_sqlx_migrations'"
            }
        };
        let (tables,) = crate::sql::fetch_one!(&mut reader, (i64,), exists)?;
        if tables == 0 {
            return Ok(None);
        }
        let (version,) = crate::sql::fetch_one!(
            &mut reader,
            (Option<i64>,),
            "SELECT max(version) FROM _sqlx_migrations WHERE success"
        )?;
        Ok(version)
    }

    /// A connection to read with.
    pub async fn read(&self) -> DbResult<Reader> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Reader::Sqlite(read.acquire().await?),
            Pools::Postgres { pool, .. } => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// A transaction to write with. Dropped without [`Tx::commit`], it leaves nothing behind.
    pub async fn begin(&self) -> DbResult<Tx> {
        Ok(self.tx(match &self.pools {
            Pools::Sqlite { write, .. } => Inner::Sqlite(begin::sqlite(write).await?),
            Pools::Postgres { pool, .. } => Inner::Postgres(begin::postgres(pool, pool).await?),
        }))
    }

    /// As [`begin`](Self::begin), for [`Tx::commit_unflushed`]: on PostgreSQL its commit does not wait for the disk.
    pub(crate) async fn begin_unflushed(&self) -> DbResult<Tx> {
        Ok(self.tx(match &self.pools {
            Pools::Sqlite { write, .. } => Inner::Sqlite(begin::sqlite(write).await?),
            Pools::Postgres { ingest, pool } => {
                Inner::Postgres(begin::postgres(ingest, pool).await?)
            }
        }))
    }

    fn tx(&self, inner: Inner) -> Tx {
        Tx {
            inner,
            drafts: Vec::new(),
            db: self.clone(),
        }
    }

    /// Returns when everything committed so far is on disk: one wait for all transactions that were committed before it.
    ///
    /// On PostgreSQL a small synchronous commit flushes the write-ahead log up to itself, and with it all commits before (and waits for
    /// synchronous replicas, where there are any). On SQLite the write-ahead log is synced. Sources: PostgreSQL manual, asynchronous
    /// commit; <https://sqlite.org/pragma.html#pragma_synchronous>.
    ///
    /// # Errors
    /// Then what was committed may not survive a power cut, and nobody may be told that it will.
    pub async fn flush(&self) -> DbResult<()> {
        match &self.pools {
            Pools::Sqlite { journal, .. } => {
                let journal = Arc::clone(journal);
                let synced = tokio::task::spawn_blocking(move || journal.sync_data()).await;
                let synced = synced.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                synced.map_err(|error| DbError::Unavailable(error.to_string()))
            }
            Pools::Postgres { pool, .. } => {
                sqlx::query("SELECT pg_logical_emit_message(true, 'hoopoe', '')")
                    .execute(pool)
                    .await?;
                Ok(())
            }
        }
    }

    /// A round trip to the engine, for health checks.
    pub async fn ping(&self) -> DbResult<()> {
        let mut reader = self.read().await?;
        crate::sql::fetch_one!(&mut reader, (i64,), "SELECT CAST(1 AS BIGINT)").map(drop)
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres { pool, ingest } => {
                ingest.close().await;
                pool.close().await;
            }
        }
    }

    /// The pool behind, for `LISTEN`; `None` on SQLite.
    pub fn postgres(&self) -> Option<&PgPool> {
        match &self.pools {
            Pools::Sqlite { .. } => None,
            Pools::Postgres { pool, .. } => Some(pool),
        }
    }
}

/// Newest migration that this program knows.
fn newest_migration() -> i64 {
    let versions = SQLITE_MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}

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

async fn open_postgres(url: &str, max_connections: u32) -> DbResult<Pools> {
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

async fn open_sqlite(url: &str, max_connections: u32) -> DbResult<Pools> {
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
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    let journal = Arc::new(open_journal(path, &write).await?);
    Ok(Pools::Sqlite {
        write,
        read,
        journal,
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

/// A connection for reading.
pub enum Reader {
    #[doc(hidden)]
    Sqlite(PoolConnection<Sqlite>),
    #[doc(hidden)]
    Postgres(PoolConnection<Postgres>),
}

impl Lend for Reader {
    fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(conn) => Conn::Sqlite(conn),
            Self::Postgres(conn) => Conn::Postgres(conn),
        }
    }
}

/// A writing transaction. What clients must be told of it is [recorded](Tx::record) along the way and leaves with the commit.
pub struct Tx {
    inner: Inner,
    drafts: Vec<Draft>,
    db: Db,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Lend for Tx {
    fn conn(&mut self) -> Conn<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Conn::Sqlite(tx),
            Inner::Postgres(tx) => Conn::Postgres(tx),
        }
    }
}

impl Tx {
    /// Notes an event. It is numbered at the commit, when the stream's row is locked for the shortest time.
    pub fn record(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// Numbers and stores the recorded events, commits, waits for the disk, and only then hands the events out.
    ///
    /// # Errors
    /// When the commit fails nothing was written and nothing may be announced.
    pub async fn commit(self, now: Millis) -> DbResult<Vec<Committed>> {
        let db = self.db.clone();
        let committed = self.commit_unflushed(now).await?;
        if db.engine() == Engine::Sqlite {
            db.flush().await?;
        }
        Ok(committed)
    }

    /// As [`commit`](Self::commit), without the wait for the disk: call [`Db::flush`] before anybody is told.
    pub(crate) async fn commit_unflushed(mut self, now: Millis) -> DbResult<Vec<Committed>> {
        let drafts = std::mem::take(&mut self.drafts);
        let committed = streams::append(&mut self, drafts, now).await?;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(committed)
    }
}
