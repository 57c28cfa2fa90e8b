//! A batch of rows on its way into a statement: one array per column for PostgreSQL, where `unnest` makes rows of them, and one parameter per cell for
//! SQLite. Either costs a fraction of what a JSON document of the rows does. Used by the macros of [`crate::sql`].

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeStruct},
};
use sqlx::{
    Arguments as _, Database, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo},
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

/// The cells of rows, by column.
fn split<C: Cells>(
    rows: &[impl Serialize],
    of: &impl Statement,
) -> Result<Vec<Column<C>>, sqlx::Error> {
    let mut columns: Vec<Column<C>> = of.columns().iter().map(Column::new).collect();
    for (count, row) in (1..).zip(rows) {
        row.serialize(RowSplitter {
            columns: &mut columns,
            next: 0,
        })
        .map_err(unfit)?;
        for column in columns.iter_mut().filter(|column| column.count < count) {
            column.push_null();
        }
    }
    Ok(columns)
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

/// One column of rows, its cells as an engine wants them.
#[derive(Debug)]
struct Column<C> {
    name: &'static str,
    kind: Kind,
    count: i32,
    has_null: bool,
    cells: C,
}

/// How an engine wants cells.
trait Cells: Default {
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
#[derive(Debug)]
enum Value {
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
    fn new(name: &ColumnName) -> Self {
        Self {
            name: name.name,
            kind: name.kind,
            count: 0,
            has_null: false,
            cells: C::default(),
        }
    }

    fn push_null(&mut self) {
        self.cells.null();
        self.has_null = true;
        self.count += 1;
    }

    /// The cells, for one more of this kind.
    fn next(&mut self, kind: Kind) -> Result<&mut C, serde_json::Error> {
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

/// Puts the members of one row into their columns.
struct RowSplitter<'a, C> {
    columns: &'a mut [Column<C>],
    /// Where the next member is expected: structs mostly name their members in the statement's order.
    next: usize,
}

impl<C: Cells> RowSplitter<'_, C> {
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

impl<C: Cells> SerializeStruct for RowSplitter<'_, C> {
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
struct MapSplitter<'a, C> {
    row: RowSplitter<'a, C>,
    key: String,
}

impl<C: Cells> SerializeMap for MapSplitter<'_, C> {
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
struct Cell<'a, C>(&'a mut Column<C>);

type Never = Impossible<(), serde_json::Error>;

/// Kinds of values that no column holds.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $answer:ty;)*) => { $(
        fn $method(self, $(_: $argument),*) -> Result<$answer, Self::Error> {
            Err(Self::Error::custom(concat!(stringify!($method), ": not a value of a row")))
        }
    )* };
}

impl<C: Cells> Serializer for Cell<'_, C> {
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
        self.0
            .next(Kind::Text)?
            .text(value)
            .map_err(Self::Error::custom)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Self::Error> {
        self.0.next(Kind::BigInt)?.number(value);
        Ok(())
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
        self.0.next(Kind::Boolean)?.boolean(value);
        Ok(())
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

impl<'a, C: Cells> Serializer for RowSplitter<'a, C> {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = MapSplitter<'a, C>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Self::Error> {
        Ok(self)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<MapSplitter<'a, C>, Self::Error> {
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
