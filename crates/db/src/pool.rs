//! Opening either engine, migrations, readers and transactions. The rest of the crate sees [`Reader`] and [`Tx`] only.

use std::{fs::File, sync::Arc};

use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction, migrate::Migrator, pool::PoolConnection,
};

use crate::{
    DbError, DbResult, Millis, begin,
    checkpoints::Checkpoints,
    event::{Committed, Draft},
    ingest::Known,
    open,
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
    /// Whom this node's batches met a moment ago.
    known: Arc<Known>,
}

#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// SQLite allows one writer at a time, so there is exactly one writing connection; readers never wait for it (WAL).
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
        journal: Arc<File>,
        checkpoints: Checkpoints,
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
            open::postgres(url, max_connections).await?
        } else {
            open::sqlite(url, max_connections).await?
        };
        Ok(Self {
            pools,
            known: Arc::default(),
        })
    }

    pub(crate) fn known(&self) -> &Known {
        &self.known
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
            numbered: Vec::new(),
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
            Pools::Sqlite {
                write,
                read,
                checkpoints,
                ..
            } => {
                checkpoints.close().await;
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
    /// Events that are stored already.
    numbered: Vec<Committed>,
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
    /// The database that it writes to.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Whether statements cost a round trip, so that several in one are worth their while.
    pub(crate) fn is_postgres(&self) -> bool {
        self.db.engine() == Engine::Postgres
    }

    /// Notes an event. It is numbered at the commit, when the stream's row is locked for the shortest time.
    pub fn record(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// Takes the recorded events away, for who stores them along with something else; they come back [numbered](Self::hold).
    pub(crate) fn take_drafts(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.drafts)
    }

    /// Holds events that are stored until the commit.
    pub(crate) fn hold(&mut self, numbered: Vec<Committed>) {
        self.numbered.extend(numbered);
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
        let drafts = self.take_drafts();
        let last = streams::append(&mut self, drafts, now).await?;
        let mut committed = std::mem::take(&mut self.numbered);
        committed.extend(last);
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        if let Pools::Sqlite { checkpoints, .. } = &self.db.pools {
            checkpoints.ask();
        }
        Ok(committed)
    }
}
