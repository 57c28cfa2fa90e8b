//! The server's key: seals secrets that are stored (AES-256-GCM, bound to their row), and derives the key that signs access tokens.
//!
//! The key is 32 random bytes in `<data_dir>/hoopoe.key`, made on the first start and readable by its owner only, or the environment
//! variable `HOOPOE_SECRET_KEY` (base64) where a secret store hands it in. Without it sealed values are lost, so it belongs into backups.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use anyhow::{Context as _, bail, ensure};
use base64::{
    Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD,
};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Names the environment variable that replaces the key file.
pub const KEY_VARIABLE: &str = "HOOPOE_SECRET_KEY";

/// File name of the key in the data folder.
pub const KEY_FILE: &str = "hoopoe.key";

/// Length of the key and of all derived keys in bytes.
const KEY_LENGTH: usize = 32;

/// Length of AES-GCM's nonce in bytes.
const NONCE_LENGTH: usize = 12;

/// Marks a sealed value and names how it was sealed, so that another way can be told apart later.
const PREFIX: &str = "v1.";

/// The key and what is derived from it; cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    cipher: Arc<Aes256Gcm>,
    token_key: [u8; KEY_LENGTH],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Reads the key from the environment or from the data folder, where it is made if it is missing.
    ///
    /// # Errors
    /// When the key can't be read, has the wrong form, or could be read by others.
    pub fn load(data_dir: &Path) -> anyhow::Result<Self> {
        match std::env::var(KEY_VARIABLE) {
            Ok(text) => {
                Self::from_base64(&text).with_context(|| format!("{KEY_VARIABLE} is not a key"))
            }
            Err(_) => Self::from_file(&data_dir.join(KEY_FILE)),
        }
    }

    /// Whether a key was made or set before.
    pub fn exist(data_dir: &Path) -> bool {
        std::env::var_os(KEY_VARIABLE).is_some() || data_dir.join(KEY_FILE).exists()
    }

    /// A key from bytes.
    pub fn from_key(key: [u8; KEY_LENGTH]) -> Self {
        Self {
            cipher: Arc::new(Aes256Gcm::new(&derive(&key, b"hoopoe seal v1").into())),
            token_key: derive(&key, b"hoopoe access token v1"),
        }
    }

    fn from_base64(text: &str) -> anyhow::Result<Self> {
        let bytes = STANDARD
            .decode(text.trim())
            .context("expected base64 of 32 bytes (try: openssl rand -base64 32)")?;
        let key = bytes
            .as_slice()
            .try_into()
            .ok()
            .with_context(|| format!("expected {KEY_LENGTH} bytes, found {}", bytes.len()))?;
        Ok(Self::from_key(key))
    }

    fn from_file(path: &Path) -> anyhow::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                check_private(path)?;
                Self::from_base64(&text).with_context(|| format!("{} is not a key", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => create_key(path),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    /// Encrypts a value that belongs to one place, such as `meta_apps/app_…/app_secret`: elsewhere it can't be opened.
    ///
    /// # Errors
    /// Never in practice: the cipher refuses only texts of many gigabytes.
    pub fn seal(&self, place: &str, plain: &[u8]) -> anyhow::Result<String> {
        let nonce: [u8; NONCE_LENGTH] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: place.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| anyhow::anyhow!("{place} can't be sealed"))?;
        Ok(format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
        ))
    }

    /// Decrypts what [`seal`](Self::seal) made for the same place.
    ///
    /// # Errors
    /// When it was sealed with another key or for another place, or was tampered with.
    pub fn open(&self, place: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
        let bytes = sealed
            .strip_prefix(PREFIX)
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .with_context(|| format!("{place} is not a sealed value"))?;
        let Some((nonce, text)) = bytes.split_first_chunk::<NONCE_LENGTH>() else {
            bail!("{place} is cut short");
        };
        let payload = Payload {
            msg: text,
            aad: place.as_bytes(),
        };
        self.cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| {
                anyhow::anyhow!(
                    "{place} was sealed with another key: is {KEY_FILE} the one of this database?"
                )
            })
    }

    /// As [`open`](Self::open), for text.
    ///
    /// # Errors
    /// Also when what was sealed is not UTF-8.
    pub fn open_text(&self, place: &str, sealed: &str) -> anyhow::Result<String> {
        String::from_utf8(self.open(place, sealed)?)
            .with_context(|| format!("{place} does not hold text"))
    }

    /// The key that signs access tokens.
    pub(crate) fn token_key(&self) -> &[u8] {
        &self.token_key
    }
}

/// A key for one purpose, from the master key (HMAC-SHA256 as a pseudo-random function).
fn derive(key: &[u8; KEY_LENGTH], label: &[u8]) -> [u8; KEY_LENGTH] {
    // HMAC pads keys that are shorter than its block with zeros (RFC 2104, 2).
    let mut padded = [0; 64];
    for (padded, byte) in padded.iter_mut().zip(key) {
        *padded = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&padded.into());
    mac.update(label);
    mac.finalize().into_bytes().into()
}

fn create_key(path: &Path) -> anyhow::Result<Secrets> {
    let key: [u8; KEY_LENGTH] = rand::random();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("{} can't be created", path.display()))?;
    file.write_all(STANDARD.encode(key).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(Secrets::from_key(key))
}

/// Refuses a key file that others than its owner may read.
#[cfg(unix)]
fn check_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // The lower six bits are what the group and others may do.
    let mode = fs::metadata(path)?.permissions().mode();
    ensure!(
        mode.trailing_zeros() >= 6,
        "{} can be read by others than its owner (mode {:o}): run chmod 600 on it",
        path.display(),
        mode & 0o777
    );
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// A fresh random token of 32 url-safe characters (192 bits).
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// What is stored of a token: its SHA-256 in hex. The token has 192 random bits, so a slow hash would add nothing.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Compares without telling by its time where the two differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_with_its_key() {
        let secrets = Secrets::from_key([7; 32]);
        let sealed = secrets.seal("meta_apps/app_1/app_secret", b"shh").unwrap();
        assert_eq!(
            secrets.open("meta_apps/app_1/app_secret", &sealed).unwrap(),
            b"shh"
        );
        assert!(secrets.open("meta_apps/app_2/app_secret", &sealed).is_err());
        let other = Secrets::from_key([8; 32]);
        assert!(other.open("meta_apps/app_1/app_secret", &sealed).is_err());
        assert!(secrets.open("x", "v1.short").is_err());
    }

    #[test]
    fn the_key_file_is_made_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        let sealed = Secrets::from_file(&path).unwrap().seal("x", b"1").unwrap();
        assert_eq!(
            Secrets::from_file(&path)
                .unwrap()
                .open("x", &sealed)
                .unwrap(),
            b"1"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        Secrets::from_file(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Secrets::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn random_tokens_are_url_safe_and_differ() {
        let token = random_token();
        assert_eq!(token.len(), 32);
        assert_ne!(token, random_token());
    }
}
