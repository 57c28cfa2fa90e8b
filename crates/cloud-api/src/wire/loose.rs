//! Leaves that take whatever comes: text, numbers, flags, objects, lists.
//!
//! A value of the wrong type is read as absent, so that it cannot fail the message around it. Used by every structure
//! in [`crate::wire`].

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Text; numbers and flags are read as their text, an empty string as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text(pub(crate) Option<String>);

impl Text {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn or(self, other: Self) -> Option<String> {
        self.0.or(other.0)
    }
}

/// A whole number, also when written as text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Int(pub(crate) Option<i64>);

impl Int {
    /// A time in Unix seconds (or already in milliseconds, as its size tells), in milliseconds.
    pub(crate) fn time_ms(self) -> Option<i64> {
        const FIRST_MILLISECONDS: i64 = 100_000_000_000;
        self.0.filter(|value| *value > 0).map(|value| {
            if value < FIRST_MILLISECONDS {
                value * 1000
            } else {
                value
            }
        })
    }
}

/// A number, also when written as text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Float(pub(crate) Option<f64>);

/// A flag; absent is false.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flag(pub(crate) bool);

/// An object, or what stands in its place.
#[derive(Clone, Debug, Default)]
pub(crate) enum Node<T> {
    /// Missing or null.
    #[default]
    Absent,
    Object(Box<T>),
    /// Something other than an object.
    Odd,
}

impl<T> Node<T> {
    pub(crate) fn object(self) -> Option<T> {
        match self {
            Self::Object(object) => Some(*object),
            Self::Absent | Self::Odd => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&T> {
        match self {
            Self::Object(object) => Some(object),
            Self::Absent | Self::Odd => None,
        }
    }
}

impl<T: Default> Node<T> {
    pub(crate) fn or_default(self) -> T {
        self.object().unwrap_or_default()
    }
}

/// A list, or what stands in its place.
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// Something other than a list (or null) stands here.
    pub(crate) odd: bool,
    /// A list stands here, be it empty.
    pub(crate) present: bool,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            odd: false,
            present: false,
        }
    }
}

impl<T> List<Node<T>> {
    /// The elements that are objects.
    pub(crate) fn objects(self) -> impl Iterator<Item = T> {
        self.items.into_iter().filter_map(Node::object)
    }
}

/// What a visitor makes of each kind of JSON value; anything it does not care about is drained and absent.
trait Leaf: Default {
    fn text(_: &str) -> Self {
        Self::default()
    }
    fn integer(_: i64) -> Self {
        Self::default()
    }
    fn float(_: f64) -> Self {
        Self::default()
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
}

impl Leaf for Text {
    fn text(value: &str) -> Self {
        // PostgreSQL cannot store NUL in text.
        let stored = || {
            if value.contains('\0') {
                value.replace('\0', "\u{fffd}")
            } else {
                value.to_owned()
            }
        };
        Self((!value.is_empty()).then(stored))
    }
    fn integer(value: i64) -> Self {
        Self(Some(value.to_string()))
    }
    fn float(value: f64) -> Self {
        Self(Some(value.to_string()))
    }
    fn flag(value: bool) -> Self {
        Self(Some(value.to_string()))
    }
}

impl Leaf for Int {
    fn text(value: &str) -> Self {
        let value = value.trim();
        Self(
            value
                .parse()
                .ok()
                .or_else(|| Self::float(value.parse().ok()?).0),
        )
    }
    fn integer(value: i64) -> Self {
        Self(Some(value))
    }
    fn float(value: f64) -> Self {
        Self(format!("{:.0}", value.trunc()).parse().ok())
    }
}

impl Leaf for Float {
    fn text(value: &str) -> Self {
        Self(
            value
                .trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite()),
        )
    }
    fn integer(value: i64) -> Self {
        Self::text(&value.to_string())
    }
    fn float(value: f64) -> Self {
        Self(Some(value))
    }
}

impl Leaf for Flag {
    fn text(value: &str) -> Self {
        Self(value.eq_ignore_ascii_case("true") || value == "1")
    }
    fn integer(value: i64) -> Self {
        Self(value == 1)
    }
    fn flag(value: bool) -> Self {
        Self(value)
    }
}

struct LeafVisitor<L>(PhantomData<L>);

impl<'de, L: Leaf> Visitor<'de> for LeafVisitor<L> {
    type Value = L;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }
    fn visit_str<E>(self, value: &str) -> Result<L, E> {
        Ok(L::text(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<L, E> {
        Ok(L::integer(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<L, E> {
        Ok(i64::try_from(value).map_or_else(|_| L::text(&value.to_string()), L::integer))
    }
    fn visit_f64<E>(self, value: f64) -> Result<L, E> {
        Ok(L::float(value))
    }
    fn visit_bool<E>(self, value: bool) -> Result<L, E> {
        Ok(L::flag(value))
    }
    fn visit_unit<E>(self) -> Result<L, E> {
        Ok(L::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<L, A::Error> {
        drain_seq(seq).map(|()| L::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<L, A::Error> {
        drain_map(map).map(|()| L::default())
    }
}

macro_rules! deserialize_leaf {
    ($($leaf:ty),*) => {$(
        impl<'de> Deserialize<'de> for $leaf {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(LeafVisitor(PhantomData))
            }
        }
    )*};
}
deserialize_leaf!(Text, Int, Float, Flag);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Node<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor(PhantomData))
    }
}

struct NodeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NodeVisitor<T> {
    type Value = Node<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Node<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Node::Object(Box::new(object)))
    }
    fn visit_unit<E>(self) -> Result<Node<T>, E> {
        Ok(Node::Absent)
    }
    fn visit_str<E>(self, _: &str) -> Result<Node<T>, E> {
        Ok(Node::Odd)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Node<T>, E> {
        Ok(Node::Odd)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Node<T>, E> {
        Ok(Node::Odd)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Node<T>, E> {
        Ok(Node::Odd)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Node<T>, E> {
        Ok(Node::Odd)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Node<T>, A::Error> {
        drain_seq(seq).map(|()| Node::Odd)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<T> ListVisitor<T> {
    fn odd() -> List<T> {
        List {
            items: Vec::new(),
            odd: true,
            present: false,
        }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(List {
            items,
            odd: false,
            present: true,
        })
    }
    fn visit_unit<E>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }
    fn visit_str<E>(self, _: &str) -> Result<List<T>, E> {
        Ok(Self::odd())
    }
    fn visit_i64<E>(self, _: i64) -> Result<List<T>, E> {
        Ok(Self::odd())
    }
    fn visit_u64<E>(self, _: u64) -> Result<List<T>, E> {
        Ok(Self::odd())
    }
    fn visit_f64<E>(self, _: f64) -> Result<List<T>, E> {
        Ok(Self::odd())
    }
    fn visit_bool<E>(self, _: bool) -> Result<List<T>, E> {
        Ok(Self::odd())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        drain_map(map).map(|()| Self::odd())
    }
}

fn drain_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}
