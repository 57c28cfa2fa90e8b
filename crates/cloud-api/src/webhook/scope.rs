//! What every update of one change has in common, and where in the delivery we are.

use std::sync::Arc;

use crate::Update;
use crate::ids::CustomerIds;
use crate::replay::{Place, Source};
use crate::update::UpdateKind;

/// Shared by all updates of one change.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) waba_id: String,
    pub(super) field: String,
    pub(super) phone_number_id: Option<String>,
    /// Our own number as digits, by which our side of a conversation is told from the customer's.
    pub(super) our_number: Option<String>,
    pub(super) entry_time_ms: Option<i64>,
    /// `contacts[]` of the change.
    pub(super) contacts: Vec<CustomerIds>,
    pub(super) place: Place,
    pub(super) body: Arc<str>,
}

impl Scope {
    /// Before anything is known but the place.
    pub(super) fn unnamed(body: &Arc<str>, place: Place) -> Self {
        Self {
            waba_id: String::new(),
            field: String::new(),
            phone_number_id: None,
            our_number: None,
            entry_time_ms: None,
            contacts: Vec::new(),
            place,
            body: Arc::clone(body),
        }
    }

    /// An update that stands at `place`.
    pub(super) fn update_at(&self, place: Place, kind: UpdateKind) -> Update {
        Update {
            waba_id: self.waba_id.clone(),
            field: self.field.clone(),
            phone_number_id: self.phone_number_id.clone(),
            entry_time_ms: self.entry_time_ms,
            kind,
            source: Source::new(Arc::clone(&self.body), place),
        }
    }

    /// The scope's own place makes no sense.
    pub(super) fn undecodable(&self, detail: &str) -> Update {
        self.undecodable_at(self.place, detail)
    }

    /// What stands at `place` makes no sense.
    pub(super) fn undecodable_at(&self, place: Place, detail: &str) -> Update {
        self.update_at(
            place,
            UpdateKind::Undecodable {
                detail: detail.to_owned(),
            },
        )
    }

    /// The source at `place`, for what is kept as it came.
    pub(super) fn source_at(&self, place: Place) -> Source {
        Source::new(Arc::clone(&self.body), place)
    }
}
