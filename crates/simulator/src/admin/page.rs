//! The phone page at `/`: HTML, style and scripts, embedded in the binary.
//! Opened by whoever tries Hoopoe in the demo.

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::engine::Engine;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'self'";

macro_rules! asset {
    ($mime:literal, $file:literal) => {
        get(|| async { respond($mime, include_str!(concat!("../../page/", $file))) })
    };
}

/// The page and its files.
pub(crate) fn router() -> Router<Arc<Engine>> {
    Router::new()
        .route("/", asset!("text/html; charset=utf-8", "index.html"))
        .route(
            "/phone/style.css",
            asset!("text/css; charset=utf-8", "style.css"),
        )
        .route(
            "/phone/app.js",
            asset!("text/javascript; charset=utf-8", "app.js"),
        )
        .route(
            "/phone/api.js",
            asset!("text/javascript; charset=utf-8", "api.js"),
        )
        .route(
            "/phone/bubbles.js",
            asset!("text/javascript; charset=utf-8", "bubbles.js"),
        )
        .route(
            "/phone/composer.js",
            asset!("text/javascript; charset=utf-8", "composer.js"),
        )
        .route(
            "/phone/details.js",
            asset!("text/javascript; charset=utf-8", "details.js"),
        )
        .route(
            "/phone/voice.js",
            asset!("text/javascript; charset=utf-8", "voice.js"),
        )
        .route(
            "/phone/choices.js",
            asset!("text/javascript; charset=utf-8", "choices.js"),
        )
        .route(
            "/phone/dialogs.js",
            asset!("text/javascript; charset=utf-8", "dialogs.js"),
        )
        .route(
            "/phone/dom.js",
            asset!("text/javascript; charset=utf-8", "dom.js"),
        )
        .route(
            "/phone/icons.js",
            asset!("text/javascript; charset=utf-8", "icons.js"),
        )
        .route("/phone/icon.svg", asset!("image/svg+xml", "icon.svg"))
}

fn respond(mime: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}
