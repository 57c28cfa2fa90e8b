//! Lists: how much is asked for, and how they are answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Items per page where nothing is asked for.
pub const DEFAULT_LIMIT: i64 = 50;

/// Most items per page.
pub const MAX_LIMIT: i64 = 100;

/// A number of items from 1 to 100: what lies outside is brought inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Limit(i64);

impl Limit {
    /// The number.
    pub fn get(self) -> i64 {
        self.0.clamp(1, MAX_LIMIT)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

/// A part of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Hand it in as `cursor` for what follows; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is handed out whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}
