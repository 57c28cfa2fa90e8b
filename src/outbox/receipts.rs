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
use hoopoe_linked::Person;

use super::line::Line;
use crate::{app::App, linked};

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
}

/// Tells the customer that their messages were read, where the account does so.
pub(crate) fn mark_read(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
) {
    tell(app, tenant_id, account_id, conversation_id, false);
}

/// Tells the customer that somebody is typing, where the account does so; at most every 20 seconds. WhatsApp marks their messages as read
/// with it, so accounts that keep that to themselves don't tell it.
pub(crate) fn show_typing(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
) {
    if app.outbox.typing.is_due(conversation_id, app.clock.now()) {
        tell(app, tenant_id, account_id, conversation_id, true);
    }
}

fn tell(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
    conversation_id: &ConversationId,
    typing: bool,
) {
    let sign = Sign {
        app: app.clone(),
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        conversation_id: conversation_id.clone(),
        typing,
    };
    app.tasks.spawn(async move {
        if let Err(reason) = sign.send().await {
            tracing::debug!(%reason, typing, "a sign of life was not sent");
        }
    });
}

struct Sign {
    app: App,
    tenant_id: TenantId,
    account_id: AccountId,
    conversation_id: ConversationId,
    typing: bool,
}

impl Sign {
    async fn send(&self) -> anyhow::Result<()> {
        let (app, tenant_id) = (&self.app, &self.tenant_id);
        let Some((access, line)) = Line::find(app, tenant_id, &self.account_id).await? else {
            return Ok(());
        };
        if !access.send_read_receipts || (self.typing && !access.send_typing) {
            return Ok(());
        }
        if access.channel == Channel::Linked {
            return self.send_linked().await;
        }
        let newest = messages::list_newest_inbound(&app.db, tenant_id, &self.conversation_id, 1);
        let Some(wamid) = newest.await?.pop() else {
            return Ok(());
        };
        let line = line.map_err(anyhow::Error::msg)?;
        let telling = line
            .graph
            .mark_read(&line.token, &line.phone_number_id, &wamid, self.typing);
        // A server that stops does not wait for it.
        if let Some(told) = app.tasks.stopping().run_until_cancelled(telling).await {
            told?;
        }
        Ok(())
    }

    /// Of a linked device each message is marked by itself, in groups by its author; an account that nobody is seen to look at shows no typing.
    async fn send_linked(&self) -> anyhow::Result<()> {
        let (app, tenant_id) = (&self.app, &self.tenant_id);
        let handle = linked::handle(app, &self.account_id);
        let Some(handle) = handle.filter(|_| !self.typing) else {
            return Ok(());
        };
        let conversation = conversations::get(&app.db, tenant_id, &self.conversation_id).await?;
        let to = &conversation.reply_to;
        let Some(chat) = linked::ids::chat(to.kind, &to.value) else {
            return Ok(());
        };
        let newest =
            messages::list_newest_inbound(&app.db, tenant_id, &self.conversation_id, MARKED);
        let mut by_author: HashMap<Person, Vec<String>> = HashMap::new();
        for target in newest.await?.iter().map(|name| linked::ids::read(name)) {
            by_author.entry(target.author).or_default().push(target.id);
        }
        for (author, ids) in by_author {
            let author = Some(&author).filter(|author| !author.is_unknown());
            handle.mark_read(&chat, author, &ids).await?;
        }
        Ok(())
    }
}
