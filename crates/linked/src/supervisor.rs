//! Keeps one account connected: starts the client, starts it anew with growing pauses when it is lost, and stops where WhatsApp wants a person to act. How
//! the account is stands in the database at any time.

use std::sync::Arc;

use hoopoe_db::{
    Db,
    accounts::{self, StateChange},
    linked::{self, Holder},
    model::AccountState,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Handle, Host, Line, Pace, Store,
    handle::{Desk, Patience},
    pairing::Way,
    session::{self, Outcome},
};

/// How a supervisor begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// With a QR code to be scanned. The account has to be [reset](linked::reset) before.
    Qr,
    /// With a code to be typed into the phone of this number (digits only). The account has to be reset before.
    Code {
        /// The phone's number.
        phone: String,
    },
    /// With the link that the account has.
    Resume,
}

/// What belongs to an account that a node has.
pub(crate) struct Parts {
    pub db: Db,
    pub host: Arc<dyn Host>,
    pub store: Arc<Store>,
    pub line: Line,
    pub pace: Pace,
    pub desk: Arc<Desk>,
}

/// One account's supervisor.
pub struct Supervisor(Parts);

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Supervisor")
            .field(self.0.store.holder())
            .finish()
    }
}

impl Supervisor {
    /// For an account that the node has [claimed](linked::claim).
    pub fn new(db: Db, holder: Holder, host: Arc<dyn Host>, line: Line, pace: Pace) -> Self {
        let store = Store::new(db.clone(), holder, Arc::clone(&host));
        let patience = Patience {
            answer: pace.answer_timeout,
            preparation: pace.preparation_timeout,
        };
        let desk = Arc::new(Desk::new(line.files(), patience));
        Self(Parts {
            db,
            host,
            store: Arc::new(store),
            line,
            pace,
            desk,
        })
    }

    /// What can be done with the account's connection, while there is one.
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.0.desk))
    }

    /// Keeps the account connected until it is stopped, or a person has to act. Then it is given back.
    pub async fn run(self, start: Start, stop: CancellationToken) {
        let parts = &self.0;
        parts.keep(start, &stop).await;
        let holder = parts.store.holder();
        parts.host.show(holder, None);
        if let Err(error) = linked::release(&parts.db, holder, parts.host.now()).await {
            // Its lease ends by itself.
            tracing::warn!(%error, account = %holder.account_id, "an account could not be given back");
        }
    }
}

impl Parts {
    async fn keep(&self, start: Start, stop: &CancellationToken) {
        let mut linking = match start {
            Start::Qr => Some(Way::Qr),
            Start::Code { phone } => Some(Way::Code(phone)),
            Start::Resume => None,
        };
        let mut failures = 0;
        loop {
            if linking.is_none() && failures == 0 {
                self.set(AccountState::Connecting, None).await;
            }
            let run = session::run(self, linking.clone(), stop).await;
            let reason = match run.outcome {
                Outcome::Stopped => return,
                Outcome::Ended(end) => return self.set(end.state, Some(&end.reason)).await,
                Outcome::NotLinked(reason) => return self.not_linked(&reason).await,
                Outcome::Lost(reason) if !run.linked => return self.not_linked(&reason).await,
                Outcome::Lost(reason) => reason,
            };
            linking = None;
            failures = if run.worked { 1 } else { failures + 1 };
            self.set(AccountState::Disconnected, Some(&reason)).await;
            let pause = tokio::time::sleep(self.pace.pause(failures));
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    async fn not_linked(&self, reason: &str) {
        self.set(AccountState::NeedsQr, Some(reason)).await;
    }

    /// Notes how the account is. Where that fails it is noted with the next change: the connection is worth more than what is said of it.
    pub(crate) async fn set(&self, state: AccountState, reason: Option<&str>) {
        if let Err(error) = self.try_set(state, reason).await {
            let account = &self.store.holder().account_id;
            tracing::warn!(%error, %account, ?state, "an account's state could not be noted");
        }
    }

    async fn try_set(&self, state: AccountState, reason: Option<&str>) -> anyhow::Result<()> {
        let holder = self.store.holder();
        let change = StateChange {
            state,
            reason,
            access_token: None,
            claimed_by: Some(&holder.node_id),
        };
        let now = self.host.now();
        let mut tx = self.db.begin().await?;
        accounts::update_state(&mut tx, &holder.tenant_id, &holder.account_id, &change, now)
            .await?;
        self.host.commit(tx).await
    }

    /// Notes how far the past has come, and shows it.
    pub(crate) async fn note_history(
        &self,
        percent: Option<i64>,
        conversations: i64,
        is_news: bool,
    ) {
        let noted = self.try_note_history(percent, conversations, is_news).await;
        if let Err(error) = noted {
            tracing::info!(
                error = format!("{error:#}"),
                "how far the past came was not noted"
            );
        }
    }

    async fn try_note_history(
        &self,
        percent: Option<i64>,
        conversations: i64,
        is_news: bool,
    ) -> anyhow::Result<()> {
        let (holder, now) = (self.store.holder(), self.host.now());
        let mut tx = self.db.begin().await?;
        let noted = linked::note_history(&mut tx, holder, percent, conversations, is_news, now);
        let account = noted.await?;
        self.host.commit(tx).await?;
        self.host.history(holder, &account);
        Ok(())
    }

    pub(crate) async fn note_traffic(&self) {
        let (holder, now) = (self.store.holder(), self.host.now());
        if let Err(error) = linked::update_traffic(&self.db, holder, now, now).await {
            tracing::warn!(%error, account = %holder.account_id, "an account's traffic could not be noted");
        }
    }
}
