//! Signatures as the Standard Webhooks specification has them (<https://www.standardwebhooks.com>): HMAC-SHA256 over id, time and body, so that its
//! ready-made verifiers work.

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use hoopoe_db::{Millis, ids::WebhookId, webhooks::SealedWebhook};
use sha2::Sha256;

use crate::secrets::Secrets;

/// What a secret begins with; the rest is the key in base64.
const PREFIX: &str = "whsec_";

/// Where a secret belongs: elsewhere it can't be opened.
pub(super) fn place(id: &WebhookId) -> String {
    format!("webhooks/{id}/secret")
}

/// A fresh secret (256 bits).
pub(super) fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// The secrets that sign for a webhook now: its own, and for a while the one before.
///
/// # Errors
/// When they were sealed with another key.
pub(super) fn open(
    secrets: &Secrets,
    sealed: &SealedWebhook,
    now: Millis,
) -> anyhow::Result<Vec<String>> {
    let holds = sealed
        .webhook
        .old_secret_until
        .is_some_and(|until| now < until);
    let old = sealed.old_secret.as_ref().filter(|_| holds);
    let place = place(&sealed.webhook.id);
    std::iter::once(&sealed.secret)
        .chain(old)
        .map(|secret| secrets.open_text(&place, secret))
        .collect()
}

/// The header `webhook-signature`: one signature per secret.
///
/// # Errors
/// When a secret is none.
pub(super) fn signature(
    secrets: &[String],
    (id, timestamp_s): (&str, i64),
    body: &str,
) -> anyhow::Result<String> {
    let signed: anyhow::Result<Vec<String>> = secrets
        .iter()
        .map(|secret| {
            let key = secret.strip_prefix(PREFIX).context("not a secret")?;
            let key = STANDARD.decode(key).context("not a secret")?;
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).context("not a key")?;
            mac.update(format!("{id}.{timestamp_s}.").as_bytes());
            mac.update(body.as_bytes());
            Ok(format!(
                "v1,{}",
                STANDARD.encode(mac.finalize().into_bytes())
            ))
        })
        .collect();
    Ok(signed?.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example of the specification's own libraries (`standard-webhooks`, tests of its Rust library).
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let what = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        let body = r#"{"test": 2432232314}"#;
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(
            signature(std::slice::from_ref(&secret), what, body).unwrap(),
            expected
        );
        let both = signature(&[new_secret(), secret], what, body).unwrap();
        assert_eq!(both.split(' ').nth(1), Some(expected));
    }
}
