//! Media files of the simulated world, with Meta's lifetimes and addresses that expire.
//! Filled by customers' messages and by uploads; read by the Graph API and by the phone page.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::ids;
use crate::webhook::signature::hmac_hex;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Files from webhooks live 7 days.
const INBOUND_LIFE_MS: i64 = 7 * DAY_MS;

/// Uploaded files live 30 days.
const UPLOAD_LIFE_MS: i64 = 30 * DAY_MS;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct StoredMedia {
    pub(crate) id: String,
    pub(crate) bytes: Bytes,
    pub(crate) mime: String,
    pub(crate) filename: Option<String>,
    pub(crate) sha256: Vec<u8>,
    /// The business number whose token may read it.
    pub(crate) phone_number_id: String,
    /// Uploaded by the business, so that it may be sent.
    pub(crate) uploaded: bool,
    pub(crate) expires_at: i64,
}

impl StoredMedia {
    /// As webhooks give the hash.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(&self.sha256)
    }

    /// As media descriptors give the hash.
    pub(crate) fn sha256_hex(&self) -> String {
        hex::encode(&self.sha256)
    }
}

/// A file to store.
#[derive(Debug, Clone)]
pub(crate) struct NewMedia {
    pub(crate) bytes: Bytes,
    pub(crate) mime: String,
    pub(crate) filename: Option<String>,
}

/// All files that are still alive.
#[derive(Debug)]
pub(crate) struct MediaStore {
    files: HashMap<String, StoredMedia>,
    address_key: [u8; 8],
}

impl Default for MediaStore {
    fn default() -> Self {
        Self {
            files: HashMap::new(),
            address_key: ids::random_number().to_be_bytes(),
        }
    }
}

impl MediaStore {
    /// Stores a file for a number; `uploaded` when it came from the business.
    pub(crate) fn put(
        &mut self,
        phone_number_id: &str,
        new: NewMedia,
        uploaded: bool,
        now_ms: i64,
    ) -> StoredMedia {
        let life = if uploaded {
            UPLOAD_LIFE_MS
        } else {
            INBOUND_LIFE_MS
        };
        let media = StoredMedia {
            id: ids::new_object_id(),
            sha256: Sha256::digest(&new.bytes).to_vec(),
            bytes: new.bytes,
            mime: new.mime,
            filename: new.filename,
            phone_number_id: phone_number_id.to_owned(),
            uploaded,
            expires_at: now_ms + life,
        };
        if self.files.len() % 1024 == 1023 {
            self.files.retain(|_, file| file.expires_at > now_ms);
        }
        self.files.insert(media.id.clone(), media.clone());
        media
    }

    /// A file that has not expired.
    pub(crate) fn get(&self, id: &str, now_ms: i64) -> Option<&StoredMedia> {
        self.files.get(id).filter(|file| file.expires_at > now_ms)
    }

    /// Removes a file; false if there was none.
    pub(crate) fn delete(&mut self, id: &str) -> bool {
        self.files.remove(id).is_some()
    }

    /// Path and query of an address for this file that is good until `valid_until` (Unix milliseconds).
    pub(crate) fn address(&self, id: &str, valid_until: i64) -> String {
        let hash = self.address_hash(id, valid_until);
        format!("/whatsapp_business/attachments/?mid={id}&ext={valid_until}&hash={hash}")
    }

    /// Whether an address was made by us and is still good.
    pub(crate) fn address_is_good(&self, id: &str, ext: &str, hash: &str, now_ms: i64) -> bool {
        let Ok(valid_until) = ext.parse::<i64>() else {
            return false;
        };
        valid_until > now_ms && hash == self.address_hash(id, valid_until)
    }

    fn address_hash(&self, id: &str, valid_until: i64) -> String {
        hmac_hex(&self.address_key, format!("{id}:{valid_until}").as_bytes())
    }
}
