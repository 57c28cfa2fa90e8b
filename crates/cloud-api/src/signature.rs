//! The signature of a webhook delivery.
//!
//! Called by the server's `inbound` before anything is parsed, and by tests and the simulator to sign.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The header that carries the signature.
pub const HEADER: &str = "X-Hub-Signature-256";

const PREFIX: &str = "sha256=";

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// No header.
    #[error("the signature header is missing")]
    Missing,
    /// Not `sha256=` and 64 hex digits.
    #[error("the signature header is malformed")]
    Malformed,
    /// Signed with another secret, or another body.
    #[error("the signature does not match")]
    Mismatch,
}

/// Checks the signature over the exact bytes received, in constant time. Meta signs its own spelling of the JSON
/// (`\u00e9`, `\/`), so that a body parsed and written again never matches (Meta webhook reference; seen in the field).
pub fn verify(app_secret: &[u8], body: &[u8], header: Option<&str>) -> Result<(), SignatureError> {
    let header = header
        .map(str::trim)
        .filter(|header| !header.is_empty())
        .ok_or(SignatureError::Missing)?;
    let digits = header
        .strip_prefix(PREFIX)
        .ok_or(SignatureError::Malformed)?;
    let mut given = [0_u8; 32];
    hex::decode_to_slice(digits, &mut given).map_err(|_| SignatureError::Malformed)?;
    mac(app_secret, body)
        .verify_slice(&given)
        .map_err(|_| SignatureError::Mismatch)
}

/// The header's value for `body`.
pub fn sign(app_secret: &[u8], body: &[u8]) -> String {
    format!(
        "{PREFIX}{}",
        hex::encode(mac(app_secret, body).finalize().into_bytes())
    )
}

fn mac(app_secret: &[u8], body: &[u8]) -> Hmac<Sha256> {
    let mut mac = keyed(app_secret);
    mac.update(body);
    mac
}

/// The secret as a whole key block, as HMAC itself would fill it up (RFC 2104): this way there is no error to handle.
fn keyed(app_secret: &[u8]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    if app_secret.len() > block.len() {
        fill(&mut block, &Sha256::digest(app_secret));
    } else {
        fill(&mut block, app_secret);
    }
    Hmac::new(&block.into())
}

fn fill(block: &mut [u8], key: &[u8]) {
    for (byte, key) in block.iter_mut().zip(key) {
        *byte = *key;
    }
}
