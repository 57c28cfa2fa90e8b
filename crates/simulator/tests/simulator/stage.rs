//! The stage of every test: a callback that keeps what it receives, and a simulator that posts to it.

use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use hoopoe_simulator::{
    Customer, NewCustomer, SimApp, SimClock, SimNumber, Simulator, SimulatorConfig, Timing,
};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;

pub const NUMBER: &str = "100000000000001";
pub const OTHER_NUMBER: &str = "100000000000002";
pub const WABA: &str = "200000000000001";
pub const TOKEN: &str = "EAAsimulated";
pub const SECRET: &str = "app secret";

/// One POST that reached the callback.
#[derive(Debug, Clone)]
pub struct Received {
    pub signature: String,
    pub bytes: Bytes,
    pub json: Value,
}

#[derive(Clone)]
struct Callback {
    received: Arc<Mutex<Vec<Received>>>,
    refusals: Arc<AtomicU16>,
}

pub struct Stage {
    pub simulator: Simulator,
    pub ana: Customer,
    clock_ms: Arc<AtomicI64>,
    callback: Callback,
    pub http: reqwest::Client,
}

#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.challenge")]
    challenge: String,
    #[serde(rename = "hub.verify_token")]
    token: String,
}

async fn handshake(Query(query): Query<Handshake>) -> (StatusCode, String) {
    if query.token == "verify & me" {
        (StatusCode::OK, query.challenge)
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn receive(State(callback): State<Callback>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let signature = headers["X-Hub-Signature-256"].to_str().unwrap().to_owned();
    let json = serde_json::from_slice(&bytes).unwrap();
    callback.received.lock().unwrap().push(Received {
        signature,
        bytes,
        json,
    });
    let left = callback.refusals.load(Ordering::SeqCst);
    if left > 0 {
        callback.refusals.store(left - 1, Ordering::SeqCst);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

impl Stage {
    pub async fn new() -> Self {
        let callback = Callback {
            received: Arc::default(),
            refusals: Arc::default(),
        };
        let router = Router::new()
            .route("/hook", get(handshake).post(receive))
            .with_state(callback.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback_url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let clock_ms = Arc::new(AtomicI64::new(1_790_000_000_000));
        let simulator = start_simulator(callback_url, &clock_ms).await;
        let ana = simulator.add_customer(NewCustomer::named("Ana Ünal", "40721000001"));
        Self {
            simulator,
            ana,
            clock_ms,
            callback,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub fn pass_time(&self, ms: i64) {
        self.clock_ms.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn refuse_next(&self, count: u16) {
        self.callback.refusals.store(count, Ordering::SeqCst);
    }

    /// Every POST so far, once all is delivered.
    pub async fn received(&self) -> Vec<Received> {
        self.simulator.settled().await;
        self.callback.received.lock().unwrap().clone()
    }

    /// All elements of one list (`messages`, `statuses`…) over all POSTs.
    pub async fn received_items(&self, list: &str) -> Vec<Value> {
        let mut items = Vec::new();
        for post in self.received().await {
            for entry in post.json["entry"].as_array().unwrap() {
                for change in entry["changes"].as_array().unwrap() {
                    let found = change["value"][list].as_array();
                    items.extend(found.into_iter().flatten().cloned());
                }
            }
        }
        items
    }

    pub fn graph_url(&self, path: &str) -> String {
        format!("{}/v23.0/{path}", self.simulator.url())
    }

    pub async fn get(&self, url: &str) -> (u16, Value) {
        let answer = self.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Posts JSON to the Graph API.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(self.graph_url(path)).bearer_auth(TOKEN);
        let answer = request.json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Posts to the admin API.
    pub async fn admin(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/sim/{path}", self.simulator.url());
        let answer = self.http.request(method, url).json(body).send().await;
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{path}");
        answer.json().await.unwrap()
    }

    /// Posts to `/{NUMBER}/messages`.
    pub async fn post_message(&self, request: &Value) -> (u16, Value) {
        let url = self.graph_url(&format!("{NUMBER}/messages"));
        let request = self.http.post(url).bearer_auth(TOKEN).json(request);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

fn number(phone_number_id: &str, display: &str, token: &str) -> SimNumber {
    SimNumber {
        phone_number_id: phone_number_id.to_owned(),
        display_phone_number: display.to_owned(),
        verified_name: "Fern & Co".to_owned(),
        waba_id: WABA.to_owned(),
        access_token: token.to_owned(),
        app: 0,
    }
}

async fn start_simulator(callback_url: String, clock_ms: &Arc<AtomicI64>) -> Simulator {
    let now = Arc::clone(clock_ms);
    let config = SimulatorConfig {
        apps: vec![SimApp {
            callback_url,
            app_secret: SECRET.to_owned(),
            verify_token: "verify & me".to_owned(),
        }],
        numbers: vec![
            number(NUMBER, "+1 555-010-0001", TOKEN),
            number(OTHER_NUMBER, "+1 555-010-0002", "EAAother"),
        ],
        clock: SimClock::from_fn(move || now.load(Ordering::SeqCst)),
        timing: Timing::instant(),
        ..SimulatorConfig::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Simulator::start(listener, config).unwrap()
}
