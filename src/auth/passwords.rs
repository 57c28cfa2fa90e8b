//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), on threads of their own and only a few at a time, since
//! each costs memory and tens of milliseconds.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ApiResult};

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Shortest password in characters.
pub const MIN_LENGTH: usize = 10;

/// Longest password in bytes: hashing more would only cost us.
pub const MAX_LENGTH: usize = 256;

/// Most who wait for a hash; those beyond are told to try again.
const MAX_WAITING: usize = 64;

/// Stands in for the hash of somebody who does not exist, so that their login takes as long: the hash of random bytes that nobody kept.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$aG9vcG9lLW5vYm9keS1oZXJl$9mJ6yEXvQvZV7bgX0rVW1mVqk8cJm6w3y0xJx0o5m5Y";

/// Hashes and checks passwords; cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            working: Arc::new(Semaphore::new(cores.clamp(1, 4))),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }
}

impl Passwords {
    /// The hash to store, as a PHC string.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub async fn hash(&self, password: String) -> ApiResult<String> {
        self.run(move || {
            hasher()?
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(ApiError::internal)
        })
        .await
    }

    /// Whether a password is the one that was hashed. `None`, or an empty hash, takes as long and is never right.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub async fn check(&self, password: String, hash: Option<String>) -> ApiResult<bool> {
        self.run(move || {
            let known = hash.filter(|hash| !hash.is_empty());
            let stored = known.as_deref().unwrap_or(NOBODY);
            let parsed = PasswordHash::new(stored).map_err(ApiError::internal)?;
            let is_right = hasher()?
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            Ok(is_right && known.is_some())
        })
        .await
    }

    async fn run<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce() -> ApiResult<T> + Send + 'static,
    {
        let busy = || ApiError::unavailable("too many logins at once");
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let _working = self.working.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(ApiError::internal)?
    }
}

fn hasher() -> ApiResult<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(ApiError::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Checks what somebody wants as a password.
///
/// # Errors
/// `validation_failed` on the field `password`.
pub fn check_new(password: &str) -> ApiResult<()> {
    if password.chars().count() < MIN_LENGTH {
        return Err(ApiError::validation(
            "password",
            format!("a password needs at least {MIN_LENGTH} characters"),
        ));
    }
    if password.len() > MAX_LENGTH {
        return Err(ApiError::validation(
            "password",
            format!("a password may have at most {MAX_LENGTH} bytes"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_somebody_who_exists_is_right() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let check =
            |password: &str, hash: Option<String>| passwords.check(password.to_owned(), hash);
        assert!(check("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!check("wrong horse", Some(hash)).await.unwrap());
        assert!(!check("correct horse", None).await.unwrap());
        assert!(!check("", Some(String::new())).await.unwrap());
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(check_new("short").is_err());
        assert!(check_new("long enough").is_ok());
        assert!(check_new(&"x".repeat(257)).is_err());
    }
}
