//! The `X-Hub-Signature-256` header: HMAC-SHA256 over the exact bytes of the body.
//! Used by the deliverer, by media addresses and by tests that forge webhooks of their own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Name of the header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Hub-Signature-256";

/// The header's value for these bytes: `sha256=` and 64 lower-case hexadecimal digits.
pub fn sign(app_secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hmac_hex(app_secret.as_bytes(), body))
}

/// Lower-case hexadecimal HMAC-SHA256.
pub(crate) fn hmac_hex(key: &[u8], message: &[u8]) -> String {
    // HMAC takes keys of any length, so there is no failing case to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_published_test_vector() {
        // RFC 4231, test case 2.
        assert_eq!(
            sign("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
