//! The pure decision: what a linked device tells → what is to be written. Called by `receive`.

use hoopoe_db::{
    ingest::{
        Amendment, Change, IncomingMedia, IncomingMessage, IncomingStatus, IncomingUpdate, Person,
    },
    model::{Direction, MessageSource, MessageStatus, ReactionBy},
};
use hoopoe_linked::{About, Arrived, Content, Progress, Receipt, Shown, Target};

use super::ids::{self, Lids};

/// What is to be written of a message. `None` where it names nobody, or changes what is not its sender's to change.
pub(super) fn message(arrived: &Arrived, lids: &Lids) -> Option<IncomingUpdate> {
    let amend = |target: &Target, change| {
        Some(IncomingUpdate::Amendment(Amendment {
            provider_id: ids::target(target, arrived.is_group, lids)?,
            at: arrived.sent_at,
            change,
        }))
    };
    match &arrived.content {
        Content::Shown(shown) => {
            plain(arrived, shown, lids).map(|message| IncomingUpdate::Message(Box::new(message)))
        }
        Content::Reaction { to, emoji } => amend(to, reaction(arrived, emoji.as_deref())?),
        Content::Edit { of, now } if is_own(arrived, of, lids) => {
            let change = Change::Edit {
                text: now.text.clone(),
                content: now.content.to_string(),
            };
            amend(of, change)
        }
        Content::Deletion { of } if arrived.by_admin || is_own(arrived, of, lids) => {
            amend(of, Change::Revoke)
        }
        // What happens to groups is told by names: see `notices`.
        Content::Edit { .. } | Content::Deletion { .. } | Content::Group(_) => None,
    }
}

/// Whether a message that is to be changed is of who changes it.
fn is_own(arrived: &Arrived, target: &Target, lids: &Lids) -> bool {
    let own = Target {
        id: target.id.clone(),
        ours: arrived.from_me,
        author: arrived.person.clone(),
    };
    target.ours == arrived.from_me
        && ids::target(&own, arrived.is_group, lids) == ids::target(target, arrived.is_group, lids)
}

fn reaction(arrived: &Arrived, emoji: Option<&str>) -> Option<Change> {
    let (by, actor) = if arrived.from_me {
        (ReactionBy::Us, "us".to_owned())
    } else {
        let person = &arrived.person;
        let actor = person.phone.clone().or(person.lid.clone())?;
        (ReactionBy::Customer, actor)
    };
    Some(Change::Reaction {
        emoji: emoji.unwrap_or_default().chars().take(32).collect(),
        by,
        actor,
        name: arrived.name.clone().filter(|_| arrived.is_group),
    })
}

fn plain(arrived: &Arrived, shown: &Shown, lids: &Lids) -> Option<IncomingMessage> {
    let mut other = ids::person(&arrived.person);
    other.profile_name = arrived.name.clone().filter(|_| !arrived.from_me);
    let (chat, sender) = if arrived.is_group {
        (ids::group(&arrived.chat)?, Some(other))
    } else {
        (other, None)
    };
    if chat.keys.is_empty() {
        return None;
    }
    let (direction, source, status) = standing(arrived);
    let quoted = shown.quoted.as_ref();
    Some(IncomingMessage {
        chat,
        // Who wrote for us is us.
        sender: sender.filter(|sender| !arrived.from_me && !sender.keys.is_empty()),
        direction,
        source,
        provider_id: ids::of(arrived, lids),
        kind: shown.kind.as_str().to_owned(),
        text: shown.text.clone(),
        content: shown.content.to_string(),
        quoted_provider_id: quoted.and_then(|quoted| ids::target(quoted, arrived.is_group, lids)),
        forwarded: shown.forwarded,
        provider_at: arrived.sent_at,
        media: shown.media.as_ref().map(|media| IncomingMedia {
            provider_media_id: media.reference.clone(),
            mime: media.mime.clone(),
            sha256: media.sha256.clone(),
            filename: media.filename.clone(),
        }),
        status,
        // There is no window.
        opens_window: false,
        is_news: !arrived.from_me && !arrived.history,
    })
}

/// Which way a message went, how we know of it, and how far it came.
fn standing(arrived: &Arrived) -> (Direction, MessageSource, MessageStatus) {
    if arrived.from_me {
        let source = if arrived.history {
            MessageSource::History
        } else {
            MessageSource::Echo
        };
        let status = arrived.progress.as_ref().and_then(status);
        return (
            Direction::Out,
            source,
            status.unwrap_or(MessageStatus::Sent),
        );
    }
    let source = if arrived.history {
        MessageSource::History
    } else {
        MessageSource::Live
    };
    (Direction::In, source, MessageStatus::Received)
}

/// A refusal is the attempt's that was refused, and may be tried again: it is settled by the outbox.
fn status(progress: &Progress) -> Option<MessageStatus> {
    match progress {
        Progress::Sent => Some(MessageStatus::Sent),
        Progress::Delivered => Some(MessageStatus::Delivered),
        Progress::Read => Some(MessageStatus::Read),
        Progress::Played => Some(MessageStatus::Played),
        Progress::Refused { .. } | Progress::ReadElsewhere => None,
    }
}

/// Statuses of messages of ours. In a group they are told of each member; what WhatsApp's server says is of the group as a whole.
pub(super) fn statuses(receipt: &Receipt) -> Vec<IncomingUpdate> {
    let Some(status) = status(&receipt.progress) else {
        return Vec::new();
    };
    let by = ids::person(&receipt.by);
    let (recipient, member) = if ids::is_group(&receipt.chat) {
        (Person::default(), Some(by))
    } else {
        (by, None)
    };
    let update = |id: &String| {
        IncomingUpdate::Status(IncomingStatus {
            provider_id: id.clone(),
            status,
            at: receipt.at,
            error: None,
            callback: None,
            recipient: recipient.clone(),
            member: member.clone(),
        })
    };
    receipt.ids.iter().map(update).collect()
}

/// Names that people gave themselves, or the phone's owner gave them; subjects of groups. A name that was struck out of the phone's address book
/// stays ours.
pub(super) fn name(about: About) -> Option<IncomingUpdate> {
    let mut person = match &about.group {
        Some(group) => ids::group(group)?,
        None => ids::person(&about.person),
    };
    person.profile_name = about.profile_name;
    person.book_name = about.book_name.flatten();
    let is_news = person.profile_name.is_some() || person.book_name.is_some();
    (is_news && !person.keys.is_empty()).then_some(IncomingUpdate::Contact(person))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use hoopoe_linked::Person as Who;

    use super::*;

    fn who(phone: &str) -> Who {
        Who {
            phone: Some(phone.into()),
            lid: None,
        }
    }

    fn deletion(is_group: bool, from_me: bool, ours: bool, author: Who) -> Arrived {
        Arrived {
            id: "B".into(),
            chat: "1@g.us".into(),
            is_group,
            from_me,
            person: who("49"),
            name: None,
            sent_at: 5,
            history: false,
            progress: None,
            by_admin: false,
            content: Content::Deletion {
                of: Target {
                    id: "A".into(),
                    ours,
                    author,
                },
            },
        }
    }

    #[test]
    fn only_ones_own_messages_are_taken_back() {
        let taken = |arrived: &Arrived| match message(arrived, &Lids::new()) {
            Some(IncomingUpdate::Amendment(amendment)) => Some(amendment.provider_id),
            None => None,
            Some(other) => panic!("{other:?}"),
        };
        let own = deletion(false, false, false, Who::default());
        assert_eq!(taken(&own).unwrap(), "A|in");
        assert_eq!(
            taken(&deletion(false, true, true, Who::default())).unwrap(),
            "A"
        );
        assert_eq!(
            taken(&deletion(true, false, false, who("49"))).unwrap(),
            "A|49@s.whatsapp.net"
        );
        assert_eq!(
            taken(&deletion(false, false, true, Who::default())),
            None,
            "ours"
        );
        assert_eq!(
            taken(&deletion(false, true, false, Who::default())),
            None,
            "theirs"
        );
        assert_eq!(
            taken(&deletion(true, false, false, who("50"))),
            None,
            "another member's"
        );
        let by_admin = Arrived {
            by_admin: true,
            ..deletion(true, false, false, who("50"))
        };
        assert_eq!(taken(&by_admin).unwrap(), "A|50@s.whatsapp.net");
    }

    #[test]
    fn a_groups_statuses_are_its_members() {
        let receipt = |chat: &str, progress| Receipt {
            chat: chat.into(),
            ids: vec!["A".into(), "B".into()],
            progress,
            by: who("49"),
            at: 1,
        };
        let of = |receipt: &Receipt| match statuses(receipt).remove(0) {
            IncomingUpdate::Status(status) => {
                (status.recipient.keys.len(), status.member.is_some())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            of(&receipt("49@s.whatsapp.net", Progress::Read)),
            (1, false)
        );
        assert_eq!(of(&receipt("1@g.us", Progress::Read)), (0, true));
        assert_eq!(statuses(&receipt("1@g.us", Progress::Read)).len(), 2);
        assert!(statuses(&receipt("1@g.us", Progress::ReadElsewhere)).is_empty());
    }
}
