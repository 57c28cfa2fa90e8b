//! A phone's end of the encryption: the double ratchet, as WhatsApp uses it, with keys in memory. Used for customers' phones, and for what a phone
//! sends to its own companions.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use whatsapp_rust::{
    Jid, async_trait,
    buffa::Message as _,
    futures::FutureExt as _,
    wacore::{
        libsignal::protocol::{
            CiphertextMessage, CiphertextMessageType, Direction, GenericSignedPreKey as _,
            IdentityChange, IdentityKey, IdentityKeyPair, IdentityKeyStore, KeyPair, PreKeyBundle,
            PreKeyId, PreKeyRecord, PreKeySignalMessage, PreKeyStore, ProtocolAddress, PublicKey,
            SenderKeyDistributionMessage, SenderKeyRecord, SenderKeyStore, SessionRecord,
            SessionStore, SignalMessage, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord,
            SignedPreKeyStore, Timestamp, UsePQRatchet, create_sender_key_distribution_message,
            group_decrypt, group_encrypt, message_decrypt, message_encrypt, process_prekey_bundle,
            process_sender_key_distribution_message,
        },
        libsignal::store::sender_key_name::SenderKeyName,
        messages::MessageUtils,
        types::jid::JidExt as _,
    },
    waproto::whatsapp::Message,
};

type Result<T> = std::result::Result<T, SignalProtocolError>;

/// Marks a public key as one of Curve25519, where it is signed.
const KEY_TYPE: u8 = 5;

/// A key that its owner signed: id (3 bytes), key, signature.
#[derive(Debug, Clone)]
pub(super) struct SignedKey {
    pub id: Vec<u8>,
    pub key: Vec<u8>,
    pub signature: Vec<u8>,
}

/// What is published of a device, for a first message to it.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    pub registration: Vec<u8>,
    pub identity: Vec<u8>,
    pub signed: SignedKey,
    pub one_time: Option<(Vec<u8>, Vec<u8>)>,
}

impl Bundle {
    fn parse(&self, device: u16) -> anyhow::Result<PreKeyBundle> {
        let key = |bytes: &[u8]| PublicKey::from_djb_public_key_bytes(bytes);
        let registration = self.registration.as_slice().try_into()?;
        let one_time = match &self.one_time {
            Some((id, bytes)) => Some((key_id(id)?.into(), key(bytes)?)),
            None => None,
        };
        Ok(PreKeyBundle::new(
            u32::from_be_bytes(registration),
            u32::from(device).into(),
            one_time,
            key_id(&self.signed.id)?.into(),
            key(&self.signed.key)?,
            self.signed.signature.clone(),
            IdentityKey::new(key(&self.identity)?),
        )?)
    }
}

/// Key ids travel as three bytes.
fn key_id(bytes: &[u8]) -> anyhow::Result<u32> {
    let [high, middle, low] = bytes.try_into()?;
    Ok(u32::from_be_bytes([0, high, middle, low]))
}

struct Identities {
    own: IdentityKeyPair,
    known: HashMap<String, IdentityKey>,
}

#[derive(Default)]
struct Sessions(HashMap<String, SessionRecord>);

/// The keys with which those in a group encrypt for all the others at once.
#[derive(Default)]
struct SenderKeys(HashMap<String, SenderKeyRecord>);

struct OwnKey(SignedPreKeyRecord);

/// A phone publishes no one-time keys.
struct NoKeys;

/// A phone's keys and sessions.
pub(super) struct Endpoint {
    identities: Identities,
    sessions: Sessions,
    sender_keys: SenderKeys,
    key: OwnKey,
}

/// What every phone says it was registered as; nothing depends on it.
const REGISTRATION: u32 = 4242;

impl Endpoint {
    pub(super) fn new(identity: &KeyPair) -> anyhow::Result<Self> {
        let own = IdentityKeyPair::new(
            IdentityKey::new(identity.public_key),
            identity.private_key.clone(),
        );
        let pair = KeyPair::generate(&mut rand::rng());
        let signed = [&[KEY_TYPE], pair.public_key.public_key_bytes()].concat();
        let signature = identity
            .private_key
            .calculate_signature(&signed, &mut rand::rng())?;
        let key =
            SignedPreKeyRecord::new(1.into(), Timestamp::from_epoch_millis(0), &pair, &signature);
        Ok(Self {
            identities: Identities {
                own,
                known: HashMap::new(),
            },
            sessions: Sessions::default(),
            sender_keys: SenderKeys::default(),
            key: OwnKey(key),
        })
    }

    pub(super) fn registration() -> Vec<u8> {
        REGISTRATION.to_be_bytes().to_vec()
    }

    pub(super) fn identity(&self) -> Vec<u8> {
        self.identities.own.public_key().public_key_bytes().to_vec()
    }

    pub(super) fn signed_key(&self) -> anyhow::Result<SignedKey> {
        Ok(SignedKey {
            id: vec![0, 0, 1],
            key: self.key.0.public_key()?.public_key_bytes().to_vec(),
            signature: self.key.0.signature()?.clone(),
        })
    }

    /// Encrypts for a device. Returns the kind of ciphertext, the ciphertext, and whether the bundle was needed.
    pub(super) fn encrypt(
        &mut self,
        to: &Jid,
        bundle: &Bundle,
        message: &Message,
    ) -> anyhow::Result<(&'static str, Vec<u8>, bool)> {
        let address = to.to_protocol_address();
        let work = async {
            let first = !self.sessions.has_session(&address).await?;
            if first {
                let bundle = bundle.parse(to.device)?;
                process_prekey_bundle(
                    &address,
                    &mut self.sessions,
                    &mut self.identities,
                    &bundle,
                    &mut rand::rng(),
                    UsePQRatchet::No,
                )
                .await?;
            }
            let padded = MessageUtils::pad_message_v2(message.encode_to_vec());
            let sealed =
                message_encrypt(&padded, &address, &mut self.sessions, &mut self.identities)
                    .await?;
            let kind = match sealed.message_type() {
                CiphertextMessageType::PreKey => "pkmsg",
                _ => "msg",
            };
            anyhow::Ok((kind, sealed.serialize().to_vec(), first))
        };
        work.now_or_never().context("keys in memory are at hand")?
    }

    /// Decrypts what a device sent.
    pub(super) fn decrypt(
        &mut self,
        from: &Jid,
        kind: &str,
        sealed: &[u8],
    ) -> anyhow::Result<Message> {
        let address = from.to_protocol_address();
        let message = match kind {
            "pkmsg" => {
                CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(sealed)?)
            }
            "msg" => CiphertextMessage::SignalMessage(SignalMessage::try_from(sealed)?),
            other => bail!("a ciphertext of kind {other:?}"),
        };
        let (mut keys, mut random) = (NoKeys, rand::rng());
        let work = message_decrypt(
            &message,
            &address,
            &mut self.sessions,
            &mut self.identities,
            &mut keys,
            &self.key,
            &mut random,
            UsePQRatchet::No,
        );
        let opened = work
            .now_or_never()
            .context("keys in memory are at hand")??;
        let plain = MessageUtils::unpad_message_ref(&opened.plaintext, 2)?;
        Ok(Message::decode_from_slice(plain)?)
    }

    /// Encrypts for all in a group. Returns what those need who are to read it, and the ciphertext.
    pub(super) fn encrypt_for_group(
        &mut self,
        group: &str,
        sender: &Jid,
        message: &Message,
    ) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
        let name = key_name(group, sender);
        let work = async {
            let mut random = rand::rng();
            let keys = &mut self.sender_keys;
            let key = create_sender_key_distribution_message(&name, keys, &mut random).await?;
            let padded = MessageUtils::pad_message_v2(message.encode_to_vec());
            let sealed = group_encrypt(keys, &name, &padded, &mut random).await?;
            anyhow::Ok((key.serialized().to_vec(), sealed.serialized().to_vec()))
        };
        work.now_or_never().context("keys in memory are at hand")?
    }

    /// Takes in the key with which somebody encrypts for a group.
    pub(super) fn learn_key(
        &mut self,
        group: &str,
        sender: &Jid,
        key: &[u8],
    ) -> anyhow::Result<()> {
        let key = SenderKeyDistributionMessage::try_from(key)?;
        let name = key_name(group, sender);
        let work = process_sender_key_distribution_message(&name, &key, &mut self.sender_keys);
        Ok(work
            .now_or_never()
            .context("keys in memory are at hand")??)
    }

    /// Decrypts what somebody sent to all in a group.
    pub(super) fn decrypt_of_group(
        &mut self,
        group: &str,
        sender: &Jid,
        sealed: &[u8],
    ) -> anyhow::Result<Message> {
        let name = key_name(group, sender);
        let work = group_decrypt(sealed, &mut self.sender_keys, &name);
        let opened = work
            .now_or_never()
            .context("keys in memory are at hand")??;
        let plain = MessageUtils::unpad_message_ref(&opened, 2)?;
        Ok(Message::decode_from_slice(plain)?)
    }
}

fn key_name(group: &str, sender: &Jid) -> SenderKeyName {
    SenderKeyName::from_parts(group, sender.to_protocol_address().as_str())
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Result<IdentityKeyPair> {
        Ok(self.own.clone())
    }

    async fn get_local_registration_id(&self) -> Result<u32> {
        Ok(REGISTRATION)
    }

    async fn save_identity(
        &mut self,
        address: &ProtocolAddress,
        identity: &IdentityKey,
    ) -> Result<IdentityChange> {
        let old = self.known.insert(address.as_str().to_owned(), *identity);
        Ok(IdentityChange::from_changed(
            old.is_some_and(|old| old != *identity),
        ))
    }

    async fn is_trusted_identity(
        &self,
        _: &ProtocolAddress,
        _: &IdentityKey,
        _: Direction,
    ) -> Result<bool> {
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Result<Option<IdentityKey>> {
        Ok(self.known.get(address.as_str()).copied())
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Result<Option<SessionRecord>> {
        Ok(self.0.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Result<bool> {
        Ok(self.0.contains_key(address.as_str()))
    }

    async fn store_session(
        &mut self,
        address: &ProtocolAddress,
        record: SessionRecord,
    ) -> Result<()> {
        self.0.insert(address.as_str().to_owned(), record);
        Ok(())
    }
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(
        &mut self,
        name: &SenderKeyName,
        record: SenderKeyRecord,
    ) -> Result<()> {
        self.0.insert(name.cache_key().to_string(), record);
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Result<Option<SenderKeyRecord>> {
        Ok(self.0.get(name.cache_key()).cloned())
    }
}

#[async_trait]
impl PreKeyStore for NoKeys {
    async fn get_pre_key(&self, _: PreKeyId) -> Result<PreKeyRecord> {
        Err(SignalProtocolError::InvalidPreKeyId)
    }

    async fn save_pre_key(&mut self, _: PreKeyId, _: &PreKeyRecord) -> Result<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, _: PreKeyId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for OwnKey {
    async fn get_signed_pre_key(&self, _: SignedPreKeyId) -> Result<SignedPreKeyRecord> {
        Ok(self.0.clone())
    }

    async fn save_signed_pre_key(
        &mut self,
        _: SignedPreKeyId,
        record: &SignedPreKeyRecord,
    ) -> Result<()> {
        self.0 = record.clone();
        Ok(())
    }
}
