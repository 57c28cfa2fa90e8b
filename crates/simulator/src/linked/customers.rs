//! What people do on their phones. The mock's public functions for it.

use whatsapp_rust::waproto::whatsapp::{HistorySync, Message};

use super::{
    FileToSend, LinkedServer, Received, SeenReceipt,
    files::{self, Kept},
    groups::{self, Group},
    history,
    phones::{self, Letter},
    stanza::phone_jid,
    state::Away,
};

impl LinkedServer {
    /// A customer writes to a phone's companions. Returns the message's id.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn write(&self, from: &str, to: &str, text: &str) -> anyhow::Result<String> {
        self.send(from, to, &words(text))
    }

    /// As [`write`](Self::write), under an id that the customer's phone chose.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn write_as(&self, from: &str, to: &str, text: &str, id: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::send(state, &Letter::new(from, to, id), &words(text)))
    }

    /// A customer sends any message to a phone's companions. Returns its id.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn send(&self, from: &str, to: &str, message: &Message) -> anyhow::Result<String> {
        self.world.change(|state| {
            let id = state.next_id();
            phones::send(state, &Letter::new(from, to, &id), message)?;
            Ok(id)
        })
    }

    /// Somebody writes on a phone that has companions, to a customer: the companions are told. Returns the message's id.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn write_on_phone(
        &self,
        number: &str,
        to: &str,
        message: &Message,
    ) -> anyhow::Result<String> {
        self.world.change(|state| {
            let id = state.next_id();
            phones::send_own(state, number, to, message, &id)?;
            Ok(id)
        })
    }
    /// What a customer's phone received so far.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn inbox(&self, number: &str) -> anyhow::Result<Vec<Received>> {
        self.world
            .with(|state| state.phone(number).map(|phone| phone.inbox.clone()))
    }

    /// A customer's phone reports that a message arrived.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn report_delivered(&self, from: &str, to: &str, id: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::report(state, (from, to), "", id))
    }

    /// A customer's phone reports that a message was read.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn report_read(&self, from: &str, to: &str, id: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::report(state, (from, to), "read", id))
    }

    /// A customer's phone reports that a voice message was played.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn report_played(&self, from: &str, to: &str, id: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::report(state, (from, to), "played", id))
    }

    /// A customer's phone shows a phone's companions that somebody types (`composing`), speaks (`recording`), or does no more (`paused`).
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn type_to(&self, from: &str, to: &str, activity: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::type_to(state, (from, to), activity))
    }

    /// A customer looks at WhatsApp, or does no more and was last there at a time (Unix seconds; `None`: keeps that to themselves).
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn set_online(
        &self,
        number: &str,
        online: bool,
        last_seen: Option<u64>,
    ) -> anyhow::Result<()> {
        self.world.change(|state| {
            let phone = state.phone(number)?;
            phone.away = (!online).then_some(Away { last_seen });
            phones::show_presence(state, number)
        })
    }

    /// What a customer's phone was shown of somebody typing, in the same words.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn typing(&self, number: &str) -> anyhow::Result<Vec<String>> {
        self.world
            .with(|state| state.phone(number).map(|phone| phone.typing.clone()))
    }

    /// What a phone's companions reported of messages that they received.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn receipts(&self, number: &str) -> anyhow::Result<Vec<SeenReceipt>> {
        self.world
            .with(|state| state.phone(number).map(|phone| phone.receipts.clone()))
    }

    /// A customer sends a file. Returns the message's id.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn send_file(&self, from: &str, to: &str, file: &FileToSend) -> anyhow::Result<String> {
        self.world.change(|state| {
            let (message, stored) = files::message(state, file)?;
            let id = state.next_id();
            let kept = Kept {
                key: stored.sealed.media_key.to_vec(),
                sealed: stored.sealed.data_to_upload,
            };
            state.kept.insert(id.clone(), kept);
            phones::send(state, &Letter::new(from, to, &id), &message)?;
            Ok(id)
        })
    }

    /// WhatsApp's servers have no files any more. Phones still have those that they sent, unless they are to lose them too.
    pub fn lose_files(&self, phones_too: bool) {
        self.world.change(|state| {
            state.files.clear();
            if phones_too {
                state.kept.clear();
            }
        });
    }

    /// What a companion uploaded, still encrypted.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.world.with(|state| state.files.get(path).cloned())
    }

    /// A group of phones, the first of which made it and is its admin; their companions are told. It gets the id `120363` and the number.
    pub fn add_group(&self, subject: &str, members: &[&str], by_lid: bool) -> String {
        self.world.change(|state| {
            let id = format!("120363{:012}", state.next());
            let group = Group::new(subject, members, by_lid);
            state.groups.insert(id.clone(), group);
            if let Err(error) = groups::create(state, &id) {
                tracing::warn!(%error, "not all members of a group are phones");
            }
            id
        })
    }

    /// Somebody adds a phone to a group, or joins it.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn add_to_group(&self, group: &str, by: &str, whom: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| groups::change(state, group, by, whom, true))
    }

    /// Somebody removes a phone from a group, or leaves it.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn remove_from_group(&self, group: &str, by: &str, whom: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| groups::change(state, group, by, whom, false))
    }

    /// A customer writes to a group. Returns the message's id.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn send_to_group(
        &self,
        from: &str,
        group: &str,
        message: &Message,
    ) -> anyhow::Result<String> {
        self.world
            .change(|state| groups::send(state, from, group, message))
    }

    /// A member takes back a message of another's (or of their own) in a group. Returns the id of the message that does so.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn delete_in_group(
        &self,
        from: &str,
        group: &str,
        author: &str,
        id: &str,
    ) -> anyhow::Result<String> {
        self.world.change(|state| {
            let deletion = groups::deletion(state, group, author, id)?;
            groups::send(state, from, group, &deletion)
        })
    }

    /// A member's phone reports what became of a companion's message in a group: `read`, `played`; empty for the delivery.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn report_of_group(
        &self,
        (from, to): (&str, &str),
        group: &str,
        kind: &'static str,
        id: &str,
    ) -> anyhow::Result<()> {
        self.world
            .change(|state| groups::report(state, (from, to), group, kind, id))
    }

    /// A member calls a group otherwise.
    ///
    /// # Errors
    /// Also when there is no such group.
    pub fn rename_group(&self, group: &str, by: &str, subject: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| groups::rename(state, group, by, subject))
    }

    /// A customer's phone can't read the next message of a companion, and asks for it once more.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn garble_next(&self, number: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| state.phone(number).map(|phone| phone.garbled = true))
    }

    /// A customer sends something that may be seen once only. Returns the message's id.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn send_once(&self, from: &str, to: &str) -> anyhow::Result<String> {
        self.world.change(|state| {
            let id = state.next_id();
            phones::withhold(state, &Letter::new(from, to, &id))?;
            Ok(id)
        })
    }

    /// Somebody reads a customer's message on the phone that has companions.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn read_on_phone(&self, number: &str, from: &str, id: &str) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::read_on_phone(state, number, from, id))
    }

    /// Somebody marks a chat as read on the phone that has companions, up to a time in Unix seconds.
    ///
    /// # Errors
    /// Also when there is no such phone.
    pub fn mark_read_on_phone(&self, number: &str, whom: &str, until: i64) -> anyhow::Result<()> {
        self.world
            .change(|state| phones::mark_read(state, number, whom, until))
    }

    /// A phone has another picture, and a phone's companions are told.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn set_picture(
        &self,
        number: &str,
        to: &str,
        picture: Option<&[u8]>,
    ) -> anyhow::Result<()> {
        self.world.change(|state| {
            let id = state.next().to_string();
            if let Some(bytes) = picture {
                let path = format!("/pictures/{number}/{id}");
                state.files.insert(path, bytes.to_vec());
            }
            state.phone(number)?.picture = picture.map(|_| id);
            phones::show_picture(state, number, to)
        })
    }

    /// How often companions asked for a phone's picture.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn asked_for_picture(&self, number: &str) -> anyhow::Result<usize> {
        self.world
            .with(|state| state.phone(number).map(|phone| phone.asked))
    }

    /// A phone's owner puts somebody into the address book. Companions see it when they connect.
    ///
    /// # Errors
    /// Also when it can't be encrypted.
    pub fn book(&self, number: &str, whom: &str, name: &str) -> anyhow::Result<()> {
        self.world.change(|state| {
            let jid = phone_jid(whom, 0).to_string();
            state.phone(number)?.settings.book(&jid, name)
        })
    }

    /// A phone blocks somebody.
    ///
    /// # Errors
    /// When there is no such phone.
    pub fn block(&self, number: &str, whom: &str) -> anyhow::Result<()> {
        self.world.change(|state| {
            state.phone(number)?.blocked.push(whom.to_owned());
            Ok(())
        })
    }

    /// A phone shares a piece of its past with its companions: within a message, or as a file.
    ///
    /// # Errors
    /// Also when the companions can't be written to.
    pub fn share_history(
        &self,
        number: &str,
        history: &HistorySync,
        inline: bool,
    ) -> anyhow::Result<()> {
        self.world
            .change(|state| history::share(state, number, history, inline))
    }
}

/// A message that is nothing but words.
pub fn words(text: &str) -> Message {
    Message {
        conversation: Some(text.to_owned()),
        ..Default::default()
    }
}
