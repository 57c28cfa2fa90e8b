//! Runs one statement on either engine. Where the engines differ (only in how a batch of rows is handed in), [`Batch`] writes both texts
//! from one.

use std::sync::LazyLock;

use sqlx::{PgConnection, SqliteConnection};

use crate::columns::{ColumnName, Kind, SQLITE_PLACES};
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
    /// The text for so many rows.
    fn sqlite(&self, rows: usize) -> &'static str;
    fn postgres(&self) -> &'static str;
    /// The columns of the rows that it takes.
    fn columns(&self) -> &'static [ColumnName] {
        &[]
    }
}

impl Statement for &'static str {
    fn sqlite(&self, _rows: usize) -> &'static str {
        self
    }
    fn postgres(&self) -> &'static str {
        self
    }
}

/// A statement over a batch of rows.
///
/// The text says `{rows: id TEXT, n BIGINT}` where a table of those rows named `r` is wanted, so the number of statements does not depend on the number
/// of rows. [`Rows`] are its first parameter; further ones are `$2`, `$3` … The first column is never NULL.
pub(crate) struct Batch {
    /// By the sizes of [`SQLITE_PLACES`]; the last is for any number of rows.
    sqlite: [&'static str; SQLITE_PLACES.len() + 1],
    postgres: &'static str,
    columns: &'static [ColumnName],
    /// PostgreSQL's text as it was written.
    template: &'static str,
}

impl Batch {
    pub(crate) fn new(template: &str) -> Self {
        Self::per_engine(template, template)
    }

    /// Where the engines need other words around the same rows.
    pub(crate) fn per_engine(sqlite: &str, template: &str) -> Self {
        let (sqlite, postgres) = (Template::parse(sqlite), Template::parse(template));
        let columns: &'static [ColumnName] = columns(sqlite.columns).leak();
        let places = |index: usize| SQLITE_PLACES.get(index).copied();
        Self {
            sqlite: std::array::from_fn(|index| match places(index) {
                Some(places) => {
                    let values = sqlite_values(columns, places, sqlite.before.contains('$'));
                    sqlite.with(&values, places * columns.len())
                }
                None => sqlite.with(&sqlite_json(columns), 1),
            }),
            postgres: postgres.with(&postgres_arrays(columns), columns.len()),
            columns,
            template: template.to_owned().leak(),
        }
    }

    /// PostgreSQL's text as a part of a longer one: behind so many parameters of other parts, and with nothing done unless a condition holds.
    pub(crate) fn as_part(&self, behind: usize, condition: &str) -> String {
        let rows = postgres_arrays(self.columns);
        let rows = format!("(SELECT * FROM {rows} WHERE {condition}) AS r");
        let text = Template::parse(self.template).with(&rows, self.columns.len());
        renumber(text, behind)
    }

    /// How many parameters its rows are on PostgreSQL.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }
}

/// A batch statement's text, taken apart.
struct Template<'a> {
    before: &'a str,
    columns: &'a str,
    after: &'a str,
}

impl<'a> Template<'a> {
    fn parse(text: &'a str) -> Self {
        let (before, rest) = text.split_once("{rows:").unwrap_or((text, "}"));
        let (columns, after) = rest.split_once('}').unwrap_or((rest, ""));
        Self {
            before,
            columns,
            after,
        }
    }

    /// The text around a table that takes so many parameters: those behind it move on.
    fn with(&self, table: &str, parameters: usize) -> &'static str {
        let shift = parameters.saturating_sub(1);
        let (before, after) = (renumber(self.before, shift), renumber(self.after, shift));
        format!("{before}{table}{after}").leak()
    }
}

impl Statement for &'static LazyLock<Batch> {
    fn sqlite(&self, rows: usize) -> &'static str {
        let [.., unbounded] = self.sqlite;
        let sized = SQLITE_PLACES.iter().zip(self.sqlite);
        let mut fitting = sized.filter(|(places, _)| rows <= **places);
        fitting.next().map_or(unbounded, |(_, text)| text)
    }
    fn postgres(&self) -> &'static str {
        self.postgres
    }
    fn columns(&self) -> &'static [ColumnName] {
        self.columns
    }
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

/// `$2` becomes `$6` when moved on by four.
fn renumber(text: &str, shift: usize) -> String {
    let mut parts = text.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    let moved = parts.map(|part| {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let moved = number.parse::<usize>().map_or(0, |number| number + shift);
        format!("${moved}{rest}")
    });
    std::iter::once(first).chain(moved).collect()
}

/// One parameter per cell; nameless where nothing stands before them, because SQLite looks for a parameter's name from the first on each time. Places
/// that are left over hold NULLs.
fn sqlite_values(columns: &[ColumnName], places: usize, numbered: bool) -> String {
    let names: Vec<String> = (1..)
        .zip(columns)
        .map(|(number, ColumnName { name, .. })| format!("column{number} AS {name}"))
        .collect();
    let width = columns.len();
    let rows: Vec<String> = (0..places)
        .map(|row| {
            let cells: Vec<String> = (1..=width)
                .map(|cell| {
                    if numbered {
                        format!("${}", row * width + cell)
                    } else {
                        "?".to_owned()
                    }
                })
                .collect();
            format!("({})", cells.join(","))
        })
        .collect();
    let (names, rows) = (names.join(", "), rows.join(","));
    format!("(SELECT {names} FROM (VALUES {rows}) WHERE column1 IS NOT NULL) AS r")
}

fn sqlite_json(columns: &[ColumnName]) -> String {
    let list: Vec<String> = columns
        .iter()
        .map(|ColumnName { name, .. }| format!("json_extract(value,'$.{name}') AS {name}"))
        .collect();
    format!("(SELECT {} FROM json_each($1)) AS r", list.join(", "))
}

fn postgres_arrays(columns: &[ColumnName]) -> String {
    let arrays: Vec<String> = (1..)
        .zip(columns)
        .map(|(number, column)| format!("${number}::{}[]", column.kind.name()))
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("unnest({}) AS r({})", arrays.join(", "), names.join(", "))
}

/// Declares a [`Batch`] as a static.
macro_rules! batch {
    ($visibility:vis $name:ident, $template:expr) => {
        $visibility static $name: std::sync::LazyLock<$crate::sql::Batch> =
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
                let parameters = $crate::sql::parameters!(sqlx::Sqlite, statement $(, $bind)*);
                sqlx::query_as_with::<sqlx::Sqlite, $row, _>($crate::sql::Statement::sqlite(&statement, parameters.rows), parameters.arguments).$method(conn).await
            }
            $crate::sql::Conn::Postgres(conn) => {
                let parameters = $crate::sql::parameters!(sqlx::Postgres, statement $(, $bind)*);
                sqlx::query_as_with::<sqlx::Postgres, $row, _>($crate::sql::Statement::postgres(&statement), parameters.arguments).$method(conn).await
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
                let parameters = $crate::sql::parameters!(sqlx::Sqlite, statement $(, $bind)*);
                sqlx::query_with::<sqlx::Sqlite, _>($crate::sql::Statement::sqlite(&statement, parameters.rows), parameters.arguments).execute(conn).await.map(|done| done.rows_affected())
            }
            $crate::sql::Conn::Postgres(conn) => {
                let parameters = $crate::sql::parameters!(sqlx::Postgres, statement $(, $bind)*);
                sqlx::query_with::<sqlx::Postgres, _>($crate::sql::Statement::postgres(&statement), parameters.arguments).execute(conn).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::DbError::from)
    }};
}
macro_rules! parameters {
    ($engine:ty, $statement:ident $(, $bind:expr)*) => {{
        #[allow(unused_mut, reason = "a statement may have no parameters")]
        let mut parameters = $crate::columns::Parameters::<$engine>::default();
        $( $crate::columns::Bind::<$engine>::bind($bind, &mut parameters, &$statement).map_err($crate::DbError::from)?; )*
        parameters
    }};
}
pub(crate) use {batch, execute, fetch_all, fetch_one, fetch_optional, parameters, run_rows};
