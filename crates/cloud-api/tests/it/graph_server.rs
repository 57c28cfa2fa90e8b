//! A small stand-in for the Graph API: one id or file name for each way to answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{StreamExt, TryStreamExt, stream};
use hoopoe_cloud_api::graph::{DownloadRequest, GraphClient, GraphError, MediaStream};
use serde_json::json;

pub const TOKEN: &str = "EAAJB-token";
pub const PICTURE: &[u8] = b"a picture";
pub const PICTURE_HEX: &str = "92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b";
pub const PICTURE_BASE64: &str = "krL6WAKJWDF+QIvYTs+nD17jWxIZkdvCMsSdFmNTcIs=";

/// What a request looked like: address and `Authorization`.
pub type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

pub struct Graph {
    pub address: SocketAddr,
    seen: Seen,
}

impl Graph {
    pub async fn start() -> Self {
        let seen = Seen::default();
        let router = Router::new()
            .route("/v25.0/{id}", get(object))
            .route("/files/{name}", get(file))
            .with_state(Arc::clone(&seen));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen }
    }

    pub fn client(&self) -> GraphClient {
        GraphClient::new(&format!("http://{}", self.address), "v25.0").unwrap()
    }

    pub fn file(&self, name: &str) -> String {
        format!("http://{}/files/{name}", self.address)
    }

    pub async fn fetch(
        &self,
        name: &str,
        max_bytes: u64,
        sha256: Option<&str>,
    ) -> Result<Vec<u8>, GraphError> {
        let url = self.file(name);
        let media = self
            .client()
            .download(&DownloadRequest {
                token: TOKEN,
                url: &url,
                max_bytes,
                sha256,
            })
            .await?;
        collected(media).await
    }

    pub fn seen(&self) -> Vec<(String, Option<String>)> {
        self.seen.lock().unwrap().clone()
    }
}

pub async fn collected(media: MediaStream) -> Result<Vec<u8>, GraphError> {
    let chunks: Vec<Bytes> = media.into_stream().try_collect().await?;
    Ok(chunks.concat())
}

fn note(seen: &Seen, uri: &OriginalUri, headers: &HeaderMap) {
    let token = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap().to_owned());
    seen.lock().unwrap().push((uri.to_string(), token));
}

async fn object(
    State(seen): State<Seen>,
    uri: OriginalUri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    note(&seen, &uri, &headers);
    let refused = |status: StatusCode, error: serde_json::Value| {
        (status, json!({ "error": error }).to_string()).into_response()
    };
    match id.as_str() {
        "good" => json!({"messaging_product": "whatsapp", "url": "https://lookaside.fbsbx.com/x?mid=1", "mime_type": "image/jpeg",
            "sha256": PICTURE_HEX, "file_size": "9", "id": "good"})
        .to_string()
        .into_response(),
        "number" => json!({"id": "number", "display_phone_number": "+1 555-078-3881", "verified_name": "Hoopoe", "quality_rating": "GREEN"})
            .to_string()
            .into_response(),
        "expired" => refused(
            StatusCode::BAD_REQUEST,
            json!({"message": "Unsupported get request. Object with ID 'expired' does not exist", "type": "GraphMethodException",
                "code": 100, "error_subcode": 33, "fbtrace_id": "AbC"}),
        ),
        "badtoken" => refused(
            StatusCode::UNAUTHORIZED,
            json!({"message": "Error validating access token: Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}),
        ),
        "busy" => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, "17")],
            json!({"error": {"message": "Too many", "code": 80007}}).to_string(),
        )
            .into_response(),
        "busy-account" => (
            StatusCode::BAD_REQUEST,
            [("x-business-use-case-usage", r#"{"1":[{"type":"whatsapp","estimated_time_to_regain_access":3}]}"#)],
            json!({"error": {"message": "Too many", "code": 80007}}).to_string(),
        )
            .into_response(),
        "wrong" => refused(StatusCode::BAD_REQUEST, json!({"message": "Invalid parameter", "code": 100})),
        "proxy" => (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response(),
        "html" => "<html>hello</html>".into_response(),
        "no-url" => "{}".into_response(),
        "endless" => Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 16384])))).into_response(),
        "elsewhere" => (StatusCode::FOUND, [(header::LOCATION, "/v25.0/good")]).into_response(),
        "silent" => std::future::pending().await,
        other => refused(StatusCode::NOT_FOUND, json!({"message": other, "code": 803})),
    }
}

async fn file(
    State(seen): State<Seen>,
    uri: OriginalUri,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response {
    note(&seen, &uri, &headers);
    let redirect =
        |target: &str| (StatusCode::FOUND, [(header::LOCATION, target.to_owned())]).into_response();
    match name.as_str() {
        "picture" => ([(header::CONTENT_TYPE, "image/jpeg")], PICTURE).into_response(),
        "unannounced" => {
            let pieces = PICTURE
                .chunks(2)
                .map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
            Body::from_stream(stream::iter(pieces.collect::<Vec<_>>())).into_response()
        }
        "stalled" => {
            let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(PICTURE))]);
            Body::from_stream(first.chain(stream::pending())).into_response()
        }
        "broken" => {
            let pieces = [
                Ok(Bytes::from_static(PICTURE)),
                Err(std::io::Error::other("cut")),
            ];
            Body::from_stream(stream::iter(pieces)).into_response()
        }
        "moved" => redirect("/files/picture"),
        "away" => redirect("https://evil.example/steal"),
        "downgraded" => redirect("http://lookaside.fbsbx.com/x"),
        "loop" => redirect("/files/loop"),
        "nowhere" => StatusCode::FOUND.into_response(),
        status => StatusCode::from_bytes(status.as_bytes())
            .unwrap()
            .into_response(),
    }
}
