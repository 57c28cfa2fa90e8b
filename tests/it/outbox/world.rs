//! A server whose Meta is the simulator: what is sent arrives on simulated phones, and their statuses come back as signed webhooks.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hoopoe::{clock::Clock, config::Config};
use hoopoe_db::testing::{self, TestDb};
use hoopoe_simulator::{
    NewCustomer, Outgoing, SimApp, SimClock, SimNumber, Simulator, SimulatorConfig, Timing,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{NOW, Organisation, Server, sockets::PATIENCE};

pub struct World {
    pub server: Server,
    pub shop: Organisation,
    pub sim: Simulator,
    next: AtomicU64,
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
        world.sim.stop().await;
    }
}

impl World {
    pub async fn start(database: TestDb, adjust: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = Arc::new(OnceLock::<Clock>::new());
        let shared = Arc::clone(&clock);
        let config = SimulatorConfig {
            timing: Timing::instant(),
            clock: SimClock::from_fn(move || shared.get().map_or(NOW, Clock::now)),
            ..SimulatorConfig::default()
        };
        let sim = Simulator::start(listener, config).unwrap();
        let url = sim.url();
        let server = Server::start_with(database, |config| {
            config.graph.url = url;
            // Time passes in great steps here.
            config.auth.access_token_minutes = 60 * 24 * 30;
            adjust(config);
        })
        .await;
        clock.set(server.app.clock.clone()).unwrap();
        let shop = server.organisation("shop").await;
        let app = sim.add_app(SimApp {
            callback_url: format!("{}/webhooks/whatsapp/{}", server.url, shop.hook),
            app_secret: "0123456789abcdef0123456789abcdef".into(),
            verify_token: "unused".into(),
        });
        sim.add_number(SimNumber {
            phone_number_id: shop.phone_number_id.clone(),
            display_phone_number: "+49 30 901820".into(),
            verified_name: "Shop".into(),
            waba_id: shop.waba_id.clone(),
            access_token: "EAAtoken".into(),
            app,
        });
        Self {
            server,
            shop,
            sim,
            next: AtomicU64::new(1),
        }
    }

    /// Somebody who has just written; the id of their conversation.
    pub async fn customer(&self, phone: &str) -> String {
        self.customers(&[phone.to_owned()]).await.remove(0)
    }

    /// People who have just written; the ids of their conversations.
    pub async fn customers(&self, phones: &[String]) -> Vec<String> {
        for phone in phones {
            self.sim.add_customer(NewCustomer::named(phone, phone));
            self.sim
                .customer_sends(&self.shop.phone_number_id, phone, Outgoing::text("Hello"))
                .unwrap();
        }
        self.sim.settled().await;
        let all = self.shop.conversations().await;
        let id_of = |phone: &String| {
            let found = all.iter().find(|one| {
                let value = one["reply_to"]["value"].as_str().unwrap();
                value.trim_start_matches('+') == phone
            });
            found.unwrap_or_else(|| panic!("nothing of {phone}"))["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        phones.iter().map(id_of).collect()
    }

    /// How many messages the account may send in a second.
    pub async fn set_rate(&self, per_second: u32) {
        let path = format!("/accounts/{}", self.shop.account);
        let change = json!({ "rate_per_second": per_second });
        self.shop.admin.patch(&path, change).await.expect(200);
    }

    /// A fresh id, as a client makes it.
    pub fn client_id(&self) -> String {
        format!("c-{}", self.next.fetch_add(1, Ordering::SeqCst))
    }

    /// Has something sent by the agent, and expects that it is accepted.
    pub async fn send(&self, conversation: &str, mut body: Value) -> Value {
        if body["client_id"].is_null() {
            body["client_id"] = json!(self.client_id());
        }
        let path = format!("/conversations/{conversation}/messages");
        self.shop.agent.post(&path, body).await.expect(201).json
    }

    pub async fn send_text(&self, conversation: &str, text: &str) -> Value {
        self.send(conversation, json!({ "text": { "body": text } }))
            .await
    }

    pub async fn message(&self, id: &Value) -> Value {
        let path = format!("/messages/{}", id.as_str().unwrap());
        self.shop.agent.get(&path).await.expect(200).json
    }

    pub async fn attempts(&self, id: &Value) -> Vec<Value> {
        let path = format!("/messages/{}/attempts", id.as_str().unwrap());
        let answer = self.shop.agent.get(&path).await.expect(200);
        answer.json["items"].as_array().unwrap().clone()
    }

    /// The message once it looks like that. Waits for attempts to end and for webhooks to arrive, not for time to pass.
    pub async fn until(&self, id: &Value, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut settled = self.server.app.outbox.watch_settled();
        let waiting = async {
            loop {
                settled.mark_unchanged();
                self.sim.settled().await;
                let message = self.message(id).await;
                if fits(&message) {
                    return message;
                }
                // Statuses come without an attempt; what they change is seen in the next round.
                drop(tokio::time::timeout(Duration::from_millis(200), settled.changed()).await);
            }
        };
        let Ok(message) = tokio::time::timeout(PATIENCE, waiting).await else {
            panic!("never {what}: {}", self.message(id).await)
        };
        message
    }

    pub async fn until_status(&self, id: &Value, status: &str) -> Value {
        self.until(id, status, |message| message["status"] == status)
            .await
    }

    /// Waits until so many attempts have been settled since the server started.
    pub async fn until_settled(&self, count: u64) {
        let mut settled = self.server.app.outbox.watch_settled();
        let reached = settled.wait_for(|settled| *settled >= count);
        tokio::time::timeout(PATIENCE, reached)
            .await
            .expect("attempts")
            .unwrap();
    }

    /// Returns when no attempt is under way: time that is moved meanwhile would end their leases.
    async fn idle(&self) {
        let under_way = "SELECT count(*) FROM outbox WHERE state IN ('preparing', 'sending')";
        while testing::number(&self.server.app.db, under_way).await > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass, and has what is due then done.
    pub async fn pass(&self, ms: i64) {
        self.idle().await;
        self.server.advance(ms);
        hoopoe::outbox::sweep(&self.server.app).await.unwrap();
    }

    /// Lets time pass step by step until a message looks like that.
    pub async fn pass_until(
        &self,
        id: &Value,
        step_ms: i64,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let passing = async {
            loop {
                let message = self.message(id).await;
                if fits(&message) {
                    return message;
                }
                self.pass(step_ms).await;
            }
        };
        let passed = tokio::time::timeout(PATIENCE, passing).await;
        passed.expect("it goes on")
    }

    /// Lets time pass step by step until so many messages have been accepted.
    pub async fn pass_until_sent(&self, count: usize, step_ms: i64) {
        let passing = async {
            while self.sim.sent_messages().len() < count {
                self.pass(step_ms).await;
            }
        };
        let passed = tokio::time::timeout(PATIENCE, passing).await;
        passed.expect("it goes on");
    }

    /// What the business wrote, as a customer's phone shows it.
    pub fn on_phone(&self, phone: &str) -> Vec<String> {
        let number = &self.shop.phone_number_id;
        let chat = self.sim.chat(number, phone).unwrap().into_iter();
        chat.filter(|entry| entry.from == hoopoe_simulator::Side::Business)
            .map(|entry| entry.text)
            .collect()
    }
}
