//! A strict reader of request parameters that words its complaints as Meta does.
//! Used by all checks of `POST /{phone_number_id}/messages`.

use serde_json::{Map, Value};

use super::error::GraphError;

/// One parameter of a request and its name as Meta writes it, e.g. `text['body']`.
pub(crate) struct Param<'a> {
    name: String,
    pub(crate) value: &'a Value,
}

impl<'a> Param<'a> {
    pub(crate) fn new(name: &str, value: &'a Value) -> Self {
        Self {
            name: name.to_owned(),
            value,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let name = if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}['{key}']", self.name)
        };
        Self { name, value }
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>, GraphError> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("must be a JSON object"))
    }

    pub(crate) fn items(&self) -> Result<Vec<Param<'a>>, GraphError> {
        let items = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong("must be an array"))?;
        Ok(items
            .iter()
            .enumerate()
            .map(|(index, value)| Self {
                name: format!("{}[{index}]", self.name),
                value,
            })
            .collect())
    }

    /// Refuses members outside this list.
    pub(crate) fn only(&self, keys: &[&str]) -> Result<&Self, GraphError> {
        for key in self.object()?.keys() {
            if !keys.contains(&key.as_str()) {
                return Err(GraphError::invalid(format!(
                    "Unexpected key \"{key}\" on param \"{}\".",
                    self.name
                )));
            }
        }
        Ok(self)
    }

    /// A member that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<Param<'a>, GraphError> {
        self.optional(key)?
            .ok_or_else(|| GraphError::missing(&self.child(key, self.value).name))
    }

    /// A member that may be absent or null.
    pub(crate) fn optional(&self, key: &str) -> Result<Option<Param<'a>>, GraphError> {
        let found = self.object()?.get(key).filter(|value| !value.is_null());
        Ok(found.map(|value| self.child(key, value)))
    }

    /// A non-empty string of at most `most` characters.
    pub(crate) fn text(&self, most: usize) -> Result<&'a str, GraphError> {
        let text = self.any_text(most)?;
        if text.trim().is_empty() {
            return Err(self.wrong("must be a non-empty string"));
        }
        Ok(text)
    }

    /// A string of at most `most` characters, possibly empty.
    pub(crate) fn any_text(&self, most: usize) -> Result<&'a str, GraphError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.wrong("must be a string"))?;
        if text.chars().count() > most {
            return Err(self.wrong(&format!("must be at most {most} characters long")));
        }
        Ok(text)
    }

    /// An optional member that is a string of at most `most` characters.
    pub(crate) fn optional_text(
        &self,
        key: &str,
        most: usize,
    ) -> Result<Option<&'a str>, GraphError> {
        self.optional(key)?
            .map(|param| param.text(most))
            .transpose()
    }

    pub(crate) fn flag(&self) -> Result<bool, GraphError> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("must be a boolean"))
    }

    /// A number (also written as a string) within bounds.
    pub(crate) fn number(&self, least: f64, most: f64) -> Result<f64, GraphError> {
        let number = match self.value {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| self.wrong(&format!("must be a number from {least} to {most}")))
    }

    /// One of a closed set of words.
    pub(crate) fn one_of(&self, words: &[&str]) -> Result<&'a str, GraphError> {
        self.value
            .as_str()
            .filter(|word| words.contains(word))
            .ok_or_else(|| self.wrong(&format!("must be one of {{{}}}", words.join(", "))))
    }

    /// Checks how many items a list has.
    pub(crate) fn between(&self, least: usize, most: usize) -> Result<Vec<Param<'a>>, GraphError> {
        let items = self.items()?;
        if (least..=most).contains(&items.len()) {
            Ok(items)
        } else {
            Err(self.wrong(&format!("must have {least} to {most} elements")))
        }
    }

    pub(crate) fn wrong(&self, how: &str) -> GraphError {
        GraphError::invalid(format!("Param {} {how}.", self.name))
    }
}
