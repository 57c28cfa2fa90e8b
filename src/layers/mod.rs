//! What surrounds the handlers: request ids, logs and metrics, the panic guard, time-outs, ETags, security headers. Put together in
//! `router.rs`.

pub mod detach;
pub mod etag;
pub mod observe;
pub mod security;
pub mod timeout;

use std::any::Any;

use axum::{
    Router,
    middleware::from_fn,
    response::{IntoResponse as _, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::ApiError;

/// What every request passes, webhooks and sockets included, from the outside in: its id, log and metrics; then the panic guard.
pub fn surround(router: Router) -> Router {
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn(observe::request))
}

fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panic");
    ApiError::internal(format_args!("panic: {text}")).into_response()
}
