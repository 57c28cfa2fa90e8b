//! Samples for template headers that were uploaded (Meta's Resumable Upload API): open sessions, and handles given out.
//! Used by the upload endpoints and by the check of new templates.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct SampleUploads {
    /// Session id to the length announced.
    sessions: BTreeMap<String, usize>,
    handles: BTreeSet<String>,
}

impl SampleUploads {
    /// Opens a session; its id is a path with a query, as Meta's are.
    pub(crate) fn open(&mut self, length: usize) -> String {
        let session = format!("upload:{}", ids::new_object_id());
        self.sessions.insert(session.clone(), length);
        format!("{session}?sig={}", ids::new_trace_id())
    }

    /// The handle for a file that is as long as announced.
    pub(crate) fn finish(&mut self, session: &str, length: usize) -> Option<String> {
        let announced = self.sessions.remove(session)?;
        let handle = format!("4::{}", ids::new_object_id());
        (announced == length).then(|| {
            self.handles.insert(handle.clone());
            handle
        })
    }

    /// Whether this handle was given out.
    pub(crate) fn knows(&self, handle: &str) -> bool {
        self.handles.contains(handle)
    }
}
