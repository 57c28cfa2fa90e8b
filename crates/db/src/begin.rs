//! Beginning transactions on either engine, also after an engine went away. Called by [`Db`](crate::Db) only.

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::DbResult;

/// Begins to write on SQLite.
///
/// When the disk is full or fails, SQLite rolls the transaction back by itself (<https://sqlite.org/lang_transaction.html>, "Response To Errors Within A
/// Transaction"). sqlx does not see that, counts one that is no more, and would refuse to begin another for ever: such a connection is
/// replaced. The readers' connections stay open meanwhile, so that the write-ahead log stays the same file.
pub(crate) async fn sqlite(write: &SqlitePool) -> DbResult<Transaction<'static, Sqlite>> {
    const BEGIN: &str = "BEGIN IMMEDIATE";
    match write.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            write.acquire().await?.close().await?;
            Ok(write.begin_with(BEGIN).await?)
        }
        begun => Ok(begun?),
    }
}

/// Begins to write on PostgreSQL. Where the line to it broke, connections that lay `idle` meanwhile are broken too, and others would be the ones to
/// find out: the flush after the next batch cannot be tried again, as a server that crashed may have lost what was to be flushed.
pub(crate) async fn postgres(
    pool: &PgPool,
    idle: &PgPool,
) -> DbResult<Transaction<'static, Postgres>> {
    match pool.begin().await {
        Ok(tx) => Ok(tx),
        Err(error) => {
            while let Some(connection) = idle.try_acquire() {
                drop(connection.detach());
            }
            Err(error.into())
        }
    }
}
