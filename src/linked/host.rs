//! The server, as supervisors see it.

use anyhow::Context as _;
use async_trait::async_trait;
use hoopoe_db::{Millis, Tx, linked::Holder};
use hoopoe_linked::{Arrived, Host, Offer, Seal};

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
        receive::store(&self.0, holder, messages).await
    }
}
