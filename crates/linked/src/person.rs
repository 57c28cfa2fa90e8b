//! Who somebody is: addresses of the protocol as phone numbers and LIDs, and back. Used by everything that arrives or goes out.

use whatsapp_rust::{Client, Jid, Server, wacore_binary::jid::JidExt as _};

/// Somebody by the names that WhatsApp told. Both are the same person's. Neither, where it is us or nobody knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Person {
    /// Phone number, digits only.
    pub phone: Option<String>,
    /// LID, digits only: never a phone number.
    pub lid: Option<String>,
}

impl Person {
    pub(crate) fn of<'a>(jids: impl IntoIterator<Item = &'a Jid>) -> Self {
        let mut person = Self::default();
        for jid in jids {
            let name = Some(jid.user.to_string()).filter(|name| is_name(name));
            match jid.server {
                Server::Pn => person.phone = person.phone.or(name),
                Server::Lid => person.lid = person.lid.or(name),
                _ => {}
            }
        }
        person
    }

    /// Whether two are known to be the same: by one of their names at least.
    pub fn is(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.phone, &other.phone) || same(&self.lid, &other.lid)
    }

    /// The person at an address, such as a chat's.
    pub fn at(address: &str) -> Self {
        address
            .parse::<Jid>()
            .map(|jid| Self::of([&jid]))
            .unwrap_or_default()
    }

    /// Whether nothing is known of them.
    pub fn is_unknown(&self) -> bool {
        self.phone.is_none() && self.lid.is_none()
    }

    /// The address of their chat: by the LID where it is known, as WhatsApp's own apps do.
    pub fn address(&self) -> Option<String> {
        self.jid(true).map(|jid| jid.to_string())
    }

    /// Their address of one sort, or of the other where that one is not known.
    pub(crate) fn jid(&self, by_lid: bool) -> Option<Jid> {
        let lid = || self.lid.as_ref().map(|lid| Jid::new(lid, Server::Lid));
        let phone = || self.phone.as_ref().map(|phone| Jid::new(phone, Server::Pn));
        if by_lid {
            lid().or_else(phone)
        } else {
            phone().or_else(lid)
        }
    }
}

/// Adds the name of somebody that is known from before, where one alone was told. Nobody is asked.
pub(crate) async fn complete(client: &Client, person: &mut Person) {
    let (true, Some(jid)) = (
        person.phone.is_none() || person.lid.is_none(),
        person.jid(true),
    ) else {
        return;
    };
    match client.get_lid_pn_entry(&jid).await {
        Ok(Some(known)) => {
            person
                .phone
                .get_or_insert_with(|| known.phone_number.to_string());
            person.lid.get_or_insert_with(|| known.lid.to_string());
        }
        Ok(None) => {}
        // One name does as well.
        Err(error) => tracing::debug!(%error, "a person's other name could not be read"),
    }
}

/// Users' names are digits, at most 15 for a phone; what is longer than any LID is none.
fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account's own addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Me {
    pub phone: Option<Jid>,
    pub lid: Option<Jid>,
}

impl Me {
    pub(crate) fn of(client: &Client) -> Self {
        Self {
            phone: client.pn(),
            lid: client.lid(),
        }
    }

    /// Whether an address is ours, whichever device's.
    pub(crate) fn is(&self, jid: &Jid) -> bool {
        let mut own = self.phone.iter().chain(&self.lid);
        own.any(|own| own.is_same_user_as(jid) && own.server == jid.server)
    }

    /// Our own address, for a chat that goes by LIDs or by numbers.
    pub(crate) fn jid(&self, by_lid: bool) -> Option<Jid> {
        let (first, second) = if by_lid {
            (&self.lid, &self.phone)
        } else {
            (&self.phone, &self.lid)
        };
        first.as_ref().or(second.as_ref()).map(Jid::to_non_ad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_person_and_the_other_way_round() {
        let ana = Person::at("40721000001:3@s.whatsapp.net");
        assert_eq!(ana.phone.as_deref(), Some("40721000001"));
        assert_eq!(ana.address().as_deref(), Some("40721000001@s.whatsapp.net"));
        let hidden = Person::at("100000070000001@lid");
        assert_eq!(
            (hidden.phone.as_deref(), hidden.lid.as_deref()),
            (None, Some("100000070000001"))
        );
        for nobody in ["1203630@g.us", "status@broadcast", "", "x@s.whatsapp.net"] {
            assert!(Person::at(nobody).is_unknown(), "{nobody}");
        }
    }
}
