//! What can go wrong with the Graph API, and what follows from it.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::errors::{ErrorClass, classify};
use crate::update::ProviderError;
use crate::wire::loose::{Int, Node, Text};

/// Why a call or a download failed. Never contains a token.
#[derive(Debug, Error)]
pub enum GraphError {
    /// No connection, or it broke.
    #[error("the Graph API cannot be reached: {0}")]
    Unreachable(String),
    /// Nothing came for too long.
    #[error("the Graph API did not answer in time")]
    Timeout,
    /// It answered, and said no.
    #[error("the Graph API refused: {0}")]
    Refused(Box<Refusal>),
    /// The host of a file answered with this HTTP status.
    #[error("the file's host answered {0}")]
    DownloadRefused(u16),
    /// The file is longer than allowed.
    #[error("the file is larger than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// The file is not the one that was announced.
    #[error("the file's digest is {actual}, announced was {expected}")]
    Corrupt {
        /// Lower-case hex.
        expected: String,
        /// Lower-case hex.
        actual: String,
    },
    /// An address that the token is not to be shown to.
    #[error("files are not fetched from {0}")]
    HostNotAllowed(String),
    /// An address or id that cannot be asked for at all.
    #[error("not a usable address: {0}")]
    BadAddress(String),
    /// An answer that makes no sense.
    #[error("the Graph API's answer makes no sense: {0}")]
    Unexpected(String),
}

/// The Graph API's own error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Code and texts. Decide on the code.
    pub error: ProviderError,
    /// `error_subcode`.
    pub subcode: Option<i64>,
    /// `fbtrace_id`, which Meta's support asks for.
    pub trace_id: Option<String>,
    /// How long to wait, from `Retry-After` or `X-Business-Use-Case-Usage`.
    pub retry_after_s: Option<u64>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = &self.error;
        let told = error
            .detail
            .as_ref()
            .or(error.message.as_ref())
            .or(error.title.as_ref());
        write!(formatter, "HTTP {}", self.status)?;
        if let Some(code) = error.code {
            write!(formatter, ", code {code}")?;
        }
        told.map_or(Ok(()), |told| write!(formatter, ": {told}"))
    }
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Try again later.
    Transient,
    /// It no longer exists.
    Gone,
    /// The token or the business account is no good.
    Auth,
    /// Longer than allowed.
    TooLarge,
    /// Asking again the same way is useless.
    Request,
    /// Anything else.
    Unknown,
}

impl GraphError {
    /// What follows from it.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::Refused(refusal) => refusal.class(),
            // The address of a file expires after 5 minutes: 403 may just mean that a fresh one is needed.
            Self::DownloadRefused(403)
            | Self::Unreachable(_)
            | Self::Timeout
            | Self::Corrupt { .. } => FailureClass::Transient,
            Self::DownloadRefused(status) => class_of_status(*status),
            Self::TooLarge { .. } => FailureClass::TooLarge,
            Self::HostNotAllowed(_) | Self::BadAddress(_) => FailureClass::Request,
            Self::Unexpected(_) => FailureClass::Unknown,
        }
    }

    /// How long to wait before trying again, if the Graph API said so.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Refused(refusal) => refusal.retry_after_s,
            _ => None,
        }
    }

    pub(super) fn unexpected(detail: &str) -> Self {
        Self::Unexpected(detail.to_owned())
    }

    /// Without the address, which may hold a signature.
    pub(super) fn from_transport(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut detail = String::new();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(error) = cause {
            if !detail.is_empty() {
                detail.push_str(": ");
            }
            detail.push_str(&error.to_string());
            cause = error.source();
        }
        if error.is_builder() {
            Self::BadAddress(detail)
        } else {
            Self::Unreachable(detail)
        }
    }
}

impl Refusal {
    fn class(&self) -> FailureClass {
        match (self.error.code, self.subcode) {
            // "Object does not exist": how an expired or unknown media id looks (seen in the field).
            (Some(100), Some(33)) => FailureClass::Gone,
            (Some(code), _) => match classify(code) {
                ErrorClass::Retry => FailureClass::Transient,
                ErrorClass::Reauth | ErrorClass::Account => FailureClass::Auth,
                ErrorClass::NeedsTemplate | ErrorClass::Recipient | ErrorClass::Request => {
                    FailureClass::Request
                }
                ErrorClass::Unknown => class_of_status(self.status),
            },
            (None, _) => class_of_status(self.status),
        }
    }
}

fn class_of_status(status: u16) -> FailureClass {
    match status {
        401 => FailureClass::Auth,
        404 | 410 => FailureClass::Gone,
        408 | 429 | 500..=599 => FailureClass::Transient,
        _ => FailureClass::Unknown,
    }
}

/// Reads an error answer; a body that is not Meta's (from a proxy) leaves the HTTP status to go by.
pub(super) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> GraphError {
    GraphError::Refused(Box::new(refusal_of(status, headers, body)))
}

/// As [`refused`], for those who look at it more closely.
pub(super) fn refusal_of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let answer: Node<ErrorAnswer> = serde_json::from_slice(body).unwrap_or_default();
    let told = answer.or_default().error.or_default();
    let (title, kind) = (told.error_user_title, told.kind);
    Refusal {
        status: status.as_u16(),
        error: ProviderError {
            code: told.code.0,
            title: title.or(kind),
            message: told.message.0,
            detail: told.error_data.or_default().details.or(told.error_user_msg),
        },
        subcode: told.error_subcode.0,
        trace_id: told.fbtrace_id.0,
        retry_after_s: retry_after_s(headers),
    }
}

/// `Retry-After` in seconds, else `estimated_time_to_regain_access`, which is in minutes.
fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(seconds) = header(RETRY_AFTER.as_str()).and_then(|value| value.trim().parse().ok())
    {
        return Some(seconds);
    }
    let usage: Value = serde_json::from_str(header("x-business-use-case-usage")?).ok()?;
    let per_account = usage
        .as_object()?
        .values()
        .filter_map(Value::as_array)
        .flatten();
    let minutes =
        per_account.filter_map(|account| account.get("estimated_time_to_regain_access")?.as_u64());
    minutes
        .max()
        .filter(|minutes| *minutes > 0)
        .map(|minutes| minutes.saturating_mul(60))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorAnswer {
    error: Node<ErrorBody>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    message: Text,
    #[serde(rename = "type")]
    kind: Text,
    code: Int,
    error_subcode: Int,
    error_data: Node<ErrorData>,
    error_user_title: Text,
    error_user_msg: Text,
    fbtrace_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorData {
    details: Text,
}
