//! SHA-256 digests of media as Meta writes them.
//!
//! Called by the message decoder and by [`crate::graph`]: base64 in webhooks, hex in media descriptors and in some
//! samples of webhooks; both are read in both places.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// The digest as lower-case hex; `None` when it is not a SHA-256 digest in any known spelling.
pub fn sha256_hex(written: &str) -> Option<String> {
    let written = written.trim();
    if written.len() == 64 && written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(written.to_ascii_lowercase());
    }
    let bytes = PLAIN
        .decode(written)
        .or_else(|_| URL.decode(written))
        .ok()?;
    (bytes.len() == 32).then(|| hex::encode(bytes))
}
