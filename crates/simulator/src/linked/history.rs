//! The past that a phone shares with its companions, and whom it has in its address book. Called by the mock's public functions.

use whatsapp_rust::{
    buffa::{Message as _, MessageField},
    wacore::download::MediaType,
    waproto::whatsapp::{
        HistorySync, Message,
        message::{HistorySyncNotification, HistorySyncType, ProtocolMessage, protocol_message},
    },
};

use super::{
    files,
    phones::{self, Letter},
    state::State,
};

/// The longest stretch that zlib takes as it is.
const STORED: usize = 65_535;

/// A phone shares a piece of its past with its companions: within the message, or as a file.
pub(super) fn share(
    state: &mut State,
    number: &str,
    history: &HistorySync,
    inline: bool,
) -> anyhow::Result<()> {
    let packed = zlib(&history.encode_to_vec())?;
    let mut notice = HistorySyncNotification {
        sync_type: Some(HistorySyncType::RECENT),
        chunk_order: history.chunk_order,
        progress: history.progress,
        ..Default::default()
    };
    if inline {
        notice.initial_hist_bootstrap_inline_payload = Some(packed);
    } else {
        let stored = files::put(state, MediaType::History, &packed)?;
        notice.direct_path = Some(stored.path);
        notice.media_key = Some(stored.sealed.media_key.to_vec());
        notice.file_sha256 = Some(stored.sealed.file_sha256.to_vec());
        notice.file_enc_sha256 = Some(stored.sealed.file_enc_sha256.to_vec());
        notice.file_length = Some(stored.size);
    }
    let told = Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(protocol_message::Type::HISTORY_SYNC_NOTIFICATION),
            history_sync_notification: MessageField::some(notice),
            ..Default::default()
        }),
        ..Default::default()
    };
    let id = format!("HISTORY{}", state.next());
    phones::send(state, &Letter::new(number, number, &id), &told)
}

/// The zlib format (RFC 1950) without any compression: all that has to be done here is to be readable.
fn zlib(plain: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packed = vec![0x78, 0x01];
    let mut chunks = plain.chunks(STORED).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(chunk.len())?;
        packed.push(u8::from(chunks.peek().is_none()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(chunk);
    }
    packed.extend(adler32(plain).to_be_bytes());
    Ok(packed)
}

fn adler32(plain: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (low, high) = plain.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    high << 16 | low
}
