//! Extractors that refuse in the API's one error shape: JSON bodies, queries, path parts, and the client's address.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{
        ConnectInfo, FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{app::App, error::ApiError};

/// A JSON body, in and out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let axum::Json(value) = axum::Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query string.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let axum::extract::Query(value) =
            axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// Parts of the path. What can't be an id of the kind that is wanted is not found.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let axum::extract::Path(value) =
            axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::JsonDataError(error) => match field_of(&error.body_text()) {
                Some((field, message)) => Self::validation(field, message),
                None => Self::bad_request(error.body_text()),
            },
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::payload_too_large(),
            other => Self::bad_request(other.body_text()),
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::payload_too_large();
        }
        Self::bad_request(rejection.body_text())
    }
}

/// Field and reason in axum's text for data that does not fit: `…: user.email: invalid type: … at line 1 column 2`.
fn field_of(text: &str) -> Option<(String, String)> {
    let rest = text.split_once("target type: ")?.1;
    if let Some(missing) = rest.split_once("missing field `") {
        let field = missing.1.split('`').next()?;
        return Some((field.to_owned(), format!("{field} is missing")));
    }
    if let Some(unknown) = rest.split_once("unknown field `") {
        let field = unknown.1.split('`').next()?;
        return Some((field.to_owned(), format!("{field} is not a known field")));
    }
    let (field, reason) = rest.split_once(": ")?;
    let reason = reason.split(" at line ").next().unwrap_or(reason);
    (!field.contains(' ')).then(|| (field.to_owned(), reason.to_owned()))
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let named = text
            .split_once("query string: ")
            .and_then(|(_, rest)| rest.split_once(": "))
            .filter(|(field, _)| !field.contains(' '));
        match named {
            Some((field, reason)) => Self::validation(field.to_owned(), reason.to_owned()),
            None => Self::bad_request(text),
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::not_found()
    }
}

/// The client's address: the connection's, or behind a trusted proxy the one that it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::from([127, 0, 0, 1]), |info| info.0.ip());
        let told = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok());
        Ok(Self(client_ip(
            peer,
            told,
            &app.config.server.trusted_proxies,
        )))
    }
}

/// Goes back through the chain of proxies as long as they are trusted: what an untrusted one says about others counts for nothing.
fn client_ip<'a>(
    peer: IpAddr,
    told: impl Iterator<Item = &'a str>,
    trusted: &[crate::config::Network],
) -> IpAddr {
    let peer = peer.to_canonical();
    let chain: Vec<IpAddr> = told
        .flat_map(|line| line.split(','))
        .filter_map(|part| part.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .collect();
    let mut client = peer;
    for address in chain.into_iter().rev() {
        if !trusted.iter().any(|network| network.contains(client)) {
            break;
        }
        client = address;
    }
    client
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = vec!["10.0.0.0/8".parse().unwrap()];
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let told = ["6.6.6.6, 9.9.9.9, 10.0.0.2"];
        let seen = client_ip(ip("10.0.0.1"), told.into_iter(), &trusted);
        assert_eq!(seen, ip("9.9.9.9"));
        let forged = client_ip(ip("8.8.8.8"), told.into_iter(), &trusted);
        assert_eq!(forged, ip("8.8.8.8"));
    }

    #[test]
    fn a_body_that_does_not_fit_names_its_field() {
        let text = "Failed to deserialize the JSON body into the target type: user.email: invalid type: integer `1`, expected a string at line 1 column 9";
        assert_eq!(
            field_of(text).unwrap(),
            (
                "user.email".to_owned(),
                "invalid type: integer `1`, expected a string".to_owned()
            )
        );
        let missing = "Failed to deserialize the JSON body into the target type: missing field `email` at line 1 column 2";
        assert_eq!(field_of(missing).unwrap().0, "email");
    }
}
