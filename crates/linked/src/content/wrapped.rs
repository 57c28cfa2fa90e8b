//! Messages within messages: what is ephemeral, seen once, edited or sent by another device of ours comes wrapped. Pure; used by `content`.

use whatsapp_rust::{
    buffa::MessageField,
    waproto::whatsapp::{Message, message::FutureProofMessage},
};

use super::bounds::DEPTH;

/// A message without what it was wrapped in.
pub(super) struct Wrapped<'a> {
    pub message: &'a Message,
    /// Whether it may be looked at once only.
    pub view_once: bool,
}

impl<'a> Wrapped<'a> {
    pub(super) fn open(message: &'a Message) -> Self {
        let mut wrapped = Self {
            message,
            view_once: false,
        };
        for _ in 0..DEPTH {
            let once = once(wrapped.message);
            let Some(inner) = once.or_else(|| other(wrapped.message)) else {
                break;
            };
            wrapped.view_once |= once.is_some();
            wrapped.message = inner;
        }
        wrapped.view_once |= is_once(wrapped.message);
        wrapped
    }
}

fn inner(wrapper: &MessageField<FutureProofMessage>) -> Option<&Message> {
    wrapper.as_option()?.message.as_option()
}

fn once(message: &Message) -> Option<&Message> {
    inner(&message.view_once_message)
        .or_else(|| inner(&message.view_once_message_v2))
        .or_else(|| inner(&message.view_once_message_v2_extension))
}

fn other(message: &Message) -> Option<&Message> {
    let sent = message.device_sent_message.as_option();
    sent.and_then(|sent| sent.message.as_option())
        .or_else(|| inner(&message.ephemeral_message))
        .or_else(|| inner(&message.document_with_caption_message))
        .or_else(|| inner(&message.edited_message))
        .or_else(|| inner(&message.group_mentioned_message))
        .or_else(|| inner(&message.bot_invoke_message))
        .or_else(|| inner(&message.lottie_sticker_message))
        .or_else(|| inner(&message.associated_child_message))
        .or_else(|| inner(&message.poll_creation_message_v4))
        .or_else(|| inner(&message.bot_forwarded_message))
        .or_else(|| inner(&message.question_message))
        .or_else(|| inner(&message.question_reply_message))
        .or_else(|| inner(&message.spoiler_message))
}

/// Newer apps mark the file instead of wrapping it.
fn is_once(message: &Message) -> bool {
    let image = message.image_message.as_option();
    let video = message.video_message.as_option();
    let audio = message.audio_message.as_option();
    image.and_then(|image| image.view_once).unwrap_or(false)
        || video.and_then(|video| video.view_once).unwrap_or(false)
        || audio.and_then(|audio| audio.view_once).unwrap_or(false)
}
