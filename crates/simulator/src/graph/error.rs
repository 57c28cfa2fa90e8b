//! Error bodies exactly as the Graph API writes them.
//! Returned by every Graph handler and check.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::ids;

/// An error answer of the Graph API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    pub(crate) details: Option<String>,
    pub(crate) retry_after_s: Option<u64>,
}

impl GraphError {
    /// An error of a given code; HTTP 400.
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode: None,
            message: message.into(),
            details: None,
            retry_after_s: None,
        }
    }

    pub(crate) fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Code 100: something in the request is wrong.
    pub(crate) fn invalid(details: impl Into<String>) -> Self {
        let details = details.into();
        Self::new(100, format!("(#100) {details}")).with_details(details)
    }

    /// Code 131008: something is missing.
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(131_008, "(#131008) Required parameter is missing")
            .with_details(format!("Parameter '{what}' is mandatory"))
    }

    /// Code 131009: a value is not valid.
    pub(crate) fn bad_value(details: impl Into<String>) -> Self {
        Self::new(131_009, "(#131009) Parameter value is not valid").with_details(details)
    }

    /// Code 131053: a media file cannot be used.
    pub(crate) fn bad_media(details: impl Into<String>) -> Self {
        Self::new(131_053, "(#131053) Media upload error").with_details(details)
    }

    /// Codes 130429, 131056: too many messages.
    pub(crate) fn too_fast(code: i64, message: &str, details: &str) -> Self {
        Self::new(code, format!("(#{code}) {message}")).with_details(details)
    }

    /// Code 190: the token is missing or wrong.
    pub(crate) fn bad_token() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::new(
                190,
                "Invalid OAuth access token - Cannot parse access token",
            )
        }
    }

    /// Code 100, subcode 33: the object is unknown, expired or not ours.
    pub(crate) fn no_object(method: &str, id: &str) -> Self {
        Self {
            subcode: Some(33),
            ..Self::new(
                100,
                format!(
                    "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be \
                     loaded due to missing permissions, or does not support this operation"
                ),
            )
        }
    }

    fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": ids::new_trace_id(),
        });
        if let Some(object) = error.as_object_mut() {
            if let Some(subcode) = self.subcode {
                object.insert("error_subcode".to_owned(), json!(subcode));
            }
            if let Some(details) = &self.details {
                let data = json!({"messaging_product": "whatsapp", "details": details});
                object.insert("error_data".to_owned(), data);
            }
        }
        json!({"error": error})
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
