//! The server, as supervisors see it.

use anyhow::Context as _;
use async_trait::async_trait;
use hoopoe_db::{Millis, Tx, linked::Holder};
use hoopoe_linked::{About, Arrived, Host, Offer, Presence, Receipt, Seal, Typing};

use super::{offers, receive};
use crate::app::App;

/// The server around the supervisors of this node.
pub(super) struct AppHost(App);

impl AppHost {
    pub(super) fn new(app: App) -> Self {
        Self(app)
    }
}

impl Seal for AppHost {
    fn seal(&self, place: &str, plain: &[u8]) -> anyhow::Result<String> {
        self.0.secrets.seal(place, plain)
    }

    fn open(&self, place: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
        self.0.secrets.open(place, sealed)
    }
}

#[async_trait]
impl Host for AppHost {
    fn now(&self) -> Millis {
        self.0.clock.now()
    }

    async fn commit(&self, tx: Tx) -> anyhow::Result<()> {
        self.0.commit(tx).await.context("nothing was committed")
    }

    fn show(&self, holder: &Holder, offer: Option<&Offer>) {
        offers::show(&self.0, &holder.tenant_id, &holder.account_id, offer);
    }

    async fn receive(&self, holder: &Holder, messages: Vec<Arrived>) -> anyhow::Result<()> {
        receive::messages(&self.0, holder, messages).await
    }

    async fn receipts(&self, holder: &Holder, receipts: Vec<Receipt>) -> anyhow::Result<()> {
        receive::receipts(&self.0, holder, receipts).await
    }

    async fn people(&self, holder: &Holder, news: Vec<About>) -> anyhow::Result<()> {
        receive::people(&self.0, holder, news).await
    }

    // WhatsApp tells these only of accounts that somebody looks at, which ours never say.
    fn typing(&self, _: &Holder, _: Typing) {}

    fn presence(&self, _: &Holder, _: Presence) {}
}
