//! What is told besides messages, in the project's words: what became of ours, who types, names, pictures. Made by `listening` for the host.

use hoopoe_db::Millis;
use whatsapp_rust::{
    Jid,
    wacore::types::{
        events::{
            ChatPresenceUpdate, ContactUpdate, GroupUpdate, MarkChatAsReadUpdate, PictureUpdate,
            PresenceUpdate, PushNameUpdate, Receipt as Told, ServerAck,
        },
        presence::{ChatPresence, ChatPresenceMedia, ReceiptType},
    },
    wacore_binary::jid::JidExt as _,
};

use crate::{Person, content::bounds, groups, person::Me, refusal};

/// What became of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Where they are; empty where that was not told.
    pub chat: String,
    /// Their ids; none where all are meant that were sent until then.
    pub ids: Vec<String>,
    /// How far they came.
    pub progress: Progress,
    /// Who says so: the other side, or one of a group. Nobody where WhatsApp's server does, or another device of ours.
    pub by: Person,
    /// Unix milliseconds.
    pub at: Millis,
}

/// How far a message came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Ours: WhatsApp has taken it.
    Sent,
    /// Ours: on the phone.
    Delivered,
    /// Ours: read.
    Read,
    /// Ours: a voice message, played.
    Played,
    /// Ours: WhatsApp refused it.
    Refused {
        /// WhatsApp's code.
        code: u16,
        /// What it means, in words.
        reason: String,
    },
    /// Theirs: read on the phone, or on another of its companions.
    ReadElsewhere,
}

/// Somebody writes, or has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// Where.
    pub chat: String,
    /// Who.
    pub person: Person,
    /// What they do.
    pub activity: Activity,
}

/// What somebody does, or we do, before a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Writes.
    Typing,
    /// Speaks a voice message.
    Recording,
    /// Neither any more.
    Paused,
}

/// Whether somebody looks at WhatsApp; told of those that were [asked for](crate::Handle::watch).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub person: Person,
    /// Whether they do.
    pub online: bool,
    /// When they last did, where they tell. Unix milliseconds.
    pub last_seen: Option<Millis>,
}

/// News of a person or a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Who, where it is not a group.
    pub person: Person,
    /// The address of the group, where it is one.
    pub group: Option<String>,
    /// The name that they gave themselves; a group's subject.
    pub profile_name: Option<String>,
    /// The name in the phone's address book; `Some(None)`: it is there no more.
    pub book_name: Option<Option<String>>,
    /// Their picture is another one, or gone.
    pub picture: Option<Picture>,
    /// Whether the phone blocks them.
    pub blocked: Option<bool>,
}

/// What became of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// There is one, under this id.
    Changed(String),
    /// There is none any more.
    Removed,
}

/// The form in which chats are named everywhere here.
fn name(chat: &Jid) -> String {
    chat.to_non_ad().to_string()
}

impl Receipt {
    pub(crate) fn of(me: &Me, told: &Told) -> Option<Self> {
        let source = &told.source;
        let ours = me.is(&source.sender);
        let progress = match (&told.r#type, ours) {
            (ReceiptType::Delivered | ReceiptType::Inactive, false) => Progress::Delivered,
            (ReceiptType::Read, false) => Progress::Read,
            (ReceiptType::Played, false) => Progress::Played,
            (ReceiptType::ReadSelf | ReceiptType::PlayedSelf, _) | (ReceiptType::Read, true) => {
                Progress::ReadElsewhere
            }
            _ => return None,
        };
        let ids: Vec<String> = told
            .message_ids
            .iter()
            .filter_map(|id| bounds::id(id))
            .collect();
        let by = match progress {
            Progress::ReadElsewhere => Person::default(),
            _ => Person::of(std::iter::once(&source.sender).chain(&source.sender_alt)),
        };
        // What another device of ours has read is told by us.
        let chat = Some(&source.chat).filter(|chat| !me.is(chat));
        (!ids.is_empty()).then(|| Self {
            chat: chat.map(name).unwrap_or_default(),
            ids,
            progress,
            by,
            at: told.timestamp.timestamp_millis(),
        })
    }

    /// A chat was marked as read on the phone. That one was marked as unread there is the phone's own reminder.
    pub(crate) fn of_mark(told: &MarkChatAsReadUpdate) -> Option<Self> {
        let person = Person::of([&told.jid]);
        let is_known = told.jid.is_group() || !person.is_unknown();
        let range = told.action.message_range.as_option();
        let last = range.and_then(|range| range.last_message_timestamp);
        // In seconds, of which all is meant.
        let until = last.and_then(|last| last.checked_mul(1000)?.checked_add(999));
        (is_known && told.action.read == Some(true)).then(|| Self {
            chat: name(&told.jid),
            ids: Vec::new(),
            progress: Progress::ReadElsewhere,
            by: Person::default(),
            at: until.unwrap_or_else(|| told.timestamp.timestamp_millis()),
        })
    }

    /// What WhatsApp's server says of a message of ours.
    pub(crate) fn of_ack(ack: &ServerAck, now: Millis) -> Option<Self> {
        if ack.class.as_deref() != Some("message") {
            return None;
        }
        let progress = match refusal::of(ack) {
            None => Progress::Sent,
            Some((code, reason)) => Progress::Refused { code, reason },
        };
        Some(Self {
            chat: ack.from.as_ref().map(name).unwrap_or_default(),
            ids: vec![bounds::id(&ack.id)?],
            progress,
            by: Person::default(),
            at: ack.timestamp.map_or(now, |at| at.timestamp_millis()),
        })
    }
}

impl Typing {
    pub(crate) fn of(told: &ChatPresenceUpdate) -> Option<Self> {
        let source = &told.source;
        let person = Person::of(std::iter::once(&source.sender).chain(&source.sender_alt));
        let activity = match (told.state, told.media) {
            (ChatPresence::Paused, _) => Activity::Paused,
            (ChatPresence::Composing, ChatPresenceMedia::Audio) => Activity::Recording,
            (ChatPresence::Composing, ChatPresenceMedia::Text) => Activity::Typing,
        };
        (!person.is_unknown()).then(|| Self {
            chat: name(&source.chat),
            person,
            activity,
        })
    }
}

impl Presence {
    pub(crate) fn of(told: &PresenceUpdate) -> Option<Self> {
        let person = Person::of([&told.from]);
        (!person.is_unknown()).then(|| Self {
            person,
            online: !told.unavailable,
            last_seen: told.last_seen.map(|at| at.timestamp_millis()),
        })
    }
}

impl About {
    /// News of whoever is at an address; `None` where nobody is that could be known.
    pub(crate) fn at(jid: &Jid) -> Option<Self> {
        let group = jid.is_group().then(|| name(jid));
        let person = Person::of([jid]);
        (group.is_some() || !person.is_unknown()).then(|| Self {
            person,
            group,
            ..Self::default()
        })
    }

    pub(crate) fn named(told: &PushNameUpdate) -> Option<Self> {
        let profile_name = bounds::line(&told.new_push_name)?;
        Some(Self {
            profile_name: Some(profile_name),
            ..Self::at(&told.jid)?
        })
    }

    pub(crate) fn booked(told: &ContactUpdate) -> Option<Self> {
        let action = &told.action;
        let book_name = bounds::optional_line(action.full_name.as_ref())
            .or_else(|| bounds::optional_line(action.first_name.as_ref()));
        let mut jids = vec![told.jid.clone()];
        jids.extend(action.lid_jid.as_ref().and_then(|jid| jid.parse().ok()));
        jids.extend(action.pn_jid.as_ref().and_then(|jid| jid.parse().ok()));
        Some(Self {
            person: Person::of(&jids),
            book_name: Some(book_name),
            ..Self::at(&told.jid)?
        })
    }

    pub(crate) fn pictured(told: &PictureUpdate) -> Option<Self> {
        let id = told.picture_id.as_ref().filter(|_| !told.removed);
        let picture = match id {
            Some(id) => Picture::Changed(bounds::line(id)?),
            None => Picture::Removed,
        };
        Some(Self {
            picture: Some(picture),
            ..Self::at(&told.jid)?
        })
    }

    /// A group's subject.
    pub(crate) fn grouped(told: &GroupUpdate) -> Option<Self> {
        Some(Self {
            profile_name: Some(groups::subject(told)?),
            ..Self::at(&told.group_jid)?
        })
    }
}
