//! `statuses[]` and `errors[]`.

use serde::Deserialize;
use serde_json::Value;

use super::loose::{Int, List, Node, Text};

/// `statuses[]`. The parent id is spelled both ways in Meta's own pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) id: Text,
    pub(crate) status: Text,
    pub(crate) timestamp: Int,
    pub(crate) recipient_id: Text,
    pub(crate) recipient_user_id: Text,
    pub(crate) recipient_parent_user_id: Text,
    pub(crate) parent_recipient_user_id: Text,
    pub(crate) recipient_type: Text,
    pub(crate) recipient_participant_id: Text,
    pub(crate) recipient_participant_user_id: Text,
    pub(crate) recipient_participant_parent_user_id: Text,
    pub(crate) biz_opaque_callback_data: Text,
    pub(crate) errors: List<Node<Error>>,
    pub(crate) pricing: Option<Value>,
}

/// `errors[]`, in statuses, messages, values and answers alike.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Error {
    pub(crate) code: Int,
    pub(crate) title: Text,
    pub(crate) message: Text,
    pub(crate) details: Text,
    pub(crate) error_data: Node<ErrorData>,
}

/// `errors[].error_data`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorData {
    pub(crate) details: Text,
}
