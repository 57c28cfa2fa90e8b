//! The signs of life that customers see: blue ticks when their messages were read, and that somebody is typing. Sent in the background; one that
//! gets lost is no harm.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hoopoe_db::{
    Millis, conversations,
    ids::{AccountId, ConversationId, TenantId},
    messages,
    model::Channel,
};
use hoopoe_linked::{Activity, Handle, Person};
use serde::{Deserialize, Serialize};

use super::line::Line;
use crate::{app::App, linked, realtime};

/// How often typing is told: it shows for 25 seconds. Milliseconds.
const TYPING_EVERY_MS: Millis = 20_000;

/// How many of the newest messages are marked as read on linked devices: what was marked before stays so.
const MARKED: i64 = 50;

/// When typing was last told, by conversation.
#[derive(Debug, Default)]
pub(super) struct Typing(Mutex<HashMap<ConversationId, Millis>>);

impl Typing {
    /// Whether it is time to tell it.
    fn is_due(&self, conversation_id: &ConversationId, now: Millis) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now - *at < TYPING_EVERY_MS);
        if told.contains_key(conversation_id) {
            return false;
        }
        told.insert(conversation_id.clone(), now);
        true
    }

    /// It is over: the next time it is told at once.
    fn end(&self, conversation_id: &ConversationId) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(conversation_id);
    }
}

/// What a customer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shown {
    /// That their messages were read.
    Read,
    /// That somebody types.
    Typing,
    /// That nobody does any more. Only linked devices can tell.
    Paused,
}

/// A sign of life of ours. Linked devices tell it by the node that has the phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sign {
    tenant_id: TenantId,
    account_id: AccountId,
    conversation_id: ConversationId,
    shown: Shown,
}

/// Tells the customer that their messages were read, where the account does so.
pub(crate) fn mark_read(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
) {
    tell(app, tenant_id, account_id, conversation_id, Shown::Read);
}

/// Tells the customer that somebody is typing, where the account does so; at most every 20 seconds. On the Cloud API WhatsApp marks their messages
/// as read with it, so accounts that keep that to themselves don't tell it.
pub(crate) fn show_typing(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
) {
    if app.outbox.typing.is_due(conversation_id, app.clock.now()) {
        tell(app, tenant_id, account_id, conversation_id, Shown::Typing);
    }
}

/// Tells the customer that nobody is typing any more, where that can be told.
pub(crate) fn hide_typing(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
) {
    tell(app, tenant_id, account_id, conversation_id, Shown::Paused);
}

fn tell(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
    shown: Shown,
) {
    let sign = Sign {
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        conversation_id: conversation_id.clone(),
        shown,
    };
    let app = app.clone();
    app.clone().tasks.spawn(async move {
        let sent = sign.send(&app).await;
        report(sent, shown);
    });
}

/// Another node was to show a customer something, and does not have the phone.
pub(crate) fn hear_sign(app: &App, sign: Sign) {
    let Some(handle) = linked::handle(app, &sign.account_id) else {
        return;
    };
    let app = app.clone();
    app.clone().tasks.spawn(async move {
        let sent = sign.send_linked(&app, &handle).await;
        report(sent, sign.shown);
    });
}

fn report(sent: anyhow::Result<()>, shown: Shown) {
    if let Err(reason) = sent {
        tracing::debug!(%reason, ?shown, "a sign of life was not sent");
    }
}

impl Sign {
    async fn send(&self, app: &App) -> anyhow::Result<()> {
        let tenant_id = &self.tenant_id;
        let Some((access, line)) = Line::find(app, tenant_id, &self.account_id).await? else {
            return Ok(());
        };
        let (reads, types) = (access.send_read_receipts, access.send_typing);
        if access.channel == Channel::Linked {
            let is_told = match self.shown {
                Shown::Read => reads,
                Shown::Typing | Shown::Paused => types,
            };
            if self.shown == Shown::Paused {
                app.outbox.typing.end(&self.conversation_id);
            }
            return match linked::handle(app, &self.account_id).filter(|_| is_told) {
                Some(handle) => self.send_linked(app, &handle).await,
                None if is_told => {
                    realtime::tell_sign(app, self.clone());
                    Ok(())
                }
                None => Ok(()),
            };
        }
        let types = match self.shown {
            Shown::Read => false,
            Shown::Typing if types => true,
            Shown::Typing | Shown::Paused => return Ok(()),
        };
        if !reads {
            return Ok(());
        }
        let newest = messages::list_newest_inbound(&app.db, tenant_id, &self.conversation_id, 1);
        let Some(wamid) = newest.await?.pop() else {
            return Ok(());
        };
        let line = line.map_err(anyhow::Error::msg)?;
        let telling = line
            .graph
            .mark_read(&line.token, &line.phone_number_id, &wamid, types);
        // A server that stops does not wait for it.
        if let Some(told) = app.tasks.stopping().run_until_cancelled(telling).await {
            told?;
        }
        Ok(())
    }

    async fn send_linked(&self, app: &App, handle: &Handle) -> anyhow::Result<()> {
        let tenant_id = &self.tenant_id;
        let conversation = conversations::get(&app.db, tenant_id, &self.conversation_id).await?;
        let to = &conversation.reply_to;
        let Some(chat) = linked::ids::chat(to.kind, &to.value) else {
            return Ok(());
        };
        match self.shown {
            Shown::Read => self.mark_linked(app, handle, &chat).await,
            Shown::Typing => Ok(handle.typing(&chat, Activity::Typing).await?),
            Shown::Paused => Ok(handle.typing(&chat, Activity::Paused).await?),
        }
    }

    /// Of a linked device each message is marked by itself, in groups by its author.
    async fn mark_linked(&self, app: &App, handle: &Handle, chat: &str) -> anyhow::Result<()> {
        let (db, id) = (&app.db, &self.conversation_id);
        let newest = messages::list_newest_inbound(db, &self.tenant_id, id, MARKED).await?;
        let mut by_author: HashMap<Person, Vec<String>> = HashMap::new();
        for target in newest.iter().map(|name| linked::ids::read(name)) {
            by_author.entry(target.author).or_default().push(target.id);
        }
        for (author, ids) in by_author {
            let author = Some(&author).filter(|author| !author.is_unknown());
            handle.mark_read(chat, author, &ids).await?;
        }
        Ok(())
    }
}
