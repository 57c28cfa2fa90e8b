//! The server, as supervisors see it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use async_trait::async_trait;
use hoopoe_db::{Millis, Tx, linked::Holder, model::Account};
use hoopoe_linked::{About, Arrived, Host, Offer, Person, Presence, Receipt, Seal, Typing};
use serde_json::json;

use super::{
    live::{self, Heard, Mouth},
    offers,
    pictures::{self, Eye, Seen},
    reads::Reads,
    receive,
};
use crate::{app::App, realtime};

/// The server around the supervisors of this node.
pub(super) struct AppHost {
    app: App,
    live: Mouth,
    eye: Eye,
    reads: Reads,
}

impl AppHost {
    pub(super) fn new(app: App, live: Mouth, eye: Eye) -> Self {
        Self {
            app,
            live,
            eye,
            reads: Reads::default(),
        }
    }
}

impl Seal for AppHost {
    fn seal(&self, place: &str, plain: &[u8]) -> anyhow::Result<String> {
        self.app.secrets.seal(place, plain)
    }

    fn open(&self, place: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
        self.app.secrets.open(place, sealed)
    }
}

#[async_trait]
impl Host for AppHost {
    fn now(&self) -> Millis {
        self.app.clock.now()
    }

    async fn commit(&self, tx: Tx) -> anyhow::Result<()> {
        self.app.commit(tx).await.context("nothing was committed")
    }

    fn show(&self, holder: &Holder, offer: Option<&Offer>) {
        offers::show(&self.app, &holder.tenant_id, &holder.account_id, offer);
    }

    async fn receive(&self, holder: &Holder, messages: Vec<Arrived>) -> anyhow::Result<()> {
        let news = messages
            .iter()
            .filter(|message| !message.from_me && !message.history);
        let people: BTreeMap<String, Person> = news
            .map(|message| (message.chat.clone(), message.person.clone()))
            .collect();
        let chats: BTreeSet<String> = people.keys().cloned().collect();
        receive::messages(&self.app, holder, messages).await?;
        self.reads.arrived(&self.app, holder, &chats).await;
        for (chat, person) in people {
            live::tell(&self.live, Heard::Written(chat.clone()));
            pictures::tell(&self.eye, Seen::Chat(chat, person));
        }
        Ok(())
    }

    async fn receipts(&self, holder: &Holder, receipts: Vec<Receipt>) -> anyhow::Result<()> {
        self.reads.note(&self.app, holder, &receipts).await?;
        receive::receipts(&self.app, holder, receipts).await
    }

    async fn people(&self, holder: &Holder, news: Vec<About>) -> anyhow::Result<()> {
        if pictures::hear(&self.app, holder, &news).await? {
            pictures::tell(&self.eye, Seen::Due);
        }
        receive::people(&self.app, holder, news).await
    }

    fn history(&self, _: &Holder, account: &Account) {
        let data = json!({
            "account_id": account.id, "percent": account.history_percent,
            "conversations": account.history_conversations, "at": account.history_at,
        });
        let (app, id) = (self.app.clone(), account.id.clone());
        self.app.tasks.spawn(async move {
            realtime::tell_account(&app, &id, "account:history", data).await;
        });
    }

    fn typing(&self, _: &Holder, typing: Typing) {
        live::tell(&self.live, Heard::Typing(typing));
    }

    fn presence(&self, _: &Holder, presence: Presence) {
        live::tell(&self.live, Heard::Presence(presence));
    }
}
