//! Access tokens: JWTs (HS256) that say who, of which tenant, from which login, and until when. The role is looked up (`cache`).

use hoopoe_db::{
    Millis,
    ids::{SessionId, TenantId, UserId},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ApiError, ApiResult},
    secrets::Secrets,
};

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The API and the sockets.
    Access,
    /// Fetching media, from a cookie.
    Media,
}

/// What a token says. Times are Unix seconds, as JWTs have them (RFC 7519, 2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: UserId,
    /// Of which tenant.
    pub ten: TenantId,
    /// Version of the user's rights: the token dies when it rises.
    pub ver: i64,
    /// From which login.
    pub sid: SessionId,
    /// What it is good for.
    pub aud: Purpose,
    /// When it was given out.
    pub iat: i64,
    /// Until when it is good.
    pub exp: i64,
}

/// Signs a token.
pub fn sign(secrets: &Secrets, claims: &Claims) -> ApiResult<String> {
    let key = EncodingKey::from_secret(secrets.token_key());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).map_err(ApiError::internal)
}

/// Reads a token that we signed for this purpose and that has not expired.
///
/// # Errors
/// `unauthorized`, or `token_expired` for one that was good once.
pub fn verify(secrets: &Secrets, token: &str, purpose: Purpose, now: Millis) -> ApiResult<Claims> {
    let refused = || ApiError::unauthorized("the access token is not valid");
    let mut validation = Validation::new(Algorithm::HS256);
    // Time is checked below, by the injected clock; the audience is one of our own words, not a list.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(secrets.token_key());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| refused())?
        .claims;
    if claims.aud != purpose {
        return Err(refused());
    }
    if claims.exp.saturating_mul(1000) <= now {
        return Err(ApiError::token_expired());
    }
    Ok(claims)
}

impl Claims {
    /// When it expires, in Unix milliseconds.
    pub fn expires_at(&self) -> Millis {
        self.exp.saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::Id as _;

    use super::*;
    use crate::error::ErrorCode;

    const NOW: Millis = 1_790_000_000_000;

    fn claims() -> Claims {
        Claims {
            sub: UserId::new(NOW),
            ten: TenantId::new(NOW),
            ver: 0,
            sid: SessionId::new(NOW),
            aud: Purpose::Access,
            iat: NOW / 1000,
            exp: NOW / 1000 + 60,
        }
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_for_its_purpose_only() {
        let secrets = Secrets::from_key([1; 32]);
        let token = sign(&secrets, &claims()).unwrap();
        let check =
            |purpose, now| verify(&secrets, &token, purpose, now).map_err(|error| error.code());
        assert!(check(Purpose::Access, NOW + 59_999).is_ok());
        assert_eq!(
            check(Purpose::Access, NOW + 60_000).unwrap_err(),
            ErrorCode::TokenExpired
        );
        assert_eq!(
            check(Purpose::Media, NOW).unwrap_err(),
            ErrorCode::Unauthorized
        );
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let secrets = Secrets::from_key([1; 32]);
        let other = sign(&Secrets::from_key([2; 32]), &claims()).unwrap();
        assert!(verify(&secrets, &other, Purpose::Access, NOW).is_err());
        let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.";
        assert!(verify(&secrets, unsigned, Purpose::Access, NOW).is_err());
        let key = EncodingKey::from_secret(secrets.token_key());
        let stronger =
            jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &key).unwrap();
        assert!(verify(&secrets, &stronger, Purpose::Access, NOW).is_err());
    }
}
