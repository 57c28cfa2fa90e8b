//! Linking a companion: by a QR code that the phone scans, or by a code that is typed into it. Called by the mock's public functions (the phone's
//! side) and by `connection` (the companion's side).

use anyhow::{Context as _, anyhow, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use whatsapp_rust::{
    Jid, NodeBuilder,
    buffa::Message as _,
    wacore::{
        crypto::hkdf_sha256_into,
        libsignal::{
            crypto::aes_256_gcm_decrypt,
            protocol::{KeyPair, PublicKey},
        },
        pair_code::PairCodeUtils,
    },
    wacore_binary::Node,
    waproto::whatsapp::{
        ADVDeviceIdentity, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPairingProps,
    },
};

use super::{
    Addressing,
    connection::restart,
    noise::public,
    stanza::{SERVER, bytes, child_content, content, lid_jid, phone_jid},
    state::{CodeFlow, Device, Line, State},
};

/// What precedes a companion's identity where the phone signs it (WhatsApp's "account signature").
const SIGNED_IDENTITY: [u8; 2] = [6, 0];

/// The phone scans a QR code.
pub(super) fn scan(state: &mut State, number: &str, code: &str) -> anyhow::Result<()> {
    let code = code.rsplit('#').next().unwrap_or_default();
    let mut parts = code.split(',');
    let mut part = || parts.next().context("not a QR code of WhatsApp");
    let (reference, _noise) = (part()?, part()?);
    let (identity, secret) = (STANDARD.decode(part()?)?, STANDARD.decode(part()?)?);
    let line = state
        .references
        .remove(reference)
        .context("the QR code is too old, or was scanned before")?;
    link(state, &line, number, &identity, &secret)
}

/// Makes the client at the other end of a line a companion of a phone, and tells it so.
fn link(
    state: &mut State,
    line: &Line,
    number: &str,
    identity: &[u8],
    secret: &[u8],
) -> anyhow::Result<()> {
    let label = state.labels.remove(&line.id).unwrap_or_default();
    let phone = state.phone(number)?;
    let device = phone.next_device;
    phone.next_device += 1;
    let proof = certificate(&phone.identity, device, identity, secret)?;
    let (lid, migrated) = (phone.lid.clone(), phone.addressing != Addressing::Phone);
    phone.devices.insert(
        device,
        Device {
            label,
            ..Device::default()
        },
    );
    state.pairing.insert(line.id, (number.to_owned(), device));
    let addresses = NodeBuilder::new("device")
        .attr("jid", phone_jid(number, device))
        .attr("lid", lid_jid(&lid, device))
        .build();
    let mut about = vec![
        bytes("device-identity", proof),
        NodeBuilder::new("platform").attr("name", "android").build(),
        addresses,
    ];
    if migrated {
        let props = ClientPairingProps {
            is_chat_db_lid_migrated: Some(true),
            ..Default::default()
        };
        about.push(bytes("client-props", props.encode_to_vec()));
    }
    let success = NodeBuilder::new("iq")
        .attr("from", SERVER)
        .attr("type", "set")
        .attr("id", format!("pair-{}", line.id))
        .attr("t", super::now().to_string())
        .children([NodeBuilder::new("pair-success").children(about).build()]);
    line.send(success.build());
    Ok(())
}

/// The phone's signature under a companion's identity, which only who holds the code's secret could have asked for.
fn certificate(
    phone: &KeyPair,
    device: u16,
    identity: &[u8],
    secret: &[u8],
) -> anyhow::Result<Vec<u8>> {
    let details = ADVDeviceIdentity {
        raw_id: Some(1),
        timestamp: Some(super::now()),
        key_index: Some(u32::from(device)),
        ..Default::default()
    };
    let details = details.encode_to_vec();
    let signed = [&SIGNED_IDENTITY[..], &details, identity].concat();
    let signature = phone
        .private_key
        .calculate_signature(&signed, &mut rand::rng())?;
    let inner = ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(public(phone)?.to_vec()),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    };
    let inner = inner.encode_to_vec();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(&inner);
    let outer = ADVSignedDeviceIdentityHMAC {
        details: Some(inner),
        hmac: Some(mac.finalize().into_bytes().to_vec()),
        ..Default::default()
    };
    Ok(outer.encode_to_vec())
}

/// The companion has signed too: it is linked, and is asked to connect anew as what it is now.
pub(super) fn confirm(state: &mut State, line: &Line, result: &Node) -> anyhow::Result<()> {
    let Some(signed) = result.get_optional_child("pair-device-sign") else {
        return Ok(());
    };
    let device = state.pairing.remove(&line.id).context("not linking")?;
    state.device(&device)?.certificate = child_content(signed, "device-identity");
    restart(line);
    Ok(())
}

/// A companion asks for a code (`companion_hello`), or hands over its keys after the phone had the code (`companion_finish`).
pub(super) fn code_step(
    state: &mut State,
    line: &Line,
    step: &Node,
) -> anyhow::Result<Option<Node>> {
    let jid: Jid = super::stanza::attribute(step, "jid").parse()?;
    let number = jid.user.to_string();
    if super::stanza::attribute(step, "stage") != "companion_hello" {
        finish_code(state, &number, step)?;
        return Ok(None);
    }
    let reference = format!("code{}", state.next()).into_bytes();
    let flow = CodeFlow {
        line: line.clone(),
        wrapped_key: child_content(step, "link_code_pairing_wrapped_companion_ephemeral_pub"),
        reference: reference.clone(),
        keys: None,
    };
    state.codes.insert(number, flow);
    let reply = NodeBuilder::new("link_code_companion_reg")
        .children([bytes("link_code_pairing_ref", reference)])
        .build();
    Ok(Some(reply))
}

/// A code is typed into the phone.
pub(super) fn enter_code(state: &mut State, number: &str, code: &str) -> anyhow::Result<()> {
    let identity = public(&state.phone(number)?.identity)?;
    let code = code.replace('-', "");
    let flow = state
        .codes
        .get_mut(number)
        .context("nobody asked for a code for this phone")?;
    let theirs = PairCodeUtils::decrypt_primary_ephemeral_pub(&flow.wrapped_key, &code)
        .map_err(|error| anyhow!("{error}"))?;
    let ours = KeyPair::generate(&mut rand::rng());
    let wrapped = PairCodeUtils::encrypt_ephemeral_pub(&public(&ours)?, &code);
    let hello = NodeBuilder::new("link_code_companion_reg")
        .attr("stage", "primary_hello")
        .children([
            bytes(
                "link_code_pairing_wrapped_primary_ephemeral_pub",
                wrapped.to_vec(),
            ),
            bytes("primary_identity_pub", identity.to_vec()),
            bytes("link_code_pairing_ref", flow.reference.clone()),
        ]);
    let notification = NodeBuilder::new("notification")
        .attr("from", SERVER)
        .attr("type", "link_code_companion_reg")
        .attr("id", format!("code-{}", flow.line.id))
        .attr("t", super::now().to_string())
        .children([hello.build()]);
    flow.keys = Some((ours, theirs));
    flow.line.send(notification.build());
    Ok(())
}

fn finish_code(state: &mut State, number: &str, step: &Node) -> anyhow::Result<()> {
    let flow = state
        .codes
        .remove(number)
        .context("no code was asked for")?;
    let (ours, theirs) = flow.keys.context("the code was not typed yet")?;
    let identity = step
        .get_optional_child("companion_identity_public")
        .map(content)
        .context("no identity")?;
    let bundle = child_content(step, "link_code_pairing_wrapped_key_bundle");
    let shared = ours
        .private_key
        .calculate_agreement(&PublicKey::from_djb_public_key_bytes(&theirs)?)?;
    let known = state
        .phone(number)?
        .identity
        .private_key
        .calculate_agreement(&PublicKey::from_djb_public_key_bytes(&identity)?)?;
    let random = open_bundle(&bundle, &shared)?;
    let material = [&shared[..], &known[..], &random].concat();
    let secret = expand(&material, None, b"adv_secret")?;
    link(state, &flow.line, number, &identity, &secret)
}

/// The companion's random part of the secret: the last 32 bytes of what it sealed with the key that both have from the code.
fn open_bundle(bundle: &[u8], shared: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (salt, rest) = bundle.split_first_chunk::<32>().context("a short bundle")?;
    let (nonce, sealed) = rest.split_first_chunk::<12>().context("a short bundle")?;
    let key = expand(
        shared,
        Some(salt),
        b"link_code_pairing_key_bundle_encryption_key",
    )?;
    let mut plain = Vec::new();
    aes_256_gcm_decrypt(&key, nonce, b"", sealed, &mut plain)
        .map_err(|error| anyhow!("{error}"))?;
    ensure!(plain.len() == 96, "a bundle of {} bytes", plain.len());
    Ok(plain.split_off(64))
}

fn expand(material: &[u8], salt: Option<&[u8]>, label: &[u8]) -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    hkdf_sha256_into(material, salt, label, &mut key).map_err(|error| anyhow!("{error:?}"))?;
    Ok(key)
}
