//! Identifiers in the shapes Meta uses: wamid, media id, business-scoped user id, trace id.
//! Used wherever something new comes into the simulated world.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A random number; the one place of this crate that draws randomness.
#[allow(clippy::disallowed_methods, reason = "the one source of randomness")]
pub(crate) fn random_number() -> u64 {
    rand::random()
}

/// A number below `bound` (0 for a bound of 0).
pub(crate) fn random_below(bound: u64) -> u64 {
    random_number().checked_rem(bound).unwrap_or(0)
}

/// A message id as Meta makes them: `wamid.` and base64 of the other side's number and random bytes.
pub(crate) fn new_wamid(other_side: &str) -> String {
    let digits: Vec<u8> = other_side.bytes().take(32).collect();
    let mut raw = vec![0x1c, 0x18, u8::try_from(digits.len()).unwrap_or(0)];
    raw.extend_from_slice(&digits);
    raw.extend_from_slice(&[0x15, 0x02, 0x00, 0x12, 0x18, 0x14]);
    raw.extend_from_slice(format!("{:016X}", random_number()).as_bytes());
    raw.extend_from_slice(&random_number().to_be_bytes());
    raw.push(0);
    format!("wamid.{}", STANDARD.encode(raw))
}

/// A numeric object id, as for media.
pub(crate) fn new_object_id() -> String {
    format!(
        "{}",
        1_000_000_000_000_000 + random_below(8_999_999_999_999_999)
    )
}

/// A new business-scoped user id for a country code such as `BR`.
pub(crate) fn new_user_id(country: &str) -> String {
    format!(
        "{country}.{:020}",
        u128::from(random_number()) + 10_000_000_000_000_000_000
    )
}

/// An id of our own for a simulated customer.
pub(crate) fn new_customer_id() -> String {
    format!("cus_{:016x}", random_number())
}

/// The `fbtrace_id` of an error body.
pub(crate) fn new_trace_id() -> String {
    STANDARD
        .encode(random_number().to_be_bytes())
        .replace(['=', '+', '/'], "A")
}

/// Whether a value has the shape of a business-scoped user id: `CC.` or `CC.ENT.` and 1–128 alphanumerics.
pub fn looks_like_user_id(value: &str) -> bool {
    let Some((country, rest)) = value.split_once('.') else {
        return false;
    };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.chars().all(|c| c.is_ascii_uppercase())
        && (1..=128).contains(&rest.len())
        && rest.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The country code of a number's prefix, good enough to make a user id look right.
pub(crate) fn country_of(wa_id: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 14] = [
        ("1", "US"),
        ("34", "ES"),
        ("351", "PT"),
        ("380", "UA"),
        ("40", "RO"),
        ("44", "GB"),
        ("49", "DE"),
        ("52", "MX"),
        ("54", "AR"),
        ("55", "BR"),
        ("81", "JP"),
        ("91", "IN"),
        ("20", "EG"),
        ("971", "AE"),
    ];
    PREFIXES
        .iter()
        .find(|(prefix, _)| wa_id.starts_with(prefix))
        .map_or("US", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_told_from_phone_numbers_by_shape() {
        assert!(looks_like_user_id("US.13491208655302741918"));
        assert!(looks_like_user_id("BR.ENT.13491208655302741918"));
        assert!(looks_like_user_id(&new_user_id("RO")));
        assert!(!looks_like_user_id("15550001111"));
        assert!(!looks_like_user_id("us.123"));
        assert!(!looks_like_user_id("US."));
    }

    #[test]
    fn message_ids_are_never_the_same() {
        assert_ne!(new_wamid("15550001111"), new_wamid("15550001111"));
        assert!(new_wamid("15550001111").starts_with("wamid."));
    }
}
