//! A column of a batch, its cells as an engine wants them.

use serde::ser::Error as _;
use sqlx::{
    Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo},
};

use super::{ColumnName, Kind};

/// One column of rows, its cells as an engine wants them.
#[derive(Debug)]
pub(super) struct Column<C> {
    pub name: &'static str,
    kind: Kind,
    pub count: i32,
    pub has_null: bool,
    pub cells: C,
}

/// How an engine wants cells.
pub(super) trait Cells: Default {
    fn null(&mut self);
    fn text(&mut self, text: &str) -> Result<(), std::num::TryFromIntError>;
    fn number(&mut self, number: i64);
    fn boolean(&mut self, boolean: bool);
}

/// PostgreSQL's binary format of an array's members: length and bytes, −1 for NULL.
impl Cells for Vec<u8> {
    fn null(&mut self) {
        self.extend((-1_i32).to_be_bytes());
    }

    fn text(&mut self, text: &str) -> Result<(), std::num::TryFromIntError> {
        self.extend(i32::try_from(text.len())?.to_be_bytes());
        self.extend(text.as_bytes());
        Ok(())
    }

    fn number(&mut self, number: i64) {
        self.extend(8_i32.to_be_bytes());
        self.extend(number.to_be_bytes());
    }

    fn boolean(&mut self, boolean: bool) {
        self.extend(1_i32.to_be_bytes());
        self.push(u8::from(boolean));
    }
}

/// A cell for SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    Number(i64),
}

impl Cells for Vec<Value> {
    fn null(&mut self) {
        self.push(Value::Null);
    }

    fn text(&mut self, text: &str) -> Result<(), std::num::TryFromIntError> {
        self.push(Value::Text(text.to_owned()));
        Ok(())
    }

    fn number(&mut self, number: i64) {
        self.push(Value::Number(number));
    }

    fn boolean(&mut self, boolean: bool) {
        self.push(Value::Number(boolean.into()));
    }
}

impl<C: Cells> Column<C> {
    pub(super) fn new(name: &ColumnName) -> Self {
        Self {
            name: name.name,
            kind: name.kind,
            count: 0,
            has_null: false,
            cells: C::default(),
        }
    }

    pub(super) fn push_null(&mut self) {
        self.cells.null();
        self.has_null = true;
        self.count += 1;
    }

    /// The cells, for one more of this kind.
    pub(super) fn next(&mut self, kind: Kind) -> Result<&mut C, serde_json::Error> {
        if kind == self.kind {
            self.count += 1;
            return Ok(&mut self.cells);
        }
        Err(serde_json::Error::custom(format!(
            "{} is {}, not {}",
            self.name,
            self.kind.name(),
            kind.name()
        )))
    }
}

impl Type<Postgres> for Column<Vec<u8>> {
    fn type_info() -> PgTypeInfo {
        <Vec<String> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Column<Vec<u8>> {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(match self.kind {
            Kind::Text => <Vec<String> as Type<Postgres>>::type_info(),
            Kind::BigInt => <Vec<i64> as Type<Postgres>>::type_info(),
            Kind::Boolean => <Vec<bool> as Type<Postgres>>::type_info(),
        })
    }

    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let dimensions = i32::from(self.count > 0);
        buffer.extend(dimensions.to_be_bytes());
        buffer.extend(i32::from(self.has_null).to_be_bytes());
        buffer.extend(self.kind.oid().to_be_bytes());
        if self.count > 0 {
            buffer.extend(self.count.to_be_bytes());
            buffer.extend(1_i32.to_be_bytes());
            buffer.extend(&self.cells);
        }
        Ok(IsNull::No)
    }
}
