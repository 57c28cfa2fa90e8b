//! Sessions and keys of the encryption. They are on disk when a function returns: a session that went back in time can't be used any more.

use std::sync::Arc;

use async_trait::async_trait;
use whatsapp_rust::{bytes::Bytes, traits::SignalStore, wacore::store::error::Result};

use super::{Entry, Store};

const IDENTITY: &str = "identity";
const SESSION: &str = "session";
const ONE_TIME_KEY: &str = "prekey";
const SIGNED_KEY: &str = "signed_prekey";
const SENDER_KEY: &str = "sender_key";

/// Key ids as names, in the order of the numbers.
fn key_name(id: u32) -> String {
    format!("{id:010}")
}

fn by_address<V: AsRef<[u8]>>(all: &[(Arc<str>, V)]) -> Vec<Entry<'_>> {
    all.iter()
        .map(|(address, value)| (address.to_string(), value.as_ref(), 0))
        .collect()
}

#[async_trait]
impl SignalStore for Store {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> Result<()> {
        self.put(IDENTITY, address, &key).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        self.put_all(IDENTITY, &by_address(identities)).await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        let found = self.get(IDENTITY, address).await?;
        Ok(found.and_then(|key| key.try_into().ok()))
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.delete(IDENTITY, address).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        Ok(self.get(SESSION, address).await?.map(Bytes::from))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put(SESSION, address, session).await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all(SESSION, &by_address(sessions)).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.delete(SESSION, address).await
    }

    async fn store_prekey(&self, id: u32, record: &[u8], _: bool) -> Result<()> {
        self.put_all(ONE_TIME_KEY, &[(key_name(id), record, id.into())])
            .await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], _: bool) -> Result<()> {
        let entries: Vec<Entry<'_>> = keys
            .iter()
            .map(|(id, record)| (key_name(*id), &record[..], i64::from(*id)))
            .collect();
        self.put_all(ONE_TIME_KEY, &entries).await
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        let found = self.get(ONE_TIME_KEY, &key_name(id)).await?;
        Ok(found.map(Bytes::from))
    }

    /// Nobody asks which were handed in: WhatsApp tells how many it has.
    async fn mark_prekeys_uploaded(&self, _: &[u32]) -> Result<()> {
        Ok(())
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        self.delete(ONE_TIME_KEY, &key_name(id)).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        let last = self.last(ONE_TIME_KEY).await?;
        Ok(last.and_then(|name| name.parse().ok()).unwrap_or(0))
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        self.put(SIGNED_KEY, &key_name(id), record).await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        self.get(SIGNED_KEY, &key_name(id)).await
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let all = self.list(SIGNED_KEY, "").await?.into_iter();
        Ok(all
            .filter_map(|(name, record)| Some((name.parse().ok()?, record)))
            .collect())
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.delete(SIGNED_KEY, &key_name(id)).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put(SENDER_KEY, address, record).await
    }

    async fn put_sender_keys_batch(&self, keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all(SENDER_KEY, &by_address(keys)).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        self.get(SENDER_KEY, address).await
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.delete(SENDER_KEY, address).await
    }
}
