//! The Resumable Upload API, as far as samples of template headers need it: one session, all bytes at once.
//! Called by Hoopoe's template pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Bearer;
use super::error::GraphError;
use crate::engine::Engine;

/// Types that Meta takes as samples.
const TAKEN: [&str; 5] = [
    "application/pdf",
    "image/jpeg",
    "image/jpg",
    "image/png",
    "video/mp4",
];

/// Query of a new session.
#[derive(Debug, Deserialize)]
pub(crate) struct NewUpload {
    file_length: usize,
    file_type: String,
}

/// Handler of `POST /{version}/{app}/uploads`.
pub(crate) async fn start_upload(
    State(engine): State<Arc<Engine>>,
    Query(new): Query<NewUpload>,
    _bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    if !TAKEN.contains(&new.file_type.as_str()) {
        return Err(GraphError::invalid(format!(
            "file_type must be one of {{{}}}.",
            TAKEN.join(", ")
        )));
    }
    let session = engine
        .world
        .with(|world| world.samples.open(new.file_length));
    Ok(Json(json!({"id": session})))
}

/// The second step, `POST /{version}/upload:…` with the bytes.
pub(crate) fn finish_upload(
    engine: &Engine,
    session: &str,
    length: usize,
) -> Result<Json<Value>, GraphError> {
    let handle = engine
        .world
        .with(|world| world.samples.finish(session, length));
    let handle = handle.ok_or_else(|| GraphError::no_object("post", session))?;
    Ok(Json(json!({"h": handle})))
}
