//! Messages of the past, as a phone shares them with a new companion, in the project's words. Pure; used by `history`.

use whatsapp_rust::{
    Jid,
    wacore_binary::jid::JidExt as _,
    waproto::whatsapp::{
        Conversation, Pushname, Reaction, WebMessageInfo, web_message_info::Status,
    },
};

use crate::{
    About, Arrived, Content, Person, Progress, Target,
    content::{self, Scope, bounds},
    person::Me,
};

/// A conversation of the past: who it is with, and what was said.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub people: Vec<About>,
    pub messages: Vec<Arrived>,
}

impl Past {
    pub(crate) fn of(me: &Me, conversation: &Conversation) -> Self {
        let Some(thread) = Thread::of(me, conversation) else {
            return Self::default();
        };
        let infos = conversation
            .messages
            .iter()
            .filter_map(|entry| entry.message.as_option());
        let mut messages: Vec<Arrived> = infos.flat_map(|info| thread.messages(info)).collect();
        // The newest comes first; they are stored in the order in which they were written.
        messages.reverse();
        Self {
            people: thread.about(conversation).into_iter().collect(),
            messages,
        }
    }
}

/// The name that somebody gave themselves.
pub(crate) fn named(told: &Pushname) -> Option<About> {
    let jid: Jid = told.id.as_ref()?.parse().ok()?;
    Some(About {
        profile_name: Some(bounds::optional_line(told.pushname.as_ref())?),
        ..About::at(&jid)?
    })
}

struct Thread<'a> {
    me: &'a Me,
    chat: Jid,
    /// The other side of a chat of two.
    person: Person,
}

impl<'a> Thread<'a> {
    fn of(me: &'a Me, conversation: &Conversation) -> Option<Self> {
        let chat: Jid = conversation.id.parse().ok()?;
        let other = |jid: &Option<String>| jid.as_ref().and_then(|jid| jid.parse::<Jid>().ok());
        let names = [
            Some(chat.clone()),
            other(&conversation.pn_jid),
            other(&conversation.lid_jid),
        ];
        let person = Person::of(names.iter().flatten());
        let known = chat.is_group() || !person.is_unknown();
        known.then(|| Self {
            me,
            chat: chat.to_non_ad(),
            person: if chat.is_group() {
                Person::default()
            } else {
                person
            },
        })
    }

    /// The name of a group, or that in the phone's address book.
    fn about(&self, conversation: &Conversation) -> Option<About> {
        let name = bounds::optional_line(conversation.name.as_ref())?;
        if self.chat.is_group() {
            return Some(About {
                profile_name: Some(name),
                ..About::at(&self.chat)?
            });
        }
        Some(About {
            person: self.person.clone(),
            book_name: Some(Some(name)),
            ..About::default()
        })
    }

    /// A message, behind it what people reacted with: all are turned round together.
    fn messages(&self, info: &WebMessageInfo) -> Vec<Arrived> {
        let Some(message) = self.message(info) else {
            return Vec::new();
        };
        let reactions = info.reactions.iter();
        let mut all: Vec<Arrived> = reactions
            .filter_map(|reaction| self.reaction(&message, reaction))
            .collect();
        all.push(message);
        all
    }

    fn message(&self, info: &WebMessageInfo) -> Option<Arrived> {
        let (key, message) = (info.key.as_option()?, info.message.as_option()?);
        let from_me = key.from_me.unwrap_or(false);
        let sender = self.sender(
            from_me,
            key.participant.as_ref().or(info.participant.as_ref()),
        )?;
        let id = bounds::id(key.id.as_ref()?)?;
        let scope = Scope {
            me: self.me,
            chat: &self.chat,
            sender: &sender,
            from_me,
            id: &id,
        };
        let content = content::read(&scope, message)?;
        let seconds = i64::try_from(info.message_timestamp?).ok()?;
        let name = info.push_name.as_ref().filter(|_| !from_me);
        Some(Arrived {
            chat: self.chat.to_string(),
            is_group: self.chat.is_group(),
            from_me,
            person: self.person_of(&sender, from_me),
            name: bounds::optional_line(name),
            sent_at: seconds.checked_mul(1000)?,
            history: true,
            progress: info.status.filter(|_| from_me).and_then(progress),
            by_admin: false,
            content,
            id,
        })
    }

    fn reaction(&self, to: &Arrived, reaction: &Reaction) -> Option<Arrived> {
        let key = reaction.key.as_option()?;
        let from_me = key.from_me.unwrap_or(false);
        let sender = self.sender(from_me, key.participant.as_ref())?;
        let target = Target {
            id: to.id.clone(),
            ours: to.from_me,
            author: if to.from_me {
                Person::default()
            } else {
                to.person.clone()
            },
        };
        Some(Arrived {
            id: bounds::id(key.id.as_ref()?)?,
            chat: to.chat.clone(),
            is_group: to.is_group,
            from_me,
            person: self.person_of(&sender, from_me),
            name: None,
            sent_at: reaction.sender_timestamp_ms.unwrap_or(to.sent_at),
            history: true,
            progress: None,
            by_admin: false,
            content: Content::Reaction {
                to: target,
                emoji: Some(bounds::optional_line(reaction.text.as_ref())?),
            },
        })
    }

    fn sender(&self, from_me: bool, participant: Option<&String>) -> Option<Jid> {
        if from_me {
            return self.me.jid(self.chat.is_lid());
        }
        if self.chat.is_group() {
            return participant?.parse().ok();
        }
        Some(self.chat.clone())
    }

    fn person_of(&self, sender: &Jid, from_me: bool) -> Person {
        match (self.chat.is_group(), from_me) {
            (false, _) => self.person.clone(),
            (true, true) => Person::default(),
            (true, false) => Person::of([sender]),
        }
    }
}

/// What had become of a message of ours.
fn progress(status: Status) -> Option<Progress> {
    match status {
        Status::SERVER_ACK => Some(Progress::Sent),
        Status::DELIVERY_ACK => Some(Progress::Delivered),
        Status::READ => Some(Progress::Read),
        Status::PLAYED => Some(Progress::Played),
        Status::ERROR | Status::PENDING => None,
    }
}
