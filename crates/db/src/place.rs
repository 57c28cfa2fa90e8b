//! A place in a list that sorts by time and then by id: the cursor of conversations, messages and contacts.

use std::{
    fmt::{Display, Formatter},
    str::FromStr,
};

use crate::{Id, Millis};

/// Said of what is not one.
const REFUSED: &str = "not a cursor of this list";

/// Stands for a time that there is not.
const NO_TIME: &str = "-";

/// A place in a list. Its time is a [`Millis`], or an `Option` of it where some of the list have none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<I, T = Millis> {
    /// By which the list sorts first. Unix milliseconds.
    pub at: T,
    /// Tells those of the same time apart.
    pub id: I,
}

impl<I: Id> Place<I> {
    /// As statements compare it.
    pub(crate) fn key(&self) -> (Millis, &str) {
        (self.at, self.id.as_str())
    }
}

impl<I: Display> Display for Place<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl<I: Display> Display for Place<I, Option<Millis>> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Some(at) => write!(f, "{at}.{}", self.id),
            None => write!(f, "{NO_TIME}.{}", self.id),
        }
    }
}

fn parts<I: FromStr>(text: &str) -> Result<(&str, I), String> {
    let (at, id) = text.split_once('.').ok_or(REFUSED)?;
    Ok((at, id.parse().map_err(|_| REFUSED)?))
}

impl<I: FromStr> FromStr for Place<I> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = parts(text)?;
        let at = at.parse().map_err(|_| REFUSED)?;
        Ok(Self { at, id })
    }
}

impl<I: FromStr> FromStr for Place<I, Option<Millis>> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = parts(text)?;
        let at = match at {
            NO_TIME => None,
            at => Some(at.parse().map_err(|_| REFUSED)?),
        };
        Ok(Self { at, id })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ids::ContactId;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let id = ContactId::new(7);
        let place: Place<ContactId> = format!("7.{id}").parse().unwrap();
        assert_eq!(place.to_string(), format!("7.{id}"));
        for at in [None, Some(-5)] {
            let place = Place { at, id: id.clone() };
            assert_eq!(
                place
                    .to_string()
                    .parse::<Place<ContactId, Option<Millis>>>(),
                Ok(place)
            );
        }
        for wrong in ["", "7", "x.y", "-.con", &format!("-.{id}")] {
            assert!(wrong.parse::<Place<ContactId>>().is_err(), "{wrong}");
        }
    }
}
