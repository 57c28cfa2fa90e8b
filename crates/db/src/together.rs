//! Batch statements that PostgreSQL runs as one, so that they cost one round trip: each is a part of a `WITH`. SQLite knows no such parts, and its
//! statements no round trip: there they are run one by one.

use sqlx::{FromRow, PgConnection, Postgres, postgres::PgRow};

use crate::{DbResult, columns::Parameters, sql::Batch};

/// Batch statements as one, for PostgreSQL.
pub(crate) struct Together(&'static str);

impl Together {
    /// `select` reads what the parts return, by their names. A part's parameters stand behind those of the parts before.
    ///
    /// A part begins when the one before it has ended. PostgreSQL promises no order of such parts, but rows have to be locked in one order, in which
    /// all writers do (see `ingest::locks`); so each part asks for something that is known at the end of the one before.
    pub(crate) fn new(parts: &[(&str, &Batch)], select: &str) -> Self {
        let (mut behind, mut condition) = (0, "true".to_owned());
        let mut texts = Vec::with_capacity(parts.len());
        for (name, batch) in parts {
            texts.push(format!("{name} AS ({})", batch.as_part(behind, &condition)));
            behind += batch.width();
            condition = format!("(SELECT count(*) FROM {name}) >= 0");
        }
        Self(format!("WITH {} {select}", texts.join(", ")).leak())
    }

    /// Runs it; all rows of its `select`.
    pub(crate) async fn fetch_all<R>(
        &self,
        conn: &mut PgConnection,
        parameters: Parameters<Postgres>,
    ) -> DbResult<Vec<R>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let query = sqlx::query_as_with::<Postgres, R, _>(self.0, parameters.arguments);
        Ok(query.fetch_all(conn).await?)
    }
}
