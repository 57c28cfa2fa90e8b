//! The bearer token: who is asking, and which numbers that token may act for.
//! Extracted by every Graph handler.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::GraphError;
use crate::SimNumber;
use crate::engine::{Engine, World};

/// A token that at least one number knows.
pub(crate) struct Bearer(String);

impl Bearer {
    /// The number of that id, if the token may act for it.
    pub(crate) fn number(
        &self,
        world: &World,
        method: &str,
        id: &str,
    ) -> Result<SimNumber, GraphError> {
        let number = world.number(id).ok();
        number
            .filter(|number| number.access_token == self.0)
            .cloned()
            .ok_or_else(|| GraphError::no_object(method, id))
    }

    /// The numbers of a WABA that the token may act for; none is an error.
    pub(crate) fn waba(
        &self,
        world: &World,
        method: &str,
        waba_id: &str,
    ) -> Result<Vec<SimNumber>, GraphError> {
        let numbers: Vec<SimNumber> = world
            .numbers
            .iter()
            .filter(|number| number.waba_id == waba_id && number.access_token == self.0)
            .cloned()
            .collect();
        if numbers.is_empty() {
            return Err(GraphError::no_object(method, waba_id));
        }
        Ok(numbers)
    }
}

impl FromRequestParts<Arc<Engine>> for Bearer {
    type Rejection = GraphError;

    async fn from_request_parts(
        parts: &mut Parts,
        engine: &Arc<Engine>,
    ) -> Result<Self, GraphError> {
        let header = parts.headers.get(AUTHORIZATION);
        let token = header
            .and_then(|value| value.to_str().ok())
            // Meta's example for uploading a sample says `OAuth`; it takes both.
            .and_then(|value| {
                value
                    .strip_prefix("Bearer ")
                    .or_else(|| value.strip_prefix("OAuth "))
            })
            .map(|token| token.trim().to_owned())
            .ok_or_else(GraphError::bad_token)?;
        let known = engine.world.with(|world| {
            world
                .numbers
                .iter()
                .any(|number| number.access_token == token)
        });
        if known {
            Ok(Self(token))
        } else {
            Err(GraphError::bad_token())
        }
    }
}
