//! A batch of rows on its way into a statement: one array per column for PostgreSQL, where `unnest` makes rows of them, and one parameter per cell for
//! SQLite. Either costs a fraction of what a JSON document of the rows does. Used by the macros of [`crate::sql`].
//!
//! [`split`] takes rows apart, [`cells`] holds a column as an engine wants it.

mod cells;
mod split;
#[cfg(test)]
mod tests;

use serde::Serialize;
use sqlx::{Arguments as _, Database, Encode, Postgres, Sqlite, Type};

use crate::sql::Statement;
use cells::Value;
use split::split;

/// Rows for a statement that says `{rows: …}`. Every column is a member of the row's struct; a member that is left out is NULL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a, T>(pub &'a [T]);

/// A row that is an id.
#[derive(Debug, Serialize)]
pub(crate) struct IdRow<'a, T: ?Sized> {
    id: &'a T,
}

/// Ids as rows, for `{rows: id TEXT}`.
pub(crate) fn id_rows<'a, T: ?Sized>(ids: impl IntoIterator<Item = &'a T>) -> Vec<IdRow<'a, T>> {
    ids.into_iter().map(|id| IdRow { id }).collect()
}

/// The parameters of a statement, and how many rows they hold.
pub(crate) struct Parameters<D: Database> {
    pub arguments: D::Arguments,
    pub rows: usize,
}

impl<D: Database> Default for Parameters<D> {
    fn default() -> Self {
        Self {
            arguments: D::Arguments::default(),
            rows: 0,
        }
    }
}

/// What can stand for a parameter of a statement.
pub(crate) trait Bind<D: Database> {
    /// Adds itself to the parameters.
    fn bind(self, to: &mut Parameters<D>, of: &impl Statement) -> Result<(), sqlx::Error>;
}

impl<'q, D: Database, T: Encode<'q, D> + Type<D>> Bind<D> for T {
    fn bind(self, to: &mut Parameters<D>, _of: &impl Statement) -> Result<(), sqlx::Error> {
        to.arguments.add(self).map_err(sqlx::Error::Encode)
    }
}

impl<T: Serialize> Bind<Sqlite> for Rows<'_, T> {
    fn bind(self, to: &mut Parameters<Sqlite>, of: &impl Statement) -> Result<(), sqlx::Error> {
        to.rows = self.0.len();
        let Some(places) = sqlite_places(to.rows) else {
            let json = serde_json::to_string(self.0).map_err(unfit)?;
            return to.arguments.add(json).map_err(sqlx::Error::Encode);
        };
        let mut columns = split::<Vec<Value>>(self.0, of)?;
        if columns.first().is_some_and(|first| first.has_null) {
            let reason = "the first column of rows is never NULL";
            return Err(sqlx::Error::Encode(reason.into()));
        }
        let mut cells: Vec<_> = columns
            .iter_mut()
            .map(|column| column.cells.drain(..))
            .collect();
        for _ in 0..places {
            for cell in &mut cells {
                let added = match cell.next() {
                    Some(Value::Text(text)) => to.arguments.add(text),
                    Some(Value::Number(number)) => to.arguments.add(number),
                    Some(Value::Null) | None => to.arguments.add(None::<i64>),
                };
                added.map_err(sqlx::Error::Encode)?;
            }
        }
        Ok(())
    }
}

impl<T: Serialize> Bind<Postgres> for Rows<'_, T> {
    fn bind(self, to: &mut Parameters<Postgres>, of: &impl Statement) -> Result<(), sqlx::Error> {
        to.rows = self.0.len();
        split::<Vec<u8>>(self.0, of)?
            .into_iter()
            .try_for_each(|column| to.arguments.add(column).map_err(sqlx::Error::Encode))
    }
}

/// For how many rows SQLite's statement has places: few sizes, so that few statements are prepared; the places left over are NULL. `None` for so many
/// rows that they come as JSON, which costs several times as much a row, but knows no bound.
pub(crate) fn sqlite_places(rows: usize) -> Option<usize> {
    SQLITE_PLACES.into_iter().find(|places| rows <= *places)
}

/// Sizes of [`sqlite_places`].
pub(crate) const SQLITE_PLACES: [usize; 5] = [1, 4, 16, 64, 256];

fn unfit(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(error.into())
}

/// What a column of a batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    BigInt,
    Boolean,
}

impl Kind {
    /// Its name in SQL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::BigInt => "bigint",
            Self::Boolean => "boolean",
        }
    }

    /// The fixed object id of its type in PostgreSQL (`pg_type.dat`).
    fn oid(self) -> u32 {
        match self {
            Self::Text => 25,
            Self::BigInt => 20,
            Self::Boolean => 16,
        }
    }
}

/// A column's name and kind.
#[derive(Debug, Clone)]
pub(crate) struct ColumnName {
    pub name: &'static str,
    pub kind: Kind,
}
