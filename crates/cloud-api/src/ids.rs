//! The names by which Meta calls a person: phone (`wa_id`), business-scoped user id (BSUID), its parent, username.
//!
//! Called by every decoder in [`crate::webhook`] and by the server's contact resolution. Values are told apart by
//! their shape before anything else, because BSUIDs were seen in the field inside `from` and `wa_id`, where a
//! phone-number rewrite would corrupt them.

use serde::{Deserialize, Serialize};

/// Everything one payload says about who a person is. Any part may be missing: since 2026 a person with a username
/// may come without a phone, and a failed status comes without a BSUID (Meta webhook reference, "Business-scoped
/// user IDs").
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomerIds {
    /// Phone number as digits, country code first, no `+`. Changes when the person changes their number.
    pub wa_id: Option<String>,
    /// Business-scoped user id, `CC.…`. Regenerated when the phone number changes.
    pub bsuid: Option<String>,
    /// Parent business-scoped user id, `CC.ENT.…`; only for businesses that Meta enrolled.
    pub parent_bsuid: Option<String>,
    /// Username without the leading `@`. Never a key: it may belong to another person tomorrow.
    pub username: Option<String>,
    /// Name from the person's WhatsApp profile.
    pub profile_name: Option<String>,
}

impl CustomerIds {
    /// Whether nothing here identifies anyone. A username or a profile name alone identifies nobody.
    pub fn is_anonymous(&self) -> bool {
        self.wa_id.is_none() && self.bsuid.is_none() && self.parent_bsuid.is_none()
    }

    /// Whether both name the same phone, BSUID or parent BSUID.
    pub fn shares_id_with(&self, other: &Self) -> bool {
        same(self.wa_id.as_ref(), other.wa_id.as_ref())
            || same(self.bsuid.as_ref(), other.bsuid.as_ref())
            || same(self.parent_bsuid.as_ref(), other.parent_bsuid.as_ref())
    }

    /// Whether both give an id of the same kind and the two differ, so that they cannot be taken for one person.
    pub fn contradicts(&self, other: &Self) -> bool {
        differ(self.wa_id.as_ref(), other.wa_id.as_ref())
            || differ(self.bsuid.as_ref(), other.bsuid.as_ref())
            || differ(self.parent_bsuid.as_ref(), other.parent_bsuid.as_ref())
    }

    /// Takes from `other` what is missing here; what is known stays.
    pub fn fill_from(&mut self, other: &Self) {
        fill(&mut self.wa_id, other.wa_id.as_ref());
        fill(&mut self.bsuid, other.bsuid.as_ref());
        fill(&mut self.parent_bsuid, other.parent_bsuid.as_ref());
        fill(&mut self.username, other.username.as_ref());
        fill(&mut self.profile_name, other.profile_name.as_ref());
    }

    /// Reads the value of a phone field (`from`, `wa_id`, `recipient_id`, …): by shape a BSUID, else digits, else
    /// nothing. An empty string is absent (seen in the field).
    pub fn add_phone_field(&mut self, value: Option<&str>) {
        let Some(value) = filled(value) else { return };
        if self.add_by_shape(value) {
            return;
        }
        if self.wa_id.is_none() {
            self.wa_id = phone_digits(value);
        }
    }

    /// Reads the value of a user id field (`user_id`, `from_user_id`, …). A value that does not look like a BSUID
    /// (seen in the field) is kept as it is: it is still Meta's own name for the person.
    pub fn add_user_id_field(&mut self, value: Option<&str>) {
        let Some(value) = filled(value) else { return };
        if !self.add_by_shape(value) && self.bsuid.is_none() {
            self.bsuid = Some(value.to_owned());
        }
    }

    /// Reads the value of a parent user id field (`parent_user_id`, `from_parent_user_id`, …).
    pub fn add_parent_id_field(&mut self, value: Option<&str>) {
        if let (Some(value), None) = (filled(value), &self.parent_bsuid) {
            self.parent_bsuid = Some(value.to_owned());
        }
    }

    /// Reads a username, with or without `@`.
    pub fn add_username(&mut self, value: Option<&str>) {
        let bare = filled(value).map(|name| name.trim_start_matches('@'));
        fill(&mut self.username, filled(bare).map(str::to_owned).as_ref());
    }

    /// Reads a profile name.
    pub fn add_profile_name(&mut self, value: Option<&str>) {
        fill(
            &mut self.profile_name,
            filled(value).map(str::to_owned).as_ref(),
        );
    }

    fn add_by_shape(&mut self, value: &str) -> bool {
        if !is_bsuid(value) {
            return false;
        }
        let slot = if is_parent_bsuid(value) {
            &mut self.parent_bsuid
        } else {
            &mut self.bsuid
        };
        if slot.is_none() {
            *slot = Some(value.to_owned());
        }
        true
    }
}

/// Whether `value` has the shape of a BSUID or a parent BSUID: `^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$`
/// (Meta webhook reference; the expression is the one client libraries use).
pub fn is_bsuid(value: &str) -> bool {
    let Some((country, rest)) = value.split_once('.') else {
        return false;
    };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether `value` has the shape of a parent BSUID (`CC.ENT.…`).
pub fn is_parent_bsuid(value: &str) -> bool {
    is_bsuid(value) && value.get(2..).is_some_and(|rest| rest.starts_with(".ENT."))
}

/// The digits of a phone number written with or without `+`, blanks, dashes and brackets; `None` for anything else.
fn phone_digits(value: &str) -> Option<String> {
    let mut digits = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '0'..='9' => digits.push(char),
            '+' | ' ' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}

fn filled(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

fn same(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_some() && one == other
}

fn differ(one: Option<&String>, other: Option<&String>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn fill(slot: &mut Option<String>, value: Option<&String>) {
    if slot.is_none() {
        *slot = value.cloned();
    }
}
