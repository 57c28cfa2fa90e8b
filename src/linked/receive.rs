//! What comes in on linked devices (messages, receipts, names), on the way that everything takes: decided here, written and announced by `inbound`.

use anyhow::Context as _;
use hoopoe_db::{
    DbError, accounts,
    dead_letters::NewDeadLetter,
    ingest::{Incoming, IncomingUpdate},
    linked::{self, Holder},
    model::DeadLetterReason,
};
use hoopoe_linked::{About, Arrived, Content, Receipt};

use super::{decide, ids::Lids, notices};
use crate::{app::App, inbound};

/// Where inputs of linked devices come from, as dead letters name it.
pub(crate) const SOURCE: &str = "linked";

/// Stores messages of an account, all or none; what was stored before is left out.
pub(super) async fn messages(
    app: &App,
    holder: &Holder,
    mut messages: Vec<Arrived>,
) -> anyhow::Result<()> {
    if messages.iter().any(|message| message.is_group) && ignores_groups(app, holder).await? {
        messages.retain(|message| !message.is_group);
    }
    let lids = lids(app, holder, &messages).await?;
    let mut updates = Vec::with_capacity(messages.len());
    for message in &messages {
        updates.extend(decide::message(message, &lids));
        if let Content::Group(news) = &message.content {
            updates.extend(notices::of(app, holder, message, news).await?);
        }
    }
    store(app, holder, updates).await
}

/// Notes what became of messages of ours.
pub(super) async fn receipts(
    app: &App,
    holder: &Holder,
    receipts: Vec<Receipt>,
) -> anyhow::Result<()> {
    let updates = receipts.iter().flat_map(decide::statuses);
    store(app, holder, updates.collect()).await
}

/// Notes names of people and groups.
pub(super) async fn people(app: &App, holder: &Holder, news: Vec<About>) -> anyhow::Result<()> {
    let updates = news.into_iter().filter_map(decide::name);
    store(app, holder, updates.collect()).await
}

async fn store(app: &App, holder: &Holder, updates: Vec<IncomingUpdate>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let incoming = |update| Incoming {
        tenant_id: holder.tenant_id.clone(),
        account_id: holder.account_id.clone(),
        received_at: now,
        update,
    };
    let letter = |update: &Incoming, error: &DbError| NewDeadLetter {
        tenant_id: holder.tenant_id.clone(),
        meta_app_id: None,
        account_id: Some(holder.account_id.clone()),
        source: SOURCE.to_owned(),
        reason: DeadLetterReason::Failed,
        detail: error.to_string(),
        // As it would be written, so that it can be put through again. What JSON has no words for, there is nothing of.
        raw: serde_json::to_string(&update.update).unwrap_or_default(),
        received_at: now,
    };
    let batch = updates.into_iter().map(incoming).collect();
    let stored = inbound::store(app, batch, letter).await;
    stored.context("what came in was not stored")
}

async fn ignores_groups(app: &App, holder: &Holder) -> anyhow::Result<bool> {
    let account = accounts::get_account(&app.db, &holder.tenant_id, &holder.account_id).await;
    Ok(account?.ignore_groups)
}

/// The LIDs of those members of groups who are told by their phones alone.
async fn lids(app: &App, holder: &Holder, messages: &[Arrived]) -> anyhow::Result<Lids> {
    let in_groups = messages.iter().filter(|message| message.is_group);
    let told = in_groups.flat_map(|message| {
        let target = match &message.content {
            Content::Shown(shown) => shown.quoted.as_ref(),
            Content::Reaction { to: of, .. }
            | Content::Edit { of, .. }
            | Content::Deletion { of } => Some(of),
            Content::Group(_) => None,
        };
        let authors = target.map(|target| &target.author);
        std::iter::once(&message.person).chain(authors)
    });
    let phones: Vec<String> = told
        .filter(|person| person.lid.is_none())
        .filter_map(|person| person.phone.clone())
        .collect();
    if phones.is_empty() {
        return Ok(Lids::new());
    }
    let found = linked::find_lids(&app.db, &holder.tenant_id, &phones).await?;
    Ok(found.into_iter().collect())
}
