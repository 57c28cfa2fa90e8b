//! `/sim/templates…`: what the reviewers at Meta do.
//! Called by browser tests.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::{SimError, SimTemplate};

/// `GET /sim/templates`: of all accounts.
pub(crate) async fn list_templates(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let items: Vec<Value> = engine.world.with(|world| {
        world
            .templates
            .iter()
            .map(SimTemplate::to_listing)
            .collect()
    });
    Json(json!({"items": items}))
}

/// A decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    status: String,
    reason: Option<String>,
}

/// `POST /sim/templates/{template}/status`: told to the business.
pub(crate) async fn review_template(
    State(engine): State<Arc<Engine>>,
    Path(template): Path<String>,
    Json(review): Json<Review>,
) -> Result<Json<Value>, SimError> {
    engine.review_template(&template, &review.status, review.reason.as_deref())?;
    Ok(Json(json!({"ok": true})))
}
