//! A server whose WhatsApp is the mock of linked devices.

use hoopoe::config::Config;
use hoopoe_db::testing::{self, TestDb};
use hoopoe_simulator::linked::{Companion, LinkedServer};
use serde_json::{Value, json};
use tokio::time::{Duration, interval, timeout};

use crate::support::{Answer, Organisation, Person, Server, sockets::PATIENCE};

/// Our phone.
pub const SHOP: &str = "4930901820";

/// A customer's phone.
pub const ANA: &str = "5511987654321";

pub struct World {
    pub server: Server,
    pub shop: Organisation,
    pub mock: LinkedServer,
}

/// Runs a test on each engine.
pub async fn on_engines<F: AsyncFn(&World)>(test: F) {
    on_engines_with(|_| {}, test).await;
}

/// As [`on_engines`], with settings.
pub async fn on_engines_with<F: AsyncFn(&World)>(adjust: impl Fn(&mut Config), test: F) {
    for database in testing::engines().await {
        eprintln!("on {}", database.name());
        let world = World::start(database, &adjust).await;
        test(&world).await;
        world.server.stop().await;
    }
}

/// The mock with our phone and a customer's.
pub async fn phones() -> LinkedServer {
    let mock = LinkedServer::start().await.unwrap();
    mock.add_phone(SHOP, "Fern & Co").unwrap();
    mock.add_phone(ANA, "Ana").unwrap();
    mock
}

/// Asks again and again until there is what is wanted.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        let mut looks = interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            if let Some(found) = ask().await {
                return found;
            }
        }
    };
    let found = timeout(PATIENCE, asked).await;
    found.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

impl World {
    pub async fn start(database: TestDb, adjust: impl FnOnce(&mut Config)) -> Self {
        let mock = phones().await;
        let url = mock.url();
        let server = Server::start_with(database, |config| {
            config.linked.url = url;
            adjust(config);
        })
        .await;
        let shop = server.organisation("shop").await;
        Self { server, shop, mock }
    }

    /// Adds an account; its id.
    pub async fn add(&self) -> String {
        let new = json!({ "channel": "linked", "name": "Phone" });
        let account = self.shop.admin.post("/accounts", new).await.expect(201);
        account.json["id"].as_str().unwrap().to_owned()
    }

    pub async fn account(&self, id: &str) -> Value {
        self.account_as(&self.shop.admin, id).await
    }

    /// As somebody is shown it.
    pub async fn account_as(&self, who: &Person, id: &str) -> Value {
        let path = format!("/accounts/{id}");
        who.get(&path).await.expect(200).json
    }

    pub async fn begin(&self, id: &str, how: Value) -> Answer {
        self.shop
            .manager
            .post(&format!("/accounts/{id}/link"), how)
            .await
    }

    /// What is shown, once it is of a kind.
    pub async fn offer(&self, id: &str, kind: &str) -> Value {
        let path = format!("/accounts/{id}/link");
        until(kind, async || {
            let offer = self.shop.manager.get(&path).await.expect(200).json;
            (offer["kind"] == kind).then_some(offer)
        })
        .await
    }

    /// The account, once it is in a state.
    pub async fn until_state(&self, id: &str, state: &str) -> Value {
        until(state, async || {
            let account = self.account(id).await;
            (account["state"] == state).then_some(account)
        })
        .await
    }

    /// Links an account to our phone by a QR code.
    pub async fn link(&self, id: &str) -> Value {
        self.begin(id, json!({ "method": "qr" })).await.expect(202);
        let offer = self.offer(id, "qr").await;
        self.mock
            .scan(SHOP, offer["code"].as_str().unwrap())
            .unwrap();
        self.until_state(id, "connected").await
    }

    /// An account that is linked and connected.
    pub async fn linked(&self) -> String {
        let id = self.add().await;
        self.link(&id).await;
        id
    }

    /// Our phone's companions, once they are as is wanted.
    pub async fn until_companions(&self, what: &str, fit: impl Fn(&[Companion]) -> bool) {
        let waited = self.mock.until(|mock| {
            let companions = mock.companions(SHOP).unwrap();
            fit(&companions).then_some(())
        });
        let waited = timeout(PATIENCE, waited).await;
        waited.unwrap_or_else(|_| panic!("waited in vain for {what}"));
    }

    pub async fn reset(&self, id: &str) -> Answer {
        self.shop
            .manager
            .post(&format!("/accounts/{id}/reset"), json!({}))
            .await
    }
}
