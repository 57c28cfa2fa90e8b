//! A phone's settings as its companions sync them: encrypted patches, whose key the phone shares. Here they are the name that
//! others see, without which a companion announces no presence, and the address book.

use std::collections::HashMap;

use whatsapp_rust::{
    buffa::{Message as _, MessageField},
    wacore::appstate::{
        encode::encode_record,
        hash::{HashState, generate_patch_mac},
        keys::expand_app_state_keys,
    },
    waproto::whatsapp as wa,
};

/// The id of the key with which settings are encrypted.
pub(super) const KEY_ID: [u8; 6] = [0, 0, 0, 0, 0x11, 0x22];

/// The collection that holds the name.
const NAME_COLLECTION: &str = "critical_block";
/// The collection that holds what was read.
const CHATS_COLLECTION: &str = "regular_low";
/// The collection that holds the address book.
const BOOK_COLLECTION: &str = "critical_unblock_low";

/// One collection: its patches, and what its hash comes to.
#[derive(Debug, Default)]
struct Collection {
    patches: Vec<Vec<u8>>,
    state: HashState,
}

/// The settings of a phone.
#[derive(Debug)]
pub(super) struct Settings {
    pub key: [u8; 32],
    collections: HashMap<&'static str, Collection>,
}

impl Settings {
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let mut settings = Self {
            key: rand::random(),
            collections: HashMap::new(),
        };
        let value = wa::SyncActionValue {
            timestamp: Some(1),
            push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
                name: Some(name.to_owned()),
            }),
            ..Default::default()
        };
        settings.set(NAME_COLLECTION, r#"["setting_pushName"]"#, &value, 1)?;
        Ok(settings)
    }

    /// Puts somebody into the address book.
    pub(super) fn book(&mut self, jid: &str, name: &str) -> anyhow::Result<()> {
        let value = wa::SyncActionValue {
            timestamp: Some(1),
            contact_action: MessageField::some(wa::sync_action_value::ContactAction {
                full_name: Some(name.to_owned()),
                first_name: name.split(' ').next().map(str::to_owned),
                ..Default::default()
            }),
            ..Default::default()
        };
        let index = format!(r#"["contact","{jid}"]"#);
        self.set(BOOK_COLLECTION, &index, &value, 2)
    }

    /// Marks a chat as read, until a time in Unix seconds. Returns the collection that has changed, and its version.
    pub(super) fn mark_read(
        &mut self,
        jid: &str,
        until: i64,
    ) -> anyhow::Result<(&'static str, usize)> {
        let range = wa::sync_action_value::SyncActionMessageRange {
            last_message_timestamp: Some(until),
            ..Default::default()
        };
        let value = wa::SyncActionValue {
            timestamp: Some(until),
            mark_chat_as_read_action: MessageField::some(
                wa::sync_action_value::MarkChatAsReadAction {
                    read: Some(true),
                    message_range: MessageField::some(range),
                },
            ),
            ..Default::default()
        };
        let index = format!(r#"["markChatAsRead","{jid}"]"#);
        self.set(CHATS_COLLECTION, &index, &value, 3)?;
        Ok((CHATS_COLLECTION, self.patches(CHATS_COLLECTION, 0).0))
    }

    /// The version of a collection, and its patches behind a version.
    pub(super) fn patches(&self, collection: &str, behind: usize) -> (usize, &[Vec<u8>]) {
        let Some(found) = self.collections.get(collection) else {
            return (1, &[]);
        };
        let patches = found.patches.get(behind..).unwrap_or_default();
        (found.patches.len(), patches)
    }

    fn set(
        &mut self,
        name: &'static str,
        index: &str,
        value: &wa::SyncActionValue,
        version: i32,
    ) -> anyhow::Result<()> {
        let keys = expand_app_state_keys(&self.key);
        let collection = self.collections.entry(name).or_default();
        let (mutation, _) = encode_record(
            wa::syncd_mutation::SyncdOperation::SET,
            index.as_bytes(),
            value,
            &keys,
            &KEY_ID,
            &rand::random(),
            version,
        );
        let state = &mut collection.state;
        let (_, hashed) = state.update_hash(std::slice::from_ref(&mutation), |_, _| Ok(None));
        hashed.map_err(|error| anyhow::anyhow!("settings could not be hashed: {error}"))?;
        state.version += 1;
        let number = state.version;
        let mut patch = wa::SyncdPatch {
            version: MessageField::some(wa::SyncdVersion {
                version: Some(number),
            }),
            mutations: vec![mutation],
            key_id: MessageField::some(wa::KeyId {
                id: Some(KEY_ID.to_vec()),
            }),
            snapshot_mac: Some(state.generate_snapshot_mac(name, &keys.snapshot_mac)),
            ..Default::default()
        };
        patch.patch_mac = Some(generate_patch_mac(&patch, name, &keys.patch_mac, number));
        collection.patches.push(patch.encode_to_vec());
        Ok(())
    }
}
