//! Gives up on API requests that take too long to be answered; the answer's body may take its time.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::error::ApiError;

/// A file takes as long as the line of the one who puts it in; its handler watches that it keeps coming.
const FILES: [&str; 2] = ["/uploads", "/samples"];

/// The layer; its state is the longest time.
pub async fn limit(State(most): State<Duration>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if FILES.iter().any(|files| path.ends_with(files)) {
        return next.run(request).await;
    }
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable("this took too long").into_response(),
    }
}
