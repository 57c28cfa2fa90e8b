//! Runs one statement on either engine. Where the engines differ (only in how a batch of rows is handed in), [`Batch`] writes both texts
//! from one.

use std::sync::LazyLock;

use sqlx::{PgConnection, SqliteConnection};

use crate::columns::{ColumnName, Kind};
pub(crate) use crate::columns::{Rows, id_rows};

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
    /// The columns of the rows that it takes.
    fn columns(&self) -> &'static [ColumnName] {
        &[]
    }
}

impl Statement for &'static str {
    fn sqlite(&self) -> &'static str {
        self
    }
    fn postgres(&self) -> &'static str {
        self
    }
}

/// A statement over a batch of rows.
///
/// The text says `{rows: id TEXT, n BIGINT}` where a table of those rows named `r` is wanted, so the number of statements does not depend on the number
/// of rows. [`Rows`] are its first parameter; further ones are `$2`, `$3` …
pub(crate) struct Batch {
    sqlite: &'static str,
    postgres: &'static str,
    columns: &'static [ColumnName],
}

impl Batch {
    pub(crate) fn new(template: &str) -> Self {
        Self::per_engine(template, template)
    }

    /// Where the engines need different words, as for locks; the rows have the same columns.
    pub(crate) fn per_engine(sqlite: &str, postgres: &str) -> Self {
        let (before, list, after) = split(sqlite);
        let columns: &'static [ColumnName] = columns(list).leak();
        let sqlite = format!("{before}{}{after}", sqlite_rows(columns));
        let (before, _, after) = split(postgres);
        let shift = columns.len().saturating_sub(1);
        let (earlier, later) = (renumber(before, shift), renumber(after, shift));
        Self {
            sqlite: sqlite.leak(),
            postgres: format!("{earlier}{}{later}", postgres_rows(columns)).leak(),
            columns,
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
    fn columns(&self) -> &'static [ColumnName] {
        self.columns
    }
}

/// What is before the rows, their columns, and what is behind.
fn split(template: &str) -> (&str, &str, &str) {
    let (before, rest) = template.split_once("{rows:").unwrap_or((template, "}"));
    let (list, after) = rest.split_once('}').unwrap_or((rest, ""));
    (before, list, after)
}

fn columns(list: &str) -> Vec<ColumnName> {
    let column = |text: &str| {
        let (name, kind) = text.trim().split_once(' ')?;
        let kind = match kind {
            "BIGINT" => Kind::BigInt,
            "BOOLEAN" => Kind::Boolean,
            _ => Kind::Text,
        };
        let name: &'static str = name.to_owned().leak();
        Some(ColumnName { name, kind })
    };
    list.split(',').filter_map(column).collect()
}

/// PostgreSQL takes one parameter per column, so those behind the rows move on: `$2` becomes `$6` behind five columns.
fn renumber(text: &str, shift: usize) -> String {
    let mut parts = text.split('$');
    let mut renumbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let moved = number.parse::<usize>().map_or(0, |number| number + shift);
        renumbered.push_str(&format!("${moved}{rest}"));
    }
    renumbered
}

fn sqlite_rows(columns: &[ColumnName]) -> String {
    let list: Vec<String> = columns
        .iter()
        .map(|ColumnName { name, .. }| format!("json_extract(value,'$.{name}') AS {name}"))
        .collect();
    format!("(SELECT {} FROM json_each($1)) AS r", list.join(", "))
}

fn postgres_rows(columns: &[ColumnName]) -> String {
    let arrays: Vec<String> = (1..)
        .zip(columns)
        .map(|(number, column)| format!("${number}::{}[]", column.kind.name()))
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("unnest({}) AS r({})", arrays.join(", "), names.join(", "))
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
                let arguments = $crate::sql::arguments!(sqlx::Sqlite, statement $(, $bind)*);
                sqlx::query_as_with::<sqlx::Sqlite, $row, _>($crate::sql::Statement::sqlite(&statement), arguments).$method(conn).await
            }
            $crate::sql::Conn::Postgres(conn) => {
                let arguments = $crate::sql::arguments!(sqlx::Postgres, statement $(, $bind)*);
                sqlx::query_as_with::<sqlx::Postgres, $row, _>($crate::sql::Statement::postgres(&statement), arguments).$method(conn).await
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
                let arguments = $crate::sql::arguments!(sqlx::Sqlite, statement $(, $bind)*);
                sqlx::query_with::<sqlx::Sqlite, _>($crate::sql::Statement::sqlite(&statement), arguments).execute(conn).await.map(|done| done.rows_affected())
            }
            $crate::sql::Conn::Postgres(conn) => {
                let arguments = $crate::sql::arguments!(sqlx::Postgres, statement $(, $bind)*);
                sqlx::query_with::<sqlx::Postgres, _>($crate::sql::Statement::postgres(&statement), arguments).execute(conn).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::DbError::from)
    }};
}
macro_rules! arguments {
    ($engine:ty, $statement:ident $(, $bind:expr)*) => {{
        #[allow(unused_mut, reason = "a statement may have no parameters")]
        let mut arguments = <$engine as sqlx::Database>::Arguments::default();
        $( $crate::columns::Bind::<$engine>::bind($bind, &mut arguments, &$statement).map_err($crate::DbError::from)?; )*
        arguments
    }};
}
pub(crate) use {arguments, batch, execute, fetch_all, fetch_one, fetch_optional, run_rows};
