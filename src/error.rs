//! The one way in which the API says no: a closed set of machine codes, a message for people, the request's id, and for input errors the field.
//!
//! Internal errors are logged here, once, and never described to the client.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use hoopoe_db::DbError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::telemetry::current_request_id;

/// Result of every handler.
pub type ApiResult<T> = Result<T, ApiError>;

/// After how many seconds a client may try again when the database was away.
const UNAVAILABLE_RETRY_S: u64 = 2;

/// What went wrong, for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request can't be read, or the method is not allowed.
    BadRequest,
    /// A value is not acceptable; `field` names it.
    ValidationFailed,
    /// No, wrong or revoked credentials.
    Unauthorized,
    /// The access token has expired: refresh it and try again.
    TokenExpired,
    /// The role does not allow it.
    Forbidden,
    /// It does not exist, or this user may not see it.
    NotFound,
    /// A value is taken (`field` names it), or somebody else was quicker.
    Conflict,
    /// More than 24 hours have passed since the customer's last message: only a template goes through.
    WindowClosed,
    /// The body is too large.
    PayloadTooLarge,
    /// Too many tries; `Retry-After` says when to try again.
    RateLimited,
    /// A part of the server is away; `Retry-After` says when to try again.
    Unavailable,
    /// Our fault. The log has the details under the request's id.
    Internal,
}

impl ErrorCode {
    /// The HTTP status it travels with.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::ValidationFailed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthorized | Self::TokenExpired => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict | Self::WindowClosed => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A refusal on its way to the client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    status: StatusCode,
    retry_after_s: Option<u64>,
}

impl ApiError {
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            status: code.status(),
            retry_after_s: None,
        }
    }

    /// The request can't be read.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// A field's value is not acceptable.
    pub fn validation(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut error = Self::new(ErrorCode::ValidationFailed, message);
        error.field = Some(field.into());
        error
    }

    /// No, wrong or revoked credentials.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Unauthorized, message)
    }

    /// The access token has expired.
    pub fn token_expired() -> Self {
        Self::new(ErrorCode::TokenExpired, "the access token has expired")
    }

    /// The role does not allow it.
    pub fn forbidden() -> Self {
        Self::new(ErrorCode::Forbidden, "your role does not allow this")
    }

    /// Missing, or not for this user: the two are never told apart.
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "not found")
    }

    /// The path exists, the method does not.
    pub fn method_not_allowed() -> Self {
        let mut error = Self::new(ErrorCode::BadRequest, "this method is not allowed here");
        error.status = StatusCode::METHOD_NOT_ALLOWED;
        error
    }

    /// A field's value is taken.
    pub fn taken(field: impl Into<Cow<'static, str>>) -> Self {
        let field = field.into();
        let mut error = Self::new(ErrorCode::Conflict, format!("{field} is already taken"));
        error.field = Some(field);
        error
    }

    /// It can't be done as things stand.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Only a template goes through.
    pub fn window_closed() -> Self {
        Self::new(
            ErrorCode::WindowClosed,
            "more than 24 hours have passed since the customer's last message: send a template",
        )
    }

    /// The body is too large.
    pub fn payload_too_large() -> Self {
        Self::new(ErrorCode::PayloadTooLarge, "the body is too large")
    }

    /// Too many tries.
    pub fn rate_limited(retry_after_s: u64) -> Self {
        Self::new(ErrorCode::RateLimited, "too many tries, please wait").after(retry_after_s)
    }

    /// A part of the server is away, or too busy.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Unavailable, message).after(UNAVAILABLE_RETRY_S)
    }

    /// Our fault: logged here with its details, told without them.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(error = %error, request_id = current_request_id().as_deref(), "internal error");
        Self::new(ErrorCode::Internal, "something went wrong on our side")
    }

    /// Says after how many seconds another try makes sense.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// What went wrong, for machines.
    pub fn code(&self) -> ErrorCode {
        self.code
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::not_found(),
            DbError::Conflict(field) => Self::taken(field),
            DbError::Unavailable(reason) => {
                tracing::warn!(reason, "the database is not available");
                Self::unavailable("the database is not available")
            }
            other => Self::internal(other),
        }
    }
}

/// Body of every refusal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// For machines.
    pub code: ErrorCode,
    /// For people, in English.
    pub message: String,
    /// The field of the input that was not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Under which the log knows this request.
    pub request_id: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                code: self.code,
                message: self.message.into_owned(),
                field: self.field.map(Cow::into_owned),
                request_id: current_request_id()
                    .map(|id| id.to_string())
                    .unwrap_or_default(),
            },
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
