//! The server's side of WhatsApp's handshake (Noise XX for a first connection, IK for a client that knows the server's key), and the encrypted stanzas
//! after it. Used by `connection`.

use anyhow::Context as _;
use axum::{
    body::Bytes,
    extract::ws::{Message as Frame, WebSocket},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use whatsapp_rust::{
    buffa::{Message as _, MessageField},
    wacore::{
        framing::{FrameDecoder, encode_frame},
        handshake::NoiseHandshake,
        libsignal::protocol::KeyPair,
        noise::NoiseCipher,
    },
    wacore_binary::{
        Node,
        consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, WA_CONN_HEADER},
        marshal,
        marshal::unmarshal_ref,
        util::unpack,
    },
    waproto::whatsapp::{
        CertChain, ClientPayload, HandshakeMessage,
        cert_chain::{NoiseCertificate, noise_certificate::Details},
        handshake_message::{ClientHello, ServerHello},
    },
};

/// The server's key, with a certificate that nobody signed.
pub(super) struct ServerKey {
    pair: KeyPair,
    certificate: Vec<u8>,
}

/// What both sides write with after the handshake.
type Ciphers = (NoiseCipher, NoiseCipher);

impl ServerKey {
    pub(super) fn generate() -> anyhow::Result<Self> {
        let pair = KeyPair::generate(&mut rand::rng());
        let certificate = certificate(public(&pair)?.to_vec());
        Ok(Self { pair, certificate })
    }

    fn secret(&self) -> &[u8; 32] {
        self.pair.private_key.serialize()
    }
}

/// A public key without its type.
pub(super) fn public(pair: &KeyPair) -> anyhow::Result<[u8; 32]> {
    Ok(pair.public_key.public_key_bytes().try_into()?)
}

fn certificate(key: Vec<u8>) -> Vec<u8> {
    let signed = |serial: u32, key: Vec<u8>| {
        let details = Details {
            serial: Some(serial),
            issuer_serial: Some(serial - 1),
            key: Some(key),
            not_before: Some(1_700_000_000),
            not_after: Some(4_000_000_000),
        };
        MessageField::some(NoiseCertificate {
            details: Some(details.encode_to_vec()),
            signature: Some(vec![0; 64]),
        })
    };
    CertChain {
        leaf: signed(2, key),
        intermediate: signed(1, vec![0xCC; 32]),
    }
    .encode_to_vec()
}

/// What comes in on a WebSocket, as WhatsApp's frames.
pub(super) struct Frames {
    stream: SplitStream<WebSocket>,
    decoder: FrameDecoder,
    begun: bool,
}

impl Frames {
    pub(super) fn new(stream: SplitStream<WebSocket>) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(),
            begun: false,
        }
    }

    /// The next frame; `None` when the client has gone.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        loop {
            if let Some(frame) = self.decoder.decode_frame() {
                return Ok(Some(frame.to_vec()));
            }
            match self.stream.next().await {
                Some(Ok(Frame::Binary(bytes))) => self.feed(&bytes)?,
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return Ok(None),
                Some(Ok(_)) => {}
            }
        }
    }

    /// The first bytes name the protocol, after a routing hint where the client has one.
    fn feed(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut rest = bytes;
        if !self.begun {
            self.begun = true;
            if let Some(hint) = rest.strip_prefix(b"ED\0\x01") {
                let (length, hint) = hint.split_first_chunk::<3>().context("a routing hint")?;
                let [high, middle, low] = *length;
                let length = u32::from_be_bytes([0, high, middle, low]);
                rest = hint
                    .get(usize::try_from(length)?..)
                    .context("a routing hint")?;
            }
            rest = rest
                .strip_prefix(&WA_CONN_HEADER[..])
                .context("not a WhatsApp client")?;
        }
        self.decoder.feed(rest);
        Ok(())
    }
}

/// Shakes hands. Returns what the client says of itself, and the ciphers: for reading and for writing.
pub(super) async fn shake_hands(
    key: &ServerKey,
    frames: &mut Frames,
    sink: &mut SplitSink<WebSocket, Frame>,
) -> anyhow::Result<(ClientPayload, Ciphers)> {
    let hello = frames.next().await?.context("no hello")?;
    let hello = HandshakeMessage::decode_from_slice(&hello)?;
    let hello = hello.client_hello.into_option().context("no hello")?;
    let (payload, ciphers) = if hello.r#static.is_some() {
        let (reply, payload, ciphers) = resume(key, hello)?;
        answer(sink, reply).await?;
        (payload, ciphers)
    } else {
        let mut first = FirstMeeting::new(&hello)?;
        answer(sink, first.reply(key)?).await?;
        let finish = frames.next().await?.context("no finish")?;
        first.finish(&finish)?
    };
    Ok((ClientPayload::decode_from_slice(&payload)?, ciphers))
}

async fn answer(sink: &mut SplitSink<WebSocket, Frame>, hello: ServerHello) -> anyhow::Result<()> {
    let message = HandshakeMessage {
        server_hello: MessageField::some(hello),
        ..Default::default()
    };
    let frame = encode_frame(&message.encode_to_vec(), None)?;
    sink.send(Frame::Binary(Bytes::from(frame))).await?;
    Ok(())
}

/// Noise IK: the client knows the server's key, and says all in its first message.
fn resume(key: &ServerKey, hello: ClientHello) -> anyhow::Result<(ServerHello, Vec<u8>, Ciphers)> {
    let ephemeral = array(hello.ephemeral)?;
    let ours = KeyPair::generate(&mut rand::rng());
    let our_public = public(&ours)?;
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER)?;
    noise.authenticate(&public(&key.pair)?);
    noise.authenticate(&ephemeral);
    noise.mix_shared_secret(key.secret(), &ephemeral)?;
    let client = array(Some(noise.decrypt(&hello.r#static.unwrap_or_default())?))?;
    noise.mix_shared_secret(key.secret(), &client)?;
    let payload = noise.decrypt(&hello.payload.context("no payload")?)?;
    noise.authenticate(&our_public);
    noise.mix_shared_secret(ours.private_key.serialize(), &ephemeral)?;
    noise.mix_shared_secret(ours.private_key.serialize(), &client)?;
    let reply = ServerHello {
        ephemeral: Some(our_public.to_vec()),
        payload: Some(noise.encrypt(&key.certificate)?),
        ..Default::default()
    };
    Ok((reply, payload, noise.finish()?))
}

/// Noise XX: the client learns the server's key on the way.
struct FirstMeeting {
    noise: NoiseHandshake,
    ours: KeyPair,
    ephemeral: [u8; 32],
}

impl FirstMeeting {
    fn new(hello: &ClientHello) -> anyhow::Result<Self> {
        let ephemeral = array(hello.ephemeral.clone())?;
        let mut noise = NoiseHandshake::new(NOISE_PATTERN_XX, &WA_CONN_HEADER)?;
        noise.authenticate(&ephemeral);
        Ok(Self {
            noise,
            ours: KeyPair::generate(&mut rand::rng()),
            ephemeral,
        })
    }

    fn reply(&mut self, key: &ServerKey) -> anyhow::Result<ServerHello> {
        let our_public = public(&self.ours)?;
        self.noise.authenticate(&our_public);
        let secret = self.ours.private_key.serialize();
        self.noise.mix_shared_secret(secret, &self.ephemeral)?;
        let sealed_key = self.noise.encrypt(&public(&key.pair)?)?;
        self.noise
            .mix_shared_secret(key.secret(), &self.ephemeral)?;
        Ok(ServerHello {
            ephemeral: Some(our_public.to_vec()),
            r#static: Some(sealed_key),
            payload: Some(self.noise.encrypt(&key.certificate)?),
            ..Default::default()
        })
    }

    fn finish(mut self, message: &[u8]) -> anyhow::Result<(Vec<u8>, Ciphers)> {
        let message = HandshakeMessage::decode_from_slice(message)?;
        let finish = message.client_finish.into_option().context("no finish")?;
        let sealed = finish.r#static.context("no key")?;
        let client = array(Some(self.noise.decrypt(&sealed)?))?;
        let secret = self.ours.private_key.serialize();
        self.noise.mix_shared_secret(secret, &client)?;
        let payload = self.noise.decrypt(&finish.payload.context("no payload")?)?;
        Ok((payload, self.noise.finish()?))
    }
}

fn array(bytes: Option<Vec<u8>>) -> anyhow::Result<[u8; 32]> {
    let bytes = bytes.context("a key is missing")?;
    bytes.try_into().ok().context("a key of 32 bytes")
}

/// Encrypts stanzas, in their order.
pub(super) struct Writer {
    cipher: NoiseCipher,
    counter: u32,
}

impl Writer {
    pub(super) fn new(cipher: NoiseCipher) -> Self {
        Self { cipher, counter: 0 }
    }

    pub(super) fn frame(&mut self, stanza: &Node) -> anyhow::Result<Frame> {
        let plain = marshal(stanza)?;
        let sealed = self.cipher.encrypt_with_counter(self.counter, &plain)?;
        self.counter += 1;
        Ok(Frame::Binary(Bytes::from(encode_frame(&sealed, None)?)))
    }
}

/// Decrypts stanzas, in their order.
pub(super) struct Opener {
    cipher: NoiseCipher,
    counter: u32,
}

impl Opener {
    pub(super) fn new(cipher: NoiseCipher) -> Self {
        Self { cipher, counter: 0 }
    }

    pub(super) fn stanza(&mut self, mut frame: Vec<u8>) -> anyhow::Result<Node> {
        self.cipher
            .decrypt_in_place_with_counter(self.counter, &mut frame)?;
        self.counter += 1;
        let plain = unpack(&frame)?;
        Ok(unmarshal_ref(&plain)?.to_owned())
    }
}
