//! Headers that tell the browser what pages of ours may do. Webhooks and sockets go without.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// The web app loads everything from its own origin; media may also come as blobs made in the page.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: data:; \
     connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// The API's reference is somebody else's page and brings styles inside of its HTML.
const REFERENCE_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Browsers come back by HTTPS for a year, whatever a link says.
const TRANSPORT: &str = "max-age=31536000";

/// The layer; its state is whether browsers reach this server by HTTPS. What a handler has set itself (media do) stays.
pub async fn headers(State(is_https): State<bool>, request: Request, next: Next) -> Response {
    let is_reference = request.uri().path().starts_with(crate::openapi::REFERENCE);
    let mut response = next.run(request).await;
    if is_reference {
        let policy = HeaderValue::from_static(REFERENCE_POLICY);
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if is_https {
        let transport = HeaderValue::from_static(TRANSPORT);
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, transport);
    }
    for (name, value) in HEADERS {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
