//! Numbers for Prometheus.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::{app::App, error::ApiError, secrets::same, telemetry};

/// The text format's type (Prometheus, exposition formats).
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics, where they are enabled and the token is right.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    let settings = &app.config.metrics;
    if !settings.enabled {
        return ApiError::not_found().into_response();
    }
    if !settings.token.is_empty() && !is_allowed(&headers, &settings.token) {
        return ApiError::unauthorized("a token is needed").into_response();
    }
    gauge(&app);
    let Some(handle) = telemetry::metrics() else {
        return ApiError::unavailable("metrics can't be recorded").into_response();
    };
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], handle.render()).into_response()
}

fn is_allowed(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .is_some_and(|given| same(given, token.as_bytes()))
}

/// What is measured when it is asked for.
fn gauge(app: &App) {
    metrics::gauge!("hoopoe_sockets").set(u32::try_from(app.hub.sockets()).unwrap_or(u32::MAX));
    let uptime_s = (app.clock.now() - app.started_at) / 1000;
    metrics::gauge!("hoopoe_uptime_seconds").set(u32::try_from(uptime_s).unwrap_or_default());
}
