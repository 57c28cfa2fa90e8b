//! Takes rows apart: a serializer whose output are the columns of a batch. What is no row, or no value of its column, is refused.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeStruct},
};

use super::{
    Kind,
    cells::{Cells, Column},
    unfit,
};
use crate::sql::Statement;

/// The cells of rows, by column.
pub(super) fn split<C: Cells>(
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
