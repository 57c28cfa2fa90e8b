//! A receiver of webhooks that answers as it is told, and a server whose webhooks may reach it.

use std::{
    collections::VecDeque,
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Response, StatusCode},
    response::IntoResponse as _,
    routing::post,
};
use hoopoe::config::Config;
use hoopoe_db::testing;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _, net::TcpListener, process::Command, sync::mpsc, task::JoinHandle,
    time::timeout,
};

use crate::{
    linked::world,
    support::{Organisation, Server, sockets::PATIENCE},
};

/// What a receiver answers.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// A redirect to another path of itself.
    Redirect,
    /// Nothing at all.
    Nothing,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub headers: HeaderMap,
    pub body: String,
    pub json: Value,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// What the message says, of `message:new`.
    pub fn text(&self) -> &str {
        self.json["data"]["message"]["text"].as_str().unwrap()
    }
}

/// A receiver.
pub struct Receiver {
    pub url: String,
    port: u16,
    heard: mpsc::UnboundedReceiver<Heard>,
    told: mpsc::UnboundedSender<Heard>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that answers 200.
    pub async fn start() -> Self {
        let (told, heard) = mpsc::unbounded_channel();
        let replies = Arc::default();
        let (port, task) = listen(0, told.clone(), Arc::clone(&replies)).await;
        Self {
            url: format!("http://127.0.0.1:{port}/hook"),
            port,
            heard,
            told,
            replies,
            task,
        }
    }

    /// What it answers next; after that 200 again.
    pub fn replies(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    /// Ends it: nobody listens any more.
    pub async fn kill(&mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }

    /// Starts it again where it was.
    pub async fn revive(&mut self) {
        (_, self.task) = listen(self.port, self.told.clone(), Arc::clone(&self.replies)).await;
    }

    /// What comes next.
    pub async fn next(&mut self) -> Heard {
        let next = timeout(PATIENCE, self.heard.recv()).await;
        next.expect("a delivery comes").unwrap()
    }

    /// What has come and was not looked at.
    pub fn rest(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

async fn listen(
    port: u16,
    told: mpsc::UnboundedSender<Heard>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hear = async move |headers: HeaderMap, body: Bytes| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        let reply = replies.lock().unwrap().pop_front();
        let json = serde_json::from_str(&body).unwrap();
        drop(told.send(Heard {
            headers,
            body,
            json,
        }));
        match reply.unwrap_or(Reply::Status(200)) {
            Reply::Status(status) => {
                (StatusCode::from_u16(status).unwrap(), "so it is").into_response()
            }
            Reply::Redirect => {
                let moved = Response::builder()
                    .status(307)
                    .header("location", "/elsewhere");
                moved.body(axum::body::Body::empty()).unwrap()
            }
            Reply::Nothing => std::future::pending().await,
        }
    };
    let router = Router::new()
        .route("/hook", post(hear.clone()))
        .route("/elsewhere", post(hear));
    let serving = axum::serve(listener, router);
    (port, tokio::spawn(async move { serving.await.unwrap() }))
}

/// Runs a test on each engine, with a server that may reach this machine and waits a second for answers.
pub async fn on_engines<F: AsyncFn(&Server, &Organisation)>(test: F) {
    for database in testing::engines().await {
        eprintln!("on {}", database.name());
        let server = Server::start_with(database, near).await;
        let shop = server.organisation("shop").await;
        test(&server, &shop).await;
        server.stop().await;
    }
}

fn near(config: &mut Config) {
    config.webhooks.allow_private = true;
    config.webhooks.timeout_seconds = 1;
    // Days pass, and the admin stays.
    config.auth.access_token_minutes = 60 * 24 * 30;
}

/// Adds a webhook; gives its id and its secret.
pub async fn add(shop: &Organisation, receiver: &Receiver, types: &[&str]) -> (String, String) {
    let body = json!({ "name": "Hook", "url": receiver.url, "event_types": types });
    let added = shop.admin.post("/webhooks", body).await.expect(201).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&added["webhook"]["id"]), text(&added["secret"]))
}

/// A webhook's deliveries, oldest first.
pub async fn deliveries(shop: &Organisation, id: &str) -> Vec<Value> {
    let page = shop
        .admin
        .get(&format!("/webhooks/{id}/deliveries?limit=100"))
        .await;
    let mut all = page.expect(200).json["items"].as_array().unwrap().clone();
    all.reverse();
    all
}

/// Waits until the deliveries of a webhook are so.
pub async fn until(shop: &Organisation, id: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    world::until("deliveries", async || {
        let all = deliveries(shop, id).await;
        fits(&all).then_some(all)
    })
    .await
}

/// The states of deliveries.
pub fn states(all: &[Value]) -> Vec<&str> {
    all.iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect()
}

/// Lets time pass, and what is due by then be seen.
pub fn advance(server: &Server, by_ms: i64) {
    server.advance(by_ms);
    server.app.webhooks.wake();
}

/// Whether a request is signed with a secret, as another implementation sees it: Node.js, by the specification's text.
pub async fn is_signed(heard: &Heard, secret: &str) -> bool {
    const VERIFY: &str = r#"
        const { createHmac, timingSafeEqual } = await import("node:crypto");
        let text = ""; for await (const part of process.stdin) text += part;
        const { id, timestamp, signatures, body, secret } = JSON.parse(text);
        const key = Buffer.from(secret.slice("whsec_".length), "base64");
        const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
        const good = signatures.split(" ").some((one) => {
          const [version, value] = one.split(",");
          const given = Buffer.from(value, "base64");
          return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
        });
        process.exit(good ? 0 : 1);
    "#;
    let given = json!({
        "id": heard.header("webhook-id"), "timestamp": heard.header("webhook-timestamp"), "signatures": heard.header("webhook-signature"),
        "body": heard.body, "secret": secret,
    });
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", VERIFY])
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Node.js 20 or newer");
    let mut stdin = node.stdin.take().unwrap();
    stdin.write_all(given.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    node.wait().await.unwrap().success()
}
