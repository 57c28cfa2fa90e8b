//! What a phone's owner is shown while an account is being linked, and which of the client's words mean that nothing comes of it. Pure; used by `session`.

use hoopoe_db::{Millis, normalize_phone};
use whatsapp_rust::{Jid, wacore::types::events::Event};

use crate::Offer;

/// How an account is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The phone scans a code.
    Qr,
    /// A code is typed into the phone with this number (digits only).
    Code(String),
}

impl Way {
    /// What an event asks the phone's owner to do.
    pub(crate) fn offer(&self, event: &Event, now: Millis) -> Option<Offer> {
        let until = |timeout: std::time::Duration| {
            now.saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX))
        };
        match (self, event) {
            (Self::Qr, Event::PairingQrCode(qr)) => Some(Offer::Qr {
                code: qr.code.clone(),
                until: until(qr.timeout),
            }),
            // The client offers QR codes beside: who asked for a code to type is not shown another.
            (Self::Code(_), Event::PairingCode(code)) => Some(Offer::Code {
                code: code.code.clone(),
                until: until(code.timeout),
            }),
            _ => None,
        }
    }

    /// Why nothing comes of it, in words, where an event says so.
    pub(crate) fn failure(&self, event: &Event) -> Option<String> {
        match event {
            Event::PairingQrCodesExhausted(_) if *self == Self::Qr => Some(
                "Nobody scanned the QR code in time. Start again when the phone is at hand."
                    .to_owned(),
            ),
            Event::PairError(error) => {
                Some(format!("The phone could not be linked: {}.", error.error))
            }
            Event::PairPasskeyError(_) => Some("The phone's passkey was not accepted.".to_owned()),
            Event::PairingCodeError(error) => Some(format!(
                "WhatsApp gave no code for this number: {}.",
                error.error
            )),
            Event::QrScannedWithoutMultidevice(_) => Some(
                "The phone's WhatsApp is too old to link devices. Update it, then start again."
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// A phone's number as E.164.
pub(crate) fn phone_of(jid: &Jid) -> String {
    let number = format!("+{}", jid.user);
    normalize_phone(&number).unwrap_or(number)
}
