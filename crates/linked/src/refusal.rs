//! Why WhatsApp refused a message, in words. Pure; used by `news` and `handle`.

use whatsapp_rust::wacore::types::events::ServerAck;

/// Nobody knows this code.
const NO_CODE: u16 = 0;

/// Code and reason, where the acknowledgement of a message is a refusal.
pub(crate) fn of(ack: &ServerAck) -> Option<(u16, String)> {
    let code = ack.error.as_ref()?;
    let code = code.parse().unwrap_or(NO_CODE);
    Some((code, reason(code)))
}

/// What a code means, as far as is known: none of them is documented.
pub(crate) fn reason(code: u16) -> String {
    let words = match code {
        401 | 403 => "WhatsApp does not let this account write here.",
        404 => "There is no such chat, or this number is not on WhatsApp.",
        420 | 421 => "The chat has changed meanwhile. Try again.",
        429 => "WhatsApp asks to write more slowly. Try again later.",
        463 => {
            "WhatsApp does not let this account begin new chats at present: it wrote to too many people who had not written first. \
             Answering works. Wait a day, and write from the phone."
        }
        500..=599 => "WhatsApp is not available just now. Try again.",
        _ => return format!("WhatsApp refused the message (code {code})."),
    };
    words.to_owned()
}
