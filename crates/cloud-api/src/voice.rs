//! Voice notes: what browsers record is put into the wrapping that WhatsApp takes.
//!
//! Chromium records Opus into WebM, WhatsApp plays Opus in OGG. The sound is the same, so nothing is encoded anew: the packets
//! are taken out of the one (RFC 8794, Matroska) and put into the other (RFC 3533, RFC 7845). Called by the server's
//! uploads. Pure; time and memory grow with the input and with nothing that the input claims.

#![allow(clippy::doc_markdown, reason = "WebM is a word, not code")]

mod ogg;
mod opus;
mod webm;

use thiserror::Error;

/// A voice note as WhatsApp takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OggVoice {
    /// The file, `audio/ogg; codecs=opus`.
    pub bytes: Vec<u8>,
    /// How long it plays, in milliseconds.
    pub duration_ms: u64,
}

/// Why a recording cannot be made a voice note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VoiceError {
    /// Not WebM.
    #[error("the recording is not a WebM file")]
    NotWebm,
    /// WebM, but with pictures.
    #[error("the recording has a picture")]
    HasVideo,
    /// WebM, but no Opus in it.
    #[error("the recording is not encoded with Opus")]
    NotOpus,
    /// Opus, but not for one or two loudspeakers.
    #[error("the recording has more than two channels")]
    TooManyChannels,
    /// Nothing to hear.
    #[error("the recording is empty")]
    Empty,
    /// It contradicts itself.
    #[error("the recording is damaged")]
    Damaged,
}

/// WebM/Opus as OGG/Opus. A file that breaks off is taken as far as it goes.
pub fn webm_opus_to_ogg(webm: &[u8]) -> Result<OggVoice, VoiceError> {
    let recording = webm::read(webm)?;
    let head = opus::Head::of(&recording.track)?;
    let mut file = ogg::Writer::new(&head.bytes);
    for packet in &recording.packets {
        file.push(packet, opus::samples(packet).ok_or(VoiceError::Damaged)?);
    }
    let unheard = u64::from(head.pre_skip);
    let played = file
        .samples()
        .saturating_sub(recording.discarded_samples)
        .saturating_sub(unheard);
    if played == 0 {
        return Err(VoiceError::Empty);
    }
    Ok(OggVoice {
        bytes: file.finish(played + unheard),
        duration_ms: opus::milliseconds(played),
    })
}

/// How long an OGG/Opus file plays, in milliseconds; `None` if it is not one.
pub fn ogg_opus_duration_ms(ogg: &[u8]) -> Option<u64> {
    ogg::duration_ms(ogg)
}
