//! All routes and what surrounds them. Features bring their own; here they are put together.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware::{from_fn, from_fn_with_state},
    routing::any,
};
use tower_http::compression::{
    CompressionLayer,
    predicate::{Predicate as _, SizeAbove},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    accounts, app::App, auth, contacts, conversations, dead_letters, drafts, error::ApiError,
    health, inbound, layers, linked, media, messages, openapi, outbox, realtime, saved_replies,
    team, templates, web, webhooks,
};

/// Largest body of an API request in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// Kinds of answers, besides text, that are compressed.
const COMPRESSED: &[&str] = &[
    "application/json",
    "application/javascript",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
];

/// The API's routes below `/api/v1`, with their description.
pub fn api_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(team::routes())
        .merge(accounts::routes())
        .merge(linked::routes())
        .merge(conversations::routes())
        .merge(messages::routes())
        .merge(outbox::routes())
        .merge(drafts::routes())
        .merge(saved_replies::routes())
        .merge(templates::routes())
        .merge(contacts::routes())
        .merge(dead_letters::routes())
        .merge(media::routes())
        .merge(webhooks::routes())
        .merge(realtime::routes())
        .merge(health::routes())
}

/// Everything that the server answers.
pub fn router(app: &App) -> Router {
    let timeout = Duration::from_secs(app.config.limits.request_timeout_seconds);
    let api = Router::from(api_routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(layers::etag::answer))
        .layer(from_fn_with_state(timeout, layers::timeout::limit));
    let pages = Router::new()
        .nest(openapi::PREFIX, api)
        .merge(openapi::pages())
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        .fallback(web::serve)
        .layer(CompressionLayer::new().compress_when(SizeAbove::default().and(is_text)))
        .layer(from_fn_with_state(
            app.config.is_secure(),
            layers::security::headers,
        ));
    let router = Router::new()
        .merge(pages)
        .merge(inbound::webhook_routes())
        .merge(health::public_routes())
        .with_state(app.clone());
    let router = realtime::mount(router, app).layer(from_fn(layers::detach::request));
    layers::surround(router)
}

/// Whether an answer gets smaller by compression. Pictures, sound, video and archives are compressed already.
fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || COMPRESSED.contains(&kind)
}

async fn not_found() -> ApiError {
    ApiError::not_found()
}

async fn method_not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}
