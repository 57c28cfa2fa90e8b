//! What people are called, and their usernames and numbers, as the batch tells of them.

use super::{super::Person, Resolved};
use crate::{
    ingest::IdentityKey,
    model::{IdentityKind, NameSource},
    normalize_phone,
};

/// Longest name that is kept, in characters.
const MAX_NAME: usize = 200;

impl Resolved {
    /// Takes over better names; returns whether anything changed.
    pub(super) fn learn(&mut self, person: &Person) -> bool {
        let before = (self.summary.clone(), self.profile_name.clone());
        if let Some(username) = clean(person.username.as_deref()) {
            self.summary.username = Some(username);
        }
        if let Some(name) = clean(person.profile_name.as_deref()) {
            self.profile_name = Some(name);
        }
        if self.summary.phone.is_none() {
            self.summary.phone = person.keys.iter().find_map(phone_of);
        }
        self.choose_name(clean(person.book_name.as_deref()));
        before != (self.summary.clone(), self.profile_name.clone())
    }

    /// manual > profile > username > number; a worse source never replaces a better one.
    fn choose_name(&mut self, book_name: Option<String>) {
        let (name, source) = if let Some(name) = book_name {
            (name, NameSource::Manual)
        } else if let Some(name) = self.profile_name.clone() {
            (name, NameSource::Profile)
        } else if let Some(name) = self.summary.username.clone() {
            (format!("@{name}"), NameSource::Username)
        } else {
            (
                stand_in(
                    self.summary.phone.as_deref(),
                    self.identities.first().map(|id| id.value.as_str()),
                ),
                NameSource::Number,
            )
        };
        let is_better = source >= self.summary.name_source || self.summary.name.is_empty();
        let is_other = name != self.summary.name || source != self.summary.name_source;
        if is_better && is_other {
            self.summary.name = name;
            self.summary.name_source = source;
            self.has_new_name = true;
        }
    }
}

fn clean(name: Option<&str>) -> Option<String> {
    let name: String = name?
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The number that an id is, as it is shown.
pub(crate) fn phone_of(key: &IdentityKey) -> Option<String> {
    if key.kind == IdentityKind::Phone {
        normalize_phone(&key.value)
    } else {
        None
    }
}

/// What to call somebody without a name: the number, else the id with its middle masked.
pub(crate) fn stand_in(phone: Option<&str>, id: Option<&str>) -> String {
    if let Some(phone) = phone {
        return phone.to_owned();
    }
    let value = id.unwrap_or_default();
    let tail: String = value
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let head: String = value.chars().take_while(|c| *c != '.').take(2).collect();
    format!("{head}…{tail}")
}
