//! Gives up on API requests that take too long to be answered; the answer's body may take its time.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::error::ApiError;

/// The layer; its state is the longest time.
pub async fn limit(State(most): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable("this took too long").into_response(),
    }
}
