//! A phone's settings as its companions sync them: encrypted patches, whose key the phone shares. The one setting here is the name that others
//! see; without it a companion announces no presence.

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

/// The settings of a phone.
#[derive(Debug)]
pub(super) struct Settings {
    pub key: [u8; 32],
    patches: Vec<Vec<u8>>,
}

impl Settings {
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let key: [u8; 32] = rand::random();
        let patches = vec![name_patch(&key, name)?];
        Ok(Self { key, patches })
    }

    /// The version of a collection, and its patches behind a version.
    pub(super) fn patches(&self, collection: &str, behind: usize) -> (usize, &[Vec<u8>]) {
        if collection != NAME_COLLECTION {
            return (1, &[]);
        }
        (
            self.patches.len(),
            self.patches.get(behind..).unwrap_or_default(),
        )
    }
}

fn name_patch(key: &[u8; 32], name: &str) -> anyhow::Result<Vec<u8>> {
    let keys = expand_app_state_keys(key);
    let value = wa::SyncActionValue {
        timestamp: Some(1),
        push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
            name: Some(name.to_owned()),
        }),
        ..Default::default()
    };
    let (mutation, _) = encode_record(
        wa::syncd_mutation::SyncdOperation::SET,
        br#"["setting_pushName"]"#,
        &value,
        &keys,
        &KEY_ID,
        &rand::random(),
        1,
    );
    let mut state = HashState::default();
    let (_, hashed) = state.update_hash(std::slice::from_ref(&mutation), |_, _| Ok(None));
    hashed.map_err(|error| anyhow::anyhow!("settings could not be hashed: {error}"))?;
    state.version = 1;
    let mut patch = wa::SyncdPatch {
        version: MessageField::some(wa::SyncdVersion { version: Some(1) }),
        mutations: vec![mutation],
        key_id: MessageField::some(wa::KeyId {
            id: Some(KEY_ID.to_vec()),
        }),
        snapshot_mac: Some(state.generate_snapshot_mac(NAME_COLLECTION, &keys.snapshot_mac)),
        ..Default::default()
    };
    patch.patch_mac = Some(generate_patch_mac(
        &patch,
        NAME_COLLECTION,
        &keys.patch_mac,
        1,
    ));
    Ok(patch.encode_to_vec())
}
