//! Gives every request an id, logs its outcome once, and counts it.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use crate::telemetry::within_request;

/// Carries the id, in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a proxy.
const MAX_ID: usize = 64;

/// The layer.
pub async fn request(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| Arc::from("(none)"), |path| Arc::from(path.as_str()));
    let is_busy = is_busy(request.uri().path());
    request.headers_mut().remove(REQUEST_ID);
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = within_request(Arc::clone(&id), next.run(request).instrument(span)).await;
    let outcome = Outcome {
        id: &id,
        method: &method,
        path: &path,
        status: response.status(),
        seconds: started.elapsed().as_secs_f64(),
    };
    outcome.log(is_busy);
    outcome.count();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The id that a proxy gave, if it is harmless, or a fresh one.
fn request_id(request: &Request) -> Arc<str> {
    let told = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=MAX_ID).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    match told {
        Some(id) => Arc::from(id),
        None => format!("{:032x}", rand::random::<u128>()).into(),
    }
}

/// Paths that are asked all the time: their successes are not worth a line.
fn is_busy(path: &str) -> bool {
    [
        "/webhooks/",
        "/socket.io",
        "/health",
        "/metrics",
        "/assets/",
    ]
    .iter()
    .any(|prefix| path.starts_with(prefix))
}

struct Outcome<'a> {
    id: &'a str,
    method: &'a Method,
    path: &'a Arc<str>,
    status: StatusCode,
    seconds: f64,
}

impl Outcome<'_> {
    fn log(&self, is_busy: bool) {
        let (request_id, method, path) = (self.id, self.method.as_str(), &**self.path);
        let (status, latency_ms) = (self.status.as_u16(), self.seconds * 1000.0);
        if self.status.is_server_error() {
            tracing::warn!(request_id, method, path, status, latency_ms, "request");
        } else if is_busy && !self.status.is_client_error() {
            tracing::debug!(request_id, method, path, status, latency_ms, "request");
        } else {
            tracing::info!(request_id, method, path, status, latency_ms, "request");
        }
    }

    fn count(&self) {
        let labels = [
            ("method", method_label(self.method).to_owned()),
            ("path", self.path.to_string()),
            ("status", self.status.as_u16().to_string()),
        ];
        metrics::histogram!("http_request_duration_seconds", &labels).record(self.seconds);
    }
}

/// A closed set, so that clients can't invent label values.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
