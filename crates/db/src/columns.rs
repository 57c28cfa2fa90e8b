//! A batch of rows on its way into a statement: one array per column for PostgreSQL, where `unnest` reads them at a fraction of what JSON costs, and
//! one JSON array for SQLite. Used by the macros of [`crate::sql`].

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeStruct},
};
use sqlx::{
    Arguments as _, Database, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo},
    sqlite::SqliteArguments,
};

use crate::sql::Statement;

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

/// What can stand for a parameter of a statement.
pub(crate) trait Bind<D: Database> {
    /// Adds itself to the arguments.
    fn bind(self, to: &mut D::Arguments, of: &impl Statement) -> Result<(), sqlx::Error>;
}

impl<'q, D: Database, T: Encode<'q, D> + Type<D>> Bind<D> for T {
    fn bind(self, to: &mut D::Arguments, _of: &impl Statement) -> Result<(), sqlx::Error> {
        to.add(self).map_err(sqlx::Error::Encode)
    }
}

impl<T: Serialize> Bind<Sqlite> for Rows<'_, T> {
    fn bind(self, to: &mut SqliteArguments, _of: &impl Statement) -> Result<(), sqlx::Error> {
        let json = serde_json::to_string(self.0).map_err(unfit)?;
        to.add(json).map_err(sqlx::Error::Encode)
    }
}

impl<T: Serialize> Bind<Postgres> for Rows<'_, T> {
    fn bind(self, to: &mut PgArguments, of: &impl Statement) -> Result<(), sqlx::Error> {
        let mut columns: Vec<Column> = of.columns().iter().map(Column::new).collect();
        for (count, row) in (1..).zip(self.0) {
            row.serialize(RowSplitter {
                columns: &mut columns,
                next: 0,
            })
            .map_err(unfit)?;
            for column in columns.iter_mut().filter(|column| column.count < count) {
                column.push_null();
            }
        }
        columns
            .into_iter()
            .try_for_each(|column| to.add(column).map_err(sqlx::Error::Encode))
    }
}

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

/// The cells of a column as PostgreSQL's binary format has them in an array: length and bytes, −1 for NULL.
#[derive(Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    count: i32,
    has_null: bool,
    cells: Vec<u8>,
}

impl Column {
    fn new(name: &ColumnName) -> Self {
        Self {
            name: name.name,
            kind: name.kind,
            count: 0,
            has_null: false,
            cells: Vec::new(),
        }
    }

    fn push_null(&mut self) {
        self.cells.extend((-1_i32).to_be_bytes());
        self.has_null = true;
        self.count += 1;
    }

    fn push(&mut self, kind: Kind, bytes: &[u8]) -> Result<(), serde_json::Error> {
        if kind != self.kind {
            return Err(serde_json::Error::custom(format!(
                "{} is {}, not {}",
                self.name,
                self.kind.name(),
                kind.name()
            )));
        }
        let length = i32::try_from(bytes.len()).map_err(serde_json::Error::custom)?;
        self.cells.extend(length.to_be_bytes());
        self.cells.extend(bytes);
        self.count += 1;
        Ok(())
    }
}

impl Type<Postgres> for Column {
    fn type_info() -> PgTypeInfo {
        <Vec<String> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Column {
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

/// Puts the members of one row into their columns.
struct RowSplitter<'a> {
    columns: &'a mut [Column],
    /// Where the next member is expected: structs mostly name their members in the statement's order.
    next: usize,
}

impl RowSplitter<'_> {
    fn take<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        value: &T,
    ) -> Result<(), serde_json::Error> {
        let expected = self
            .columns
            .get(self.next)
            .is_some_and(|column| column.name == name);
        if !expected {
            let Some(at) = self.columns.iter().position(|column| column.name == name) else {
                // The statement does not ask for it.
                return Ok(());
            };
            self.next = at;
        }
        let Some(column) = self.columns.get_mut(self.next) else {
            return Ok(());
        };
        self.next += 1;
        value.serialize(Cell(column))
    }
}

impl SerializeStruct for RowSplitter<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        self.take(name, value)
    }

    fn end(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A struct with a flattened member comes as a map.
struct MapSplitter<'a> {
    row: RowSplitter<'a>,
    key: String,
}

impl SerializeMap for MapSplitter<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Self::Error> {
        self.key = match serde_json::to_value(key)? {
            serde_json::Value::String(key) => key,
            other => return Err(Self::Error::custom(format!("{other} names no column"))),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.row.take(&std::mem::take(&mut self.key), value)
    }

    fn end(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Takes one value.
struct Cell<'a>(&'a mut Column);

type Never = Impossible<(), serde_json::Error>;

/// Kinds of values that no column holds.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $answer:ty;)*) => { $(
        fn $method(self, $(_: $argument),*) -> Result<$answer, Self::Error> {
            Err(Self::Error::custom(concat!(stringify!($method), ": not a value of a row")))
        }
    )* };
}

impl Serializer for Cell<'_> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, value: &str) -> Result<(), Self::Error> {
        self.0.push(Kind::Text, value.as_bytes())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Self::Error> {
        self.0.push(Kind::BigInt, &value.to_be_bytes())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Self::Error> {
        self.serialize_i64(i64::try_from(value).map_err(Self::Error::custom)?)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Self::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Self::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Self::Error> {
        self.0.push(Kind::Boolean, &[u8::from(value)])
    }

    fn serialize_none(self) -> Result<(), Self::Error> {
        self.0.push_null();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Self::Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Self::Error> {
        Err(Self::Error::custom("not a value of a row"))
    }

    refuse! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

impl<'a> Serializer for RowSplitter<'a> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = MapSplitter<'a>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Self::Error> {
        Ok(self)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<MapSplitter<'a>, Self::Error> {
        Ok(MapSplitter {
            row: self,
            key: String::new(),
        })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Self::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Self::Error> {
        Err(Self::Error::custom("not a row"))
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
