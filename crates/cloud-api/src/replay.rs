//! Cutting one update out of a delivery, so that it can be stored and replayed alone.
//!
//! Called by [`crate::Update::replayable_json`]. An update remembers the delivery and its own place in it; the cutting
//! is done on demand, on raw text, so that what is kept stays byte for byte what Meta sent.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Lists in `value` that hold other updates. `metadata` and `contacts` belong to all of them and stay.
const SIBLINGS: [&str; 9] = [
    "messages",
    "statuses",
    "message_echoes",
    "user_id_update",
    "user_preferences",
    "history",
    "state_sync",
    "user_actions",
    "errors",
];

/// Where in a delivery an update stands; from the outside in, and as deep as it goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    entry: usize,
    change: Option<usize>,
    list: Option<&'static str>,
    element: Option<usize>,
    thread: Option<usize>,
    message: Option<usize>,
}

impl Place {
    pub(crate) fn entry(entry: usize) -> Self {
        Self {
            entry,
            ..Self::default()
        }
    }
    pub(crate) fn change(self, number: usize) -> Self {
        Self {
            change: Some(number),
            ..self
        }
    }
    /// A whole list in `value`.
    pub(crate) fn list(self, key: &'static str) -> Self {
        Self {
            list: Some(key),
            ..self
        }
    }
    /// One element of a list in `value`.
    pub(crate) fn element(self, key: &'static str, number: usize) -> Self {
        Self {
            list: Some(key),
            element: Some(number),
            ..self
        }
    }
    /// A thread of `history[]`.
    pub(crate) fn thread(self, number: usize) -> Self {
        Self {
            thread: Some(number),
            ..self
        }
    }
    /// A message of a thread.
    pub(crate) fn message(self, number: usize) -> Self {
        Self {
            message: Some(number),
            ..self
        }
    }

    fn steps(self) -> Vec<Step> {
        let into =
            |key, number: Option<usize>| number.map(|number| [Step::Key(key), Step::Index(number)]);
        let mut steps = vec![Step::Key("entry"), Step::Index(self.entry)];
        steps.extend(into("changes", self.change).into_iter().flatten());
        if let Some(list) = self.list {
            steps.extend([Step::Key("value"), Step::ListOf(list)]);
        }
        steps.extend(self.element.map(Step::Index));
        steps.extend(into("threads", self.thread).into_iter().flatten());
        steps.extend(into("messages", self.message).into_iter().flatten());
        steps
    }
}

#[derive(Clone, Copy)]
enum Step {
    /// Into a member; the others stay.
    Key(&'static str),
    /// Into a list of `value`; the lists beside it go.
    ListOf(&'static str),
    /// Into an element; the others go.
    Index(usize),
}

/// The delivery an update came in, and where.
#[derive(Clone)]
pub(crate) struct Source {
    body: Arc<str>,
    place: Place,
}

impl Source {
    pub(crate) fn new(body: Arc<str>, place: Place) -> Self {
        Self { body, place }
    }

    /// A delivery that holds this update alone.
    pub(crate) fn replayable_json(&self) -> String {
        let mut kept = String::new();
        cut(&self.body, &self.place.steps(), &mut kept);
        kept
    }

    /// The `value` around this update, without its siblings.
    pub(crate) fn value(&self) -> Value {
        let delivery: Value = serde_json::from_str(&self.replayable_json()).unwrap_or_default();
        delivery
            .pointer("/entry/0/changes/0/value")
            .cloned()
            .unwrap_or_default()
    }
}

/// Writes what of `raw` lies on the way. Where `raw` is not what the step expects, it is kept whole.
fn cut(raw: &str, steps: &[Step], kept: &mut String) {
    let done = match steps.split_first() {
        None => None,
        Some((Step::Key(key), rest)) => cut_object(raw, key, |_| true, rest, kept),
        Some((Step::ListOf(key), rest)) => {
            cut_object(raw, key, |name| !SIBLINGS.contains(&name), rest, kept)
        }
        Some((Step::Index(number), rest)) => cut_list(raw, *number, rest, kept),
    };
    if done.is_none() {
        kept.push_str(raw);
    }
}

fn cut_object(
    raw: &str,
    key: &str,
    stays: impl Fn(&str) -> bool,
    rest: &[Step],
    kept: &mut String,
) -> Option<()> {
    let Members(members) = serde_json::from_str(raw).ok()?;
    let mut separator = '{';
    for (name, value) in members {
        let is_way = name == key;
        if !is_way && !stays(&name) {
            continue;
        }
        kept.push(separator);
        separator = ',';
        kept.push_str(&Value::from(name).to_string());
        kept.push(':');
        cut(value.get(), if is_way { rest } else { &[] }, kept);
    }
    kept.push_str(if separator == '{' { "{}" } else { "}" });
    Some(())
}

fn cut_list(raw: &str, number: usize, rest: &[Step], kept: &mut String) -> Option<()> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let element = elements.get(number)?;
    kept.push('[');
    cut(element.get(), rest, kept);
    kept.push(']');
    Some(())
}

/// The members of an object in their order, unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
