//! Runs one statement on either engine. Where the engines differ (only in how a batch of rows is handed in), [`Batch`] writes both texts
//! from one.

use std::sync::LazyLock;

use sqlx::{PgConnection, SqliteConnection};

/// A borrowed connection of one of the two engines.
pub(crate) enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// Whatever can lend a connection: a reader or a transaction.
pub(crate) trait Lend {
    fn conn(&mut self) -> Conn<'_>;
}

/// A statement's text for each engine.
pub(crate) trait Statement {
    fn sqlite(&self) -> &'static str;
    fn postgres(&self) -> &'static str;
}

impl Statement for &'static str {
    fn sqlite(&self) -> &'static str {
        self
    }
    fn postgres(&self) -> &'static str {
        self
    }
}

/// A statement over a batch of rows that come as one JSON array of objects in `$1`.
///
/// The text says `{rows: id TEXT, n BIGINT}` where a table of those rows named `r` is wanted: constant number of statements however many rows.
pub(crate) struct Batch {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Batch {
    pub(crate) fn new(template: &str) -> Self {
        Self {
            sqlite: expand(template, sqlite_rows).leak(),
            postgres: expand(template, postgres_rows).leak(),
        }
    }

    /// Where the engines need different words, as for locks.
    pub(crate) fn per_engine(sqlite: &str, postgres: &str) -> Self {
        Self {
            sqlite: expand(sqlite, sqlite_rows).leak(),
            postgres: expand(postgres, postgres_rows).leak(),
        }
    }
}

impl Statement for &'static LazyLock<Batch> {
    fn sqlite(&self) -> &'static str {
        self.sqlite
    }
    fn postgres(&self) -> &'static str {
        self.postgres
    }
}

fn expand(template: &str, rows: fn(&[(&str, &str)]) -> String) -> String {
    let Some((before, rest)) = template.split_once("{rows:") else {
        return template.to_owned();
    };
    let (columns, after) = rest.split_once('}').unwrap_or((rest, ""));
    let columns: Vec<(&str, &str)> = columns
        .split(',')
        .filter_map(|column| column.trim().split_once(' '))
        .collect();
    format!("{before}{}{after}", rows(&columns))
}

fn sqlite_rows(columns: &[(&str, &str)]) -> String {
    let list: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("json_extract(value,'$.{name}') AS {name}"))
        .collect();
    format!("(SELECT {} FROM json_each($1)) AS r", list.join(", "))
}

fn postgres_rows(columns: &[(&str, &str)]) -> String {
    let list: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    format!("json_to_recordset($1::json) AS r({})", list.join(", "))
}

/// Declares a [`Batch`] as a static.
macro_rules! batch {
    ($name:ident, $template:expr) => {
        static $name: std::sync::LazyLock<$crate::sql::Batch> =
            std::sync::LazyLock::new(|| $crate::sql::Batch::new($template));
    };
}

/// All rows: `fetch_all!(conn, Row, sql, binds…)`.
macro_rules! fetch_all {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => { $crate::sql::run_rows!(fetch_all, $on, $row, $sql $(, $bind)*) };
}
/// The row, or `None`.
macro_rules! fetch_optional {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => { $crate::sql::run_rows!(fetch_optional, $on, $row, $sql $(, $bind)*) };
}
/// The row, or [`DbError::NotFound`](crate::DbError::NotFound).
macro_rules! fetch_one {
    ($on:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => { $crate::sql::run_rows!(fetch_one, $on, $row, $sql $(, $bind)*) };
}
macro_rules! run_rows {
    ($method:ident, $on:expr, $row:ty, $sql:expr $(, $bind:expr)*) => {{
        let statement = $sql;
        match $crate::sql::Lend::conn($on) {
            $crate::sql::Conn::Sqlite(conn) => {
                sqlx::query_as::<sqlx::Sqlite, $row>($crate::sql::Statement::sqlite(&statement))$(.bind($bind))*.$method(conn).await
            }
            $crate::sql::Conn::Postgres(conn) => {
                sqlx::query_as::<sqlx::Postgres, $row>($crate::sql::Statement::postgres(&statement))$(.bind($bind))*.$method(conn).await
            }
        }
        .map_err($crate::DbError::from)
    }};
}
/// Number of rows that changed.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        let statement = $sql;
        match $crate::sql::Lend::conn($on) {
            $crate::sql::Conn::Sqlite(conn) => {
                sqlx::query::<sqlx::Sqlite>($crate::sql::Statement::sqlite(&statement))$(.bind($bind))*.execute(conn).await.map(|done| done.rows_affected())
            }
            $crate::sql::Conn::Postgres(conn) => {
                sqlx::query::<sqlx::Postgres>($crate::sql::Statement::postgres(&statement))$(.bind($bind))*.execute(conn).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::DbError::from)
    }};
}
pub(crate) use {batch, execute, fetch_all, fetch_one, fetch_optional, run_rows};
