//! How messages and chats of linked devices are named in the database. WhatsApp's ids of messages are made by who writes: unique among the
//! messages of one sender in one chat, and nobody's else. So what others wrote is named by its id and its sender; what the account wrote, here or on its phone, by its
//! id alone. Nobody can give a message of theirs the name of another's.

use hoopoe_db::{
    ingest::{IdentityKey, Person},
    model::IdentityKind,
};
use hoopoe_linked::Arrived;

/// Parts an id from its sender: it is in no id.
const OF: char = '|';

/// The sender of all that comes in a chat of two: there is but one, by whichever of their names.
const OTHER_SIDE: &str = "in";

/// The name of a message.
pub(super) fn of(arrived: &Arrived) -> String {
    if arrived.from_me {
        return arrived.id.clone();
    }
    let person = &arrived.person;
    let sender = if arrived.is_group {
        // Groups name their members by LID more and more, and beside it the phone.
        person.lid.as_deref().or(person.phone.as_deref())
    } else {
        None
    };
    format!("{}{OF}{}", arrived.id, sender.unwrap_or(OTHER_SIDE))
}

/// A group as the other side of a conversation, by its address (`…@g.us`).
pub(super) fn group(chat: &str) -> Option<Person> {
    let value = chat.split('@').next().filter(|value| !value.is_empty())?;
    Some(Person {
        keys: vec![IdentityKey {
            kind: IdentityKind::Group,
            scope: String::new(),
            value: value.to_owned(),
        }],
        is_group: true,
        ..Person::default()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_linked::{Content, Person};

    use super::*;

    fn arrived(is_group: bool, from_me: bool, lid: Option<&str>) -> Arrived {
        Arrived {
            id: "3EB0".into(),
            chat: "120363@g.us".into(),
            is_group,
            from_me,
            person: Person {
                phone: Some("4930901821".into()),
                lid: lid.map(str::to_owned),
            },
            name: None,
            sent_at: 0,
            content: Content::Text(String::new()),
        }
    }

    #[test]
    fn an_id_is_its_senders() {
        assert_eq!(of(&arrived(false, true, None)), "3EB0");
        assert_eq!(of(&arrived(false, false, Some("77"))), "3EB0|in");
        assert_eq!(of(&arrived(true, false, Some("77"))), "3EB0|77");
        assert_eq!(of(&arrived(true, false, None)), "3EB0|4930901821");
        assert_eq!(of(&arrived(true, true, Some("77"))), "3EB0");
        let group = group("120363@g.us").unwrap();
        assert_eq!(
            (group.keys[0].value.as_str(), group.is_group),
            ("120363", true)
        );
    }
}
