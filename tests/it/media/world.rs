//! A stand-in for the Graph API's media, and a server that fetches from it.

use std::{
    collections::HashMap,
    io::Cursor,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hoopoe::config::Config;
use hoopoe_db::testing::TestDb;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::support::{Answer, Organisation, Server};

/// What the provider has under an id.
#[derive(Clone)]
pub enum Held {
    /// A file, and the digest that it is announced with.
    File(Vec<u8>, String),
    /// A refusal with an HTTP status and a body.
    Refusal(u16, Value),
}

impl Held {
    pub fn file(content: &[u8]) -> Self {
        Self::File(content.to_vec(), hex::encode(Sha256::digest(content)))
    }

    pub fn damaged(content: &[u8]) -> Self {
        Self::File(content.to_vec(), "00".repeat(32))
    }

    pub fn gone() -> Self {
        Self::Refusal(
            400,
            json!({ "error": { "message": "Object does not exist", "code": 100, "error_subcode": 33 } }),
        )
    }

    pub fn broken() -> Self {
        Self::Refusal(503, json!({}))
    }
}

/// A stand-in for the Graph API's media.
#[derive(Clone)]
pub struct Meta {
    url: String,
    held: Arc<Mutex<HashMap<String, Held>>>,
}

impl Meta {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let meta = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            held: Arc::default(),
        };
        let router = Router::new()
            .route("/{version}/{id}", get(Self::describe))
            .route("/file/of/{id}", get(Self::hand_out))
            .with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    pub fn put(&self, id: &str, held: Held) {
        self.held.lock().unwrap().insert(id.to_owned(), held);
    }

    fn find(&self, id: &str, headers: &HeaderMap) -> Held {
        assert_eq!(headers[header::AUTHORIZATION], "Bearer EAAtoken");
        self.held.lock().unwrap()[id].clone()
    }

    #[expect(clippy::unused_async, reason = "handlers are")]
    async fn describe(
        State(meta): State<Self>,
        Path((_, id)): Path<(String, String)>,
        headers: HeaderMap,
    ) -> Response {
        match meta.find(&id, &headers) {
            Held::File(_, digest) => {
                let url = format!("{}/file/of/{id}", meta.url);
                axum::Json(
                    json!({ "url": url, "mime_type": "image/jpeg", "sha256": digest, "id": id }),
                )
                .into_response()
            }
            Held::Refusal(status, body) => {
                (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
            }
        }
    }

    #[expect(clippy::unused_async, reason = "handlers are")]
    async fn hand_out(
        State(meta): State<Self>,
        Path(id): Path<String>,
        headers: HeaderMap,
    ) -> Response {
        match meta.find(&id, &headers) {
            Held::File(content, _) => content.into_response(),
            Held::Refusal(..) => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// A server whose provider is the stand-in.
pub struct World {
    /// The server.
    pub server: Server,
    /// Its organisation.
    pub shop: Organisation,
    /// Its provider.
    pub meta: Meta,
}

impl World {
    pub async fn start(database: TestDb, adjust: impl FnOnce(&mut Config)) -> Self {
        let meta = Meta::start().await;
        let url = meta.url.clone();
        let server = Server::start_with(database, |config| {
            config.graph.url = url;
            adjust(config);
        })
        .await;
        let shop = server.organisation("shop").await;
        Self { server, shop, meta }
    }

    /// A message with a file comes in. Returns the message as it is once the first attempt to fetch it has ended.
    pub async fn receive(&self, media_id: &str, kind: &str, node: Value) -> Value {
        let mut settled = self.server.app.media.watch_settled();
        let mut node = node;
        node["id"] = json!(media_id);
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": self.shop.waba_id, "changes": [{ "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": { "display_phone_number": "4930901820", "phone_number_id": self.shop.phone_number_id },
                "contacts": [{ "wa_id": "4915112345678", "profile": { "name": "Ana" } }],
                "messages": [{ "from": "4915112345678", "id": format!("wamid.{media_id}"), "timestamp": "1790000000", "type": kind, kind: node }],
            } }] }] });
        self.shop.deliver(&self.server, &body).await.expect(200);
        settled.changed().await.unwrap();
        self.message(media_id).await
    }

    /// The message as the thread shows it.
    pub async fn message(&self, media_id: &str) -> Value {
        let threads = self.shop.agent.get("/conversations").await.expect(200).json;
        let path = format!(
            "/conversations/{}/messages",
            threads["items"][0]["id"].as_str().unwrap()
        );
        let items = self.shop.agent.get(&path).await.expect(200).json["items"].take();
        let text = format!("wamid.{media_id}");
        let all = items.as_array().unwrap();
        // Threads do not show the provider's id; the newest with media is the one.
        all.iter()
            .rfind(|message| message["media"].is_object())
            .cloned()
            .unwrap_or_else(|| panic!("{text}: {items}"))
    }

    /// Moves the clock on, has what is due then tried, and waits for the end of one attempt.
    pub async fn attempt_after(&self, ms: i64) {
        let mut settled = self.server.app.media.watch_settled();
        self.server.advance(ms);
        self.server.app.media.wake();
        settled.changed().await.unwrap();
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (Answer, Vec<u8>) {
        let mut request = self.shop.agent.request("GET", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        (
            Answer {
                status,
                headers,
                json,
                text,
            },
            bytes,
        )
    }
}

/// A photo of 1200 × 800 pixels, as PNG.
pub fn photo() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(1200, 800, |x, y| {
        image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90])
    });
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// The path below `/api/v1`.
pub fn below_api(url: &Value) -> String {
    url.as_str()
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned()
}

/// All files below a folder, but for the name by which a store knows itself.
pub fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with(".identity"))
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
