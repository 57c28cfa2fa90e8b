//! The simulated people: who they are, by which ids they can be found, and whether their number shows.
//! Used by the engine when a customer acts and when a business writes to one.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::ids;

/// One simulated person with a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Our own id, `cus_…`; never seen by the business.
    pub id: String,
    /// The WhatsApp profile name; a profile can be without one.
    pub name: Option<String>,
    /// Phone number as digits, the `wa_id`.
    pub wa_id: String,
    /// Business-scoped user id (BSUID).
    pub user_id: String,
    /// WhatsApp username, without `@`.
    pub username: Option<String>,
    /// Hide the number from businesses; works only together with a username, as in WhatsApp.
    pub hide_phone: bool,
    /// Whether the phone is on: messages to a phone that is off stay at `sent`.
    pub phone_on: bool,
}

impl Customer {
    /// Whether this person's phone number is withheld from businesses.
    pub fn hides_phone(&self) -> bool {
        self.hide_phone && self.username.is_some()
    }
}

/// What it takes to invent a customer; everything missing is made up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewCustomer {
    /// Profile name.
    pub name: Option<String>,
    /// Phone number; anything but digits is ignored.
    pub phone: Option<String>,
    /// Business-scoped user id, if a particular one is wanted.
    pub user_id: Option<String>,
    /// Username without `@`.
    pub username: Option<String>,
    /// Hide the number (needs a username).
    pub hide_phone: bool,
}

impl NewCustomer {
    /// Somebody with a name and a phone number.
    pub fn named(name: &str, phone: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            phone: Some(phone.to_owned()),
            ..Self::default()
        }
    }

    /// Somebody with a username who hides the phone number.
    pub fn with_username(name: &str, username: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            username: Some(username.to_owned()),
            hide_phone: true,
            ..Self::default()
        }
    }
}

/// All customers, found by our id, phone number or user id (present or past).
#[derive(Debug, Default)]
pub(crate) struct Customers {
    by_id: BTreeMap<String, Customer>,
    by_alias: HashMap<String, String>,
    order: Vec<String>,
}

impl Customers {
    /// Adds a person, or returns the one who already has that number, user id or username.
    pub(crate) fn add(&mut self, new: NewCustomer) -> Customer {
        let wa_id = match digits(new.phone.as_deref().unwrap_or_default()) {
            given if given.is_empty() => self.unused_number(),
            given => given,
        };
        let username = new.username.and_then(clean_username);
        let known = self
            .find(&wa_id)
            .or_else(|| self.find(new.user_id.as_deref()?))
            .or_else(|| self.find_username(username.as_deref()?));
        if let Some(known) = known {
            return known.clone();
        }
        let customer = Customer {
            id: ids::new_customer_id(),
            name: new.name.filter(|name| !name.trim().is_empty()),
            user_id: new
                .user_id
                .unwrap_or_else(|| ids::new_user_id(ids::country_of(&wa_id))),
            wa_id,
            username,
            hide_phone: new.hide_phone,
            phone_on: true,
        };
        self.order.push(customer.id.clone());
        self.put(customer.clone());
        customer
    }

    /// Stores a changed customer and makes it findable under its present ids.
    pub(crate) fn put(&mut self, customer: Customer) {
        for alias in [&customer.wa_id, &customer.user_id] {
            self.by_alias.insert(alias.clone(), customer.id.clone());
        }
        self.by_id.insert(customer.id.clone(), customer);
    }

    /// Makes a customer findable under another form of the number.
    pub(crate) fn add_form(&mut self, id: &str, phone: &str) {
        self.by_alias.insert(digits(phone), id.to_owned());
    }

    /// Frees a phone number that its owner gave up.
    pub(crate) fn release(&mut self, alias: &str) {
        self.by_alias.remove(alias);
    }

    /// Finds by our id, phone number (digits) or user id.
    pub(crate) fn find(&self, key: &str) -> Option<&Customer> {
        self.by_id
            .get(key)
            .or_else(|| self.by_id.get(self.by_alias.get(key)?))
    }

    fn find_username(&self, username: &str) -> Option<&Customer> {
        self.by_id
            .values()
            .find(|customer| customer.username.as_deref() == Some(username))
    }

    /// Everyone, in the order they appeared.
    pub(crate) fn all(&self) -> Vec<Customer> {
        self.order
            .iter()
            .filter_map(|id| self.by_id.get(id).cloned())
            .collect()
    }

    fn unused_number(&self) -> String {
        loop {
            let number = format!("1555{:07}", ids::random_below(10_000_000));
            if !self.by_alias.contains_key(&number) {
                return number;
            }
        }
    }
}

/// The digits of a phone number however it is written.
pub(crate) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

fn clean_username(username: String) -> Option<String> {
    let bare = username.trim().trim_start_matches('@').to_owned();
    (!bare.is_empty()).then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_the_same_person() {
        let mut customers = Customers::default();
        let ana = customers.add(NewCustomer::named("Ana", "+40 721 000 001"));
        let again = customers.add(NewCustomer::named("Ana P.", "40721000001"));
        assert_eq!(ana, again);
        assert_eq!(customers.find("40721000001"), Some(&ana));
        assert_eq!(customers.find(&ana.user_id), Some(&ana));
        assert!(ana.user_id.starts_with("RO."));
    }

    #[test]
    fn hiding_the_number_needs_a_username() {
        let mut customers = Customers::default();
        let plain = customers.add(NewCustomer {
            hide_phone: true,
            ..NewCustomer::named("Plain", "15550100001")
        });
        assert!(!plain.hides_phone());
        let hidden = customers.add(NewCustomer::with_username("Hidden", "@moss.garden"));
        assert!(hidden.hides_phone());
        assert_eq!(hidden.username.as_deref(), Some("moss.garden"));
        let again = customers.add(NewCustomer::with_username("Moss", "moss.garden"));
        assert_eq!(again.id, hidden.id);
    }
}
