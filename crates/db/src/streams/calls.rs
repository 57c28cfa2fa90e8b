//! What nodes on one PostgreSQL say to one another: `NOTIFY` and `LISTEN`.

use crate::{Db, DbResult};

/// Says something to all nodes on one PostgreSQL; on SQLite there is nobody to hear it.
pub async fn notify(db: &Db, channel: &str, payload: &str) -> DbResult<()> {
    let Some(pool) = db.postgres() else {
        return Ok(());
    };
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(channel)
        .bind(payload)
        .execute(pool)
        .await?;
    Ok(())
}

/// What nodes say to one another, as it is heard.
pub struct Calls(sqlx::postgres::PgListener);

/// Starts to listen.
///
/// # Errors
/// [`DbError::NotFound`](crate::DbError::NotFound) on SQLite.
pub async fn listen(db: &Db, channel: &str) -> DbResult<Calls> {
    let pool = db.postgres().ok_or(crate::DbError::NotFound)?;
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(Calls(listener))
}

impl Calls {
    /// The next call.
    ///
    /// # Errors
    /// When the connection is lost; calls may have been missed then.
    pub async fn next(&mut self) -> DbResult<String> {
        Ok(self.0.recv().await?.payload().to_owned())
    }
}
