//! What the tests start from: a tenant with an account to link, the mock, and a server that notes what it is told.

use std::{sync::Arc, time::Duration};

use hoopoe_db::{
    Db, Id, accounts,
    accounts::NewAccount,
    ids::AccountId,
    linked::{self, Device, Holder},
    model::{Account, AccountState, Channel},
    testing::{NOW, seed},
};
use hoopoe_linked::{Arrived, Handle, Host, Line, Offer, Pace, Receipt, Start, Supervisor};
use hoopoe_simulator::linked::LinkedServer;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::notes::{Notes, Web};

/// Our phone.
pub const SHOP: &str = "4930901820";
/// A customer's.
pub const ANA: &str = "40721000001";

/// Far more than anything here takes: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A version that the mock does not look at.
const VERSION: (u32, u32, u32) = (2, 3000, 1_030_000_000);

/// The stage.
pub struct Stage {
    pub db: Db,
    pub mock: LinkedServer,
    pub notes: Arc<Notes>,
    pub holder: Holder,
}

/// A supervisor at work.
pub struct Running {
    pub handle: Handle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops it, and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        self.ended().await;
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) {
        patiently("the supervisor's end", self.task).await.unwrap();
    }
}

pub async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A server that takes connections and says nothing, and how many it took.
pub async fn silence() -> (String, watch::Receiver<usize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/ws/chat", listener.local_addr().unwrap());
    let (taken, count) = watch::channel(0);
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
            taken.send_replace(open.len());
        }
    });
    (url, count)
}

/// As in life, but for a time that tests can wait for.
pub fn brisk() -> Pace {
    Pace {
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(40),
        ..Pace::default()
    }
}

impl Stage {
    pub async fn new(db: Db) -> Self {
        let seed = seed(&db).await;
        let mock = LinkedServer::start().await.unwrap();
        mock.add_phone(SHOP, "Fern & Co").unwrap();
        mock.add_phone(ANA, "Ana").unwrap();
        let notes = Notes::new();
        let mut stage = Self {
            db,
            mock,
            notes: Arc::new(notes),
            holder: Holder {
                tenant_id: seed.tenant,
                account_id: seed.account,
                node_id: "n1".into(),
            },
        };
        stage.holder.account_id = stage.add_account().await.id;
        stage
    }

    pub async fn add_account(&self) -> Account {
        let new = NewAccount {
            id: AccountId::new(NOW),
            channel: Channel::Linked,
            name: "Phone",
            color: "#112233",
            phone: None,
            phone_number_id: None,
            waba_id: None,
            meta_app_id: None,
            access_token: None,
            graph_url: None,
            state: AccountState::NeedsQr,
        };
        let mut tx = self.db.begin().await.unwrap();
        let tenant = &self.holder.tenant_id;
        let account = accounts::insert_account(&mut tx, tenant, &new, NOW)
            .await
            .unwrap();
        tx.commit(NOW).await.unwrap();
        account
    }

    /// Claims the account and starts its supervisor.
    pub async fn start(&self, start: Start, pace: Pace) -> Running {
        self.start_on(self.mock.url(), start, pace).await
    }

    /// As [`start`](Self::start), with another server than the mock.
    pub async fn start_on(&self, url: String, start: Start, pace: Pace) -> Running {
        let until = NOW + 300_000;
        assert!(
            linked::claim(&self.db, &self.holder, NOW, until)
                .await
                .unwrap()
        );
        let host: Arc<dyn Host> = Arc::clone(&self.notes) as Arc<dyn Host>;
        let line = Line {
            http: Arc::new(Web(reqwest::Client::new())),
            ..Line::only(url, VERSION)
        };
        let supervisor = Supervisor::new(self.db.clone(), self.holder.clone(), host, line, pace);
        let (stop, handle) = (CancellationToken::new(), supervisor.handle());
        let task = tokio::spawn(supervisor.run(start, stop.clone()));
        Running { handle, stop, task }
    }

    /// Links the account to our phone by a QR code, and waits until it is connected.
    pub async fn linked(&self, pace: Pace) -> Running {
        let running = self.start(Start::Qr, pace).await;
        let code = self.qr().await;
        self.mock.scan(SHOP, &code).unwrap();
        self.until(AccountState::Connected).await;
        running
    }

    /// Forgets the account's link.
    pub async fn reset(&self) {
        let mut tx = self.db.begin().await.unwrap();
        linked::reset(
            &mut tx,
            &self.holder.tenant_id,
            &self.holder.account_id,
            NOW,
        )
        .await
        .unwrap();
        tx.commit(NOW).await.unwrap();
    }

    /// The QR code that is shown.
    pub async fn qr(&self) -> String {
        match self.offer().await {
            Offer::Qr { code, .. } => code,
            offer => panic!("no QR code, but {offer:?}"),
        }
    }

    /// The QR code that is shown after another one.
    pub async fn another_offer(&self, first: &str) -> String {
        let mut offers = self.notes.offer.subscribe();
        let other =
            |offer: &Option<Offer>| matches!(offer, Some(Offer::Qr { code, .. }) if code != first);
        let waited = patiently("another code", offers.wait_for(other)).await;
        assert!(waited.is_ok());
        drop(waited);
        self.qr().await
    }

    /// What is shown, once something is.
    pub async fn offer(&self) -> Offer {
        let mut offers = self.notes.offer.subscribe();
        let shown = patiently("an offer", offers.wait_for(Option::is_some)).await;
        shown.unwrap().clone().unwrap()
    }

    /// Whether something is shown.
    pub fn offers(&self) -> bool {
        self.notes.offer.borrow().is_some()
    }

    pub async fn account(&self) -> Account {
        let Holder {
            tenant_id,
            account_id,
            ..
        } = &self.holder;
        accounts::get_account(&self.db, tenant_id, account_id)
            .await
            .unwrap()
    }

    pub async fn device(&self) -> Device {
        let Holder {
            tenant_id,
            account_id,
            ..
        } = &self.holder;
        linked::get_device(&self.db, tenant_id, account_id, NOW)
            .await
            .unwrap()
    }

    /// Waits until the account is in a state.
    pub async fn until(&self, state: AccountState) -> Account {
        let mut commits = self.notes.committed.subscribe();
        let reached = async {
            loop {
                commits.mark_unchanged();
                let account = self.account().await;
                if account.state == state {
                    return account;
                }
                commits.changed().await.unwrap();
            }
        };
        let what = format!("{state:?}");
        patiently(&what, reached).await
    }

    /// Waits until a reason is given that says so.
    pub async fn until_reason(&self, words: &str) -> Account {
        let mut commits = self.notes.committed.subscribe();
        let reached = async {
            loop {
                commits.mark_unchanged();
                let account = self.account().await;
                if account
                    .state_reason
                    .as_deref()
                    .is_some_and(|reason| reason.contains(words))
                {
                    return account;
                }
                commits.changed().await.unwrap();
            }
        };
        patiently(words, reached).await
    }

    /// Waits until the host was told something.
    pub async fn told<T>(&self, what: &str, mut look: impl FnMut(&Notes) -> Option<T>) -> T {
        let mut commits = self.notes.committed.subscribe();
        let reached = async {
            loop {
                commits.mark_unchanged();
                if let Some(found) = look(&self.notes) {
                    return found;
                }
                commits.changed().await.unwrap();
            }
        };
        patiently(what, reached).await
    }

    /// Waits until so many messages were stored.
    pub async fn arrived(&self, count: usize) -> Vec<Arrived> {
        self.told("messages", |notes| {
            let arrived = notes.arrived.lock().unwrap();
            (arrived.len() >= count).then(|| arrived.clone())
        })
        .await
    }

    /// Waits for a receipt of a message, the first that fits.
    pub async fn receipt(&self, id: &str, fits: impl Fn(&Receipt) -> bool) -> Receipt {
        self.told("a receipt", |notes| {
            let receipts = notes.receipts.lock().unwrap();
            let mut of = receipts
                .iter()
                .filter(|receipt| receipt.ids.iter().any(|of| of == id));
            of.find(|receipt| fits(receipt)).cloned()
        })
        .await
    }

    /// Waits until storing messages has failed.
    pub async fn refused(&self) {
        let mut refused = self.notes.refused.subscribe();
        let waited = patiently("a failure", refused.wait_for(|count| *count > 0)).await;
        assert!(waited.is_ok());
    }

    /// Waits until the mock shows something.
    pub async fn until_mock<T>(
        &self,
        what: &str,
        look: impl FnMut(&LinkedServer) -> Option<T>,
    ) -> T {
        patiently(what, self.mock.until(look)).await
    }

    /// Waits until our phone's one companion is connected for the n-th time and wants what comes in.
    pub async fn until_connections(&self, count: usize) {
        self.until_mock("a connection", |mock| {
            let companions = mock.companions(SHOP).unwrap();
            let there = companions.first()?;
            (there.active && there.connections >= count).then_some(())
        })
        .await;
    }
}
