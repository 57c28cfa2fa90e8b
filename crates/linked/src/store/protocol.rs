//! Who has which devices and which LID, and messages under way: sent ones that may be asked for again, arrived ones that are not stored yet.

use async_trait::async_trait;
use whatsapp_rust::{
    traits::{DeviceListRecord, LidPnMappingEntry, ProtocolStore, TcTokenEntry},
    wacore::store::error::Result,
};

use super::{Entry, PART, Store, form, name};

const GROUP_DEVICE: &str = "group_device";
const LID: &str = "lid";
const PHONE: &str = "phone";
const BASE_KEY: &str = "base_key";
const DEVICES: &str = "devices";
const GROUP: &str = "group";
const TOKEN: &str = "token";
const SENT: &str = "sent";
const ARRIVED: &str = "arrived";

/// Whether a device of a group has the account's key.
fn flag(has: bool) -> &'static [u8] {
    if has { &[1] } else { &[0] }
}

#[async_trait]
impl ProtocolStore for Store {
    async fn get_sender_key_devices(&self, group: &str) -> Result<Vec<(String, bool)>> {
        let prefix = name(&[group, ""]);
        let all = self.list(GROUP_DEVICE, &prefix).await?.into_iter();
        Ok(all
            .filter_map(|(name, value)| {
                let device = name.strip_prefix(&prefix)?;
                Some((device.to_owned(), value == flag(true)))
            })
            .collect())
    }

    async fn set_sender_key_status(&self, group: &str, devices: &[(&str, bool)]) -> Result<()> {
        let entries: Vec<Entry<'_>> = devices
            .iter()
            .map(|(device, has)| (name(&[group, device]), flag(*has), 0))
            .collect();
        self.put_all(GROUP_DEVICE, &entries).await
    }

    async fn clear_sender_key_devices(&self, group: &str) -> Result<()> {
        self.delete_prefix(GROUP_DEVICE, &name(&[group, ""])).await
    }

    async fn delete_sender_key_device_rows(&self, devices: &[&str]) -> Result<()> {
        for (name, _) in self.list(GROUP_DEVICE, "").await? {
            let device = name.split_once(PART).map(|(_, device)| device);
            if device.is_some_and(|device| devices.contains(&device)) {
                self.delete(GROUP_DEVICE, &name).await?;
            }
        }
        Ok(())
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        self.delete_prefix(GROUP_DEVICE, "").await
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        self.get_json(LID, lid).await
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        self.get_json(PHONE, phone).await
    }

    /// A number may have had several LIDs: the one learnt last is its.
    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.put_json(LID, &entry.lid, entry).await?;
        let known = self.get_pn_mapping(&entry.phone_number).await?;
        if known.is_none_or(|known| known.updated_at <= entry.updated_at) {
            self.put_json(PHONE, &entry.phone_number, entry).await?;
        }
        Ok(())
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        let all = self.list(LID, "").await?;
        all.iter()
            .map(|(_, plain)| serde_json::from_slice(plain).map_err(form))
            .collect()
    }

    async fn save_base_key(&self, address: &str, message: &str, key: &[u8]) -> Result<()> {
        self.put(BASE_KEY, &name(&[address, message]), key).await
    }

    async fn has_same_base_key(&self, address: &str, message: &str, key: &[u8]) -> Result<bool> {
        let known = self.get(BASE_KEY, &name(&[address, message])).await?;
        Ok(known.is_some_and(|known| known == key))
    }

    async fn delete_base_key(&self, address: &str, message: &str) -> Result<()> {
        self.delete(BASE_KEY, &name(&[address, message])).await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.put_json(DEVICES, &record.user, &record).await
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        self.get_json(DEVICES, user).await
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.delete(DEVICES, user).await
    }

    async fn get_group_metadata(&self, group: &str) -> Result<Option<Vec<u8>>> {
        self.get(GROUP, group).await
    }

    async fn put_group_metadata(&self, group: &str, blob: &[u8]) -> Result<()> {
        self.put(GROUP, group, blob).await
    }

    async fn delete_group_metadata(&self, group: &str) -> Result<()> {
        self.delete(GROUP, group).await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        self.get_json(TOKEN, jid).await
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        self.put_json(TOKEN, jid, entry).await
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        self.delete(TOKEN, jid).await
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        let all = self.list(TOKEN, "").await?;
        Ok(all.into_iter().map(|(jid, _)| jid).collect())
    }

    async fn delete_expired_tc_tokens(&self, token: i64, sender: i64) -> Result<u32> {
        let mut gone = 0;
        for (jid, plain) in self.list(TOKEN, "").await? {
            let entry: TcTokenEntry = serde_json::from_slice(&plain).map_err(form)?;
            let received = !entry.token.is_empty() && entry.token_timestamp >= token;
            let sent = entry.sender_timestamp.is_some_and(|at| at >= sender);
            if !received && !sent {
                self.delete(TOKEN, &jid).await?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    async fn store_sent_message(&self, chat: &str, id: &str, payload: &[u8]) -> Result<()> {
        self.put(SENT, &name(&[chat, id]), payload).await
    }

    async fn take_sent_message(&self, chat: &str, id: &str) -> Result<Option<Vec<u8>>> {
        self.take(SENT, &name(&[chat, id])).await
    }

    async fn delete_expired_sent_messages(&self, cutoff: i64) -> Result<u32> {
        self.delete_before(SENT, cutoff).await
    }

    async fn store_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
        message: &[u8],
    ) -> Result<()> {
        self.put(ARRIVED, &name(&[chat, sender, id]), message).await
    }

    async fn get_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>> {
        self.get(ARRIVED, &name(&[chat, sender, id])).await
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        self.delete(ARRIVED, &name(&[chat, sender, id])).await
    }

    async fn delete_expired_pending_inbound(&self, cutoff: i64) -> Result<u32> {
        self.delete_before(ARRIVED, cutoff).await
    }
}
