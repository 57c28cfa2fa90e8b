//! The device itself, the phone's settings as companions sync them, and the secrets of messages (for votes and the like).

use async_trait::async_trait;
use whatsapp_rust::{
    traits::{
        AppStateSyncKey, AppSyncStore, DeviceStore, MsgSecretEntry, MsgSecretStore,
        merge_msg_secret_expiry, merge_msg_secret_message_ts,
    },
    wacore::{
        appstate::{hash::HashState, processor::AppStateMutationMAC},
        store::{Device, error::Result},
    },
};

use super::{Entry, Store, form, name};

const DEVICE: &str = "device";
const THE_DEVICE: &str = "self";
const KEY: &str = "sync_key";
const VERSION: &str = "sync_version";
const CHECKSUM: &str = "sync_mac";
const SECRET: &str = "secret";

#[async_trait]
impl AppSyncStore for Store {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        self.get_json(KEY, &hex::encode(key_id)).await
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let plain = serde_json::to_vec(&key).map_err(form)?;
        // The one that came last is the latest: to the millisecond, since several may come at once.
        let entry = (hex::encode(key_id), &plain[..], self.host.now());
        self.put_all(KEY, &[entry]).await
    }

    async fn get_version(&self, collection: &str) -> Result<HashState> {
        Ok(self
            .get_json(VERSION, collection)
            .await?
            .unwrap_or_default())
    }

    async fn set_version(&self, collection: &str, state: HashState) -> Result<()> {
        self.put_json(VERSION, collection, &state).await
    }

    async fn put_mutation_macs(
        &self,
        collection: &str,
        version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> Result<()> {
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        let entries: Vec<Entry<'_>> = mutations
            .iter()
            .map(|mutation| {
                let name = name(&[collection, &hex::encode(&mutation.index_mac)]);
                (name, &mutation.value_mac[..], version)
            })
            .collect();
        self.put_all(CHECKSUM, &entries).await
    }

    async fn get_mutation_mac(&self, collection: &str, index: &[u8]) -> Result<Option<Vec<u8>>> {
        let name = name(&[collection, &hex::encode(index)]);
        self.get(CHECKSUM, &name).await
    }

    async fn delete_mutation_macs(&self, collection: &str, indexes: &[Vec<u8>]) -> Result<()> {
        for index in indexes {
            let name = name(&[collection, &hex::encode(index)]);
            self.delete(CHECKSUM, &name).await?;
        }
        Ok(())
    }

    async fn clear_mutation_macs(&self, collection: &str) -> Result<()> {
        self.delete_prefix(CHECKSUM, &name(&[collection, ""])).await
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        let last = self.last(KEY).await?;
        Ok(last.and_then(|name| hex::decode(name).ok()))
    }
}

#[async_trait]
impl MsgSecretStore for Store {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let kept = entries.len();
        for mut entry in entries {
            let name = name(&[&entry.chat, &entry.sender, &entry.msg_id]);
            if let Some(old) = self.get_json::<MsgSecretEntry>(SECRET, &name).await? {
                entry.expires_at = merge_msg_secret_expiry(old.expires_at, entry.expires_at);
                entry.message_ts = merge_msg_secret_message_ts(old.message_ts, entry.message_ts);
            }
            // Those without an end are never swept away.
            let end = match entry.expires_at {
                0 => i64::MAX,
                end => end,
            };
            let plain = serde_json::to_vec(&entry).map_err(form)?;
            self.put_all(SECRET, &[(name, &plain, end)]).await?;
        }
        Ok(kept)
    }

    async fn get_msg_secret(
        &self,
        chat: &str,
        sender: &str,
        message: &str,
    ) -> Result<Option<Vec<u8>>> {
        let found = self.get_msg_secret_with_ts(chat, sender, message).await?;
        Ok(found.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        message: &str,
    ) -> Result<Option<(Vec<u8>, i64)>> {
        let name = name(&[chat, sender, message]);
        let found: Option<MsgSecretEntry> = self.get_json(SECRET, &name).await?;
        Ok(found.map(|entry| (entry.secret.to_vec(), entry.message_ts)))
    }

    async fn delete_expired_msg_secrets(&self, cutoff: i64) -> Result<u32> {
        self.delete_before(SECRET, cutoff.saturating_add(1)).await
    }
}

#[async_trait]
impl DeviceStore for Store {
    async fn save(&self, device: &Device) -> Result<()> {
        self.put_json(DEVICE, THE_DEVICE, device).await
    }

    async fn load(&self) -> Result<Option<Device>> {
        self.get_json(DEVICE, THE_DEVICE).await
    }

    async fn exists(&self) -> Result<bool> {
        Ok(self.get(DEVICE, THE_DEVICE).await?.is_some())
    }

    /// A store is one account's, so the number that the client gives devices says nothing.
    async fn create(&self) -> Result<i32> {
        self.save(&Device::new()).await?;
        Ok(1)
    }
}
