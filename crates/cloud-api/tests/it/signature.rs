//! Who may deliver: the signature over the exact bytes.

use std::fs;
use std::path::Path;

use hoopoe_cloud_api::signature::{SignatureError, sign, verify};

use crate::fixtures;

const SECRET: &[u8] = b"e1f0c9a7b3d24c58a6f1e2d3c4b5a697";

fn recorded() -> (Vec<u8>, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/escaped.signature");
    let signature = fs::read_to_string(path).unwrap().trim_end().to_owned();
    (fixtures::read("escaped"), signature)
}

#[test]
fn recorded_signature_over_an_escaped_body_is_believed() {
    let (body, signature) = recorded();
    assert_eq!(verify(SECRET, &body, Some(&signature)), Ok(()));
    assert_eq!(sign(SECRET, &body), signature);
}

#[test]
fn the_same_json_spelled_otherwise_is_not_believed() {
    let (body, signature) = recorded();
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let respelled = serde_json::to_vec(&value).unwrap();
    assert_eq!(
        verify(SECRET, &respelled, Some(&signature)),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn one_changed_byte_is_not_believed() {
    let (mut body, signature) = recorded();
    let last = body.len() - 1;
    body[last] = b' ';
    assert_eq!(
        verify(SECRET, &body, Some(&signature)),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn another_secret_is_not_believed() {
    let (body, signature) = recorded();
    assert_eq!(
        verify(b"another", &body, Some(&signature)),
        Err(SignatureError::Mismatch)
    );
    assert_eq!(
        verify(b"", &body, Some(&signature)),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn missing_header_is_told_from_a_malformed_one() {
    let (body, signature) = recorded();
    for missing in [None, Some(""), Some("  ")] {
        assert_eq!(verify(SECRET, &body, missing), Err(SignatureError::Missing));
    }
    let digits = signature.strip_prefix("sha256=").unwrap();
    let shortened = format!("sha256={}", &digits[..62]);
    for malformed in [
        digits,
        "sha1=abc",
        "sha256=",
        "sha256=zz",
        shortened.as_str(),
    ] {
        assert_eq!(
            verify(SECRET, &body, Some(malformed)),
            Err(SignatureError::Malformed),
            "{malformed}"
        );
    }
}

#[test]
fn signatures_agree_with_the_published_vectors() {
    // RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
    assert_eq!(
        sign(b"Jefe", b"what do ya want for nothing?"),
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        sign(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First"
        ),
        "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}
