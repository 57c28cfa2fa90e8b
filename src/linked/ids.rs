//! How messages and chats of linked devices are named in the database. WhatsApp's ids of messages are made by who writes: unique among the
//! messages of one sender in one chat, and nobody's else. So what others wrote is named by its id and its sender; what the account wrote, here or on its phone, by its
//! id alone. Nobody can give a message of theirs the name of another's.

use std::{collections::HashMap, fmt::Write as _};

use hoopoe_db::{
    ids::MessageId,
    ingest::{self, IdentityKey},
    model::IdentityKind,
};
use hoopoe_linked::{Arrived, Person, Target};
use sha2::{Digest as _, Sha256};

/// Parts an id from its sender: it is in no id.
const OF: char = '|';

/// The sender of all that comes in a chat of two: there is but one, by whichever of their names.
const OTHER_SIDE: &str = "in";

/// LIDs of people by their phones, as far as they are known: in groups the one name or the other is told.
pub(super) type Lids = HashMap<String, String>;

/// The name of a message.
pub(super) fn of(arrived: &Arrived, lids: &Lids) -> String {
    let author = (!arrived.from_me).then_some(&arrived.person);
    name(&arrived.id, arrived.is_group, author, lids).unwrap_or_else(|| arrived.id.clone())
}

/// The name of a message that another one speaks of. `None` where its author was not told.
pub(super) fn target(target: &Target, is_group: bool, lids: &Lids) -> Option<String> {
    let author = (!target.ours).then_some(&target.author);
    name(&target.id, is_group, author, lids)
}

/// The name of a message by its author; of ours where there is none.
fn name(id: &str, is_group: bool, author: Option<&Person>, lids: &Lids) -> Option<String> {
    let Some(author) = author else {
        return Some(id.to_owned());
    };
    if !is_group {
        return Some(format!("{id}{OF}{OTHER_SIDE}"));
    }
    let known = author.phone.as_ref().and_then(|phone| lids.get(phone));
    let author = Person {
        lid: author.lid.clone().or(known.cloned()),
        phone: author.phone.clone(),
    };
    Some(format!("{id}{OF}{}", author.address()?))
}

/// The message of a name, as the protocol wants to be told of it.
pub(crate) fn read(name: &str) -> Target {
    match name.split_once(OF) {
        None => Target {
            id: name.to_owned(),
            ours: true,
            author: Person::default(),
        },
        Some((id, author)) => Target {
            id: id.to_owned(),
            ours: false,
            author: Person::at(author),
        },
    }
}

/// The id under which a message of ours goes out, however often it is tried: phones show it once. In the form of WhatsApp's own.
pub(crate) fn outgoing(id: &MessageId) -> String {
    let digest = Sha256::digest(id.to_string().as_bytes());
    digest
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            // Writing into a string never fails.
            let _ = write!(text, "{byte:02X}");
            text
        })
}

/// The chat behind a conversation's address. `None` for kinds that linked devices know nothing of.
pub(crate) fn chat(kind: IdentityKind, value: &str) -> Option<String> {
    let value = value.trim_start_matches('+');
    match kind {
        IdentityKind::Phone => Some(format!("{value}@s.whatsapp.net")),
        IdentityKind::Lid => Some(format!("{value}@lid")),
        IdentityKind::Group => Some(format!("{value}@g.us")),
        IdentityKind::Bsuid | IdentityKind::ParentBsuid => None,
    }
}

fn key(kind: IdentityKind, value: Option<&str>) -> Option<IdentityKey> {
    Some(IdentityKey {
        kind,
        scope: String::new(),
        value: value.filter(|value| !value.is_empty())?.to_owned(),
    })
}

/// A person by both names, the phone first: it is where answers go if there is one.
pub(super) fn person(person: &Person) -> ingest::Person {
    let keys = [
        key(IdentityKind::Phone, person.phone.as_deref()),
        key(IdentityKind::Lid, person.lid.as_deref()),
    ];
    ingest::Person {
        keys: keys.into_iter().flatten().collect(),
        ..ingest::Person::default()
    }
}

/// A group as the other side of a conversation, by its address (`…@g.us`).
pub(super) fn group(chat: &str) -> Option<ingest::Person> {
    Some(ingest::Person {
        keys: vec![key(IdentityKind::Group, chat.split('@').next())?],
        is_group: true,
        ..ingest::Person::default()
    })
}

/// The ids of whoever is at an address: a group's own, else those of a person.
pub(super) fn keys(address: &str, somebody: &Person) -> Vec<IdentityKey> {
    match group(address).filter(|_| is_group(address)) {
        Some(group) => group.keys,
        None => person(somebody).keys,
    }
}

/// Whether an address is a group's.
pub(super) fn is_group(chat: &str) -> bool {
    chat.ends_with("@g.us")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::Id as _;

    use super::*;

    fn somebody(phone: Option<&str>, lid: Option<&str>) -> Person {
        Person {
            phone: phone.map(str::to_owned),
            lid: lid.map(str::to_owned),
        }
    }

    #[test]
    fn an_id_is_its_authors_by_whichever_name_they_are_told() {
        let lids = Lids::from([("49".to_owned(), "77".to_owned())]);
        let named =
            |is_group, author: Option<Person>| name("3EB0", is_group, author.as_ref(), &lids);
        assert_eq!(named(true, None).unwrap(), "3EB0");
        let both = somebody(Some("49"), Some("77"));
        for author in [
            &both,
            &somebody(Some("49"), None),
            &somebody(None, Some("77")),
        ] {
            assert_eq!(named(true, Some(author.clone())).unwrap(), "3EB0|77@lid");
            assert_eq!(named(false, Some(author.clone())).unwrap(), "3EB0|in");
        }
        let stranger = somebody(Some("50"), None);
        assert_eq!(
            named(true, Some(stranger)).unwrap(),
            "3EB0|50@s.whatsapp.net"
        );
        assert_eq!(named(true, Some(Person::default())), None);
    }

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let ours = read("3EB0");
        assert!(ours.ours && ours.id == "3EB0");
        let theirs = read("3EB0|in");
        assert!(!theirs.ours && theirs.id == "3EB0" && theirs.author.is_unknown());
        assert_eq!(read("3EB0|77@lid").author, somebody(None, Some("77")));
    }

    #[test]
    fn a_message_goes_out_under_one_id() {
        let id = MessageId::new(1);
        assert_eq!(outgoing(&id), outgoing(&id));
        assert_ne!(outgoing(&id), outgoing(&MessageId::new(1)));
        assert_eq!(outgoing(&id).len(), 32);
        assert_eq!(
            chat(IdentityKind::Phone, "+49").unwrap(),
            "49@s.whatsapp.net"
        );
        assert!(group("120363@g.us").unwrap().is_group && is_group("120363@g.us"));
    }
}
