//! What surrounds a message: what it answers, whether it was forwarded, and the advertisement that led to it. Pure; used by `content`.

use serde_json::json;
use whatsapp_rust::{
    Jid,
    waproto::whatsapp::{ContextInfo, Message, context_info::ExternalAdReplyInfo},
};

use super::{Scope, Shown, Target, bounds};
use crate::Person;

/// Adds it to what is shown.
pub(super) fn apply(scope: &Scope<'_>, message: &Message, shown: &mut Shown) {
    let Some(context) = of(message) else {
        return;
    };
    shown.forwarded = context.is_forwarded == Some(true);
    shown.quoted = quoted(scope, context);
    if let Some(ad) = context.external_ad_reply.as_option() {
        advertise(ad, shown);
    }
}

/// The context is a field of each kind of message.
fn of(message: &Message) -> Option<&ContextInfo> {
    macro_rules! first {
        ($($field:ident),+ $(,)?) => {
            None$(.or_else(|| message.$field.as_option().and_then(|inner| inner.context_info.as_option())))+
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
        poll_creation_message_v6,
        buttons_response_message,
        list_response_message,
        template_button_reply_message,
        interactive_response_message,
        buttons_message,
        list_message,
        interactive_message,
        template_message,
        group_invite_message,
        event_message,
        product_message,
        order_message,
    )
}

/// Answers to somebody's status quote what is in no chat; they are shown without.
fn quoted(scope: &Scope<'_>, context: &ContextInfo) -> Option<Target> {
    let elsewhere = context.remote_jid.as_ref();
    if elsewhere.is_some_and(|chat| *chat != scope.chat.to_non_ad().to_string()) {
        return None;
    }
    let id = bounds::id(context.stanza_id.as_ref()?)?;
    let author: Option<Jid> = context
        .participant
        .as_ref()
        .and_then(|jid| jid.parse().ok());
    let ours = author.as_ref().is_some_and(|author| scope.me.is(author));
    Some(Target {
        id,
        ours,
        author: if ours {
            Person::default()
        } else {
            Person::of(&author)
        },
    })
}

/// As the Cloud API tells of it.
fn advertise(ad: &ExternalAdReplyInfo, shown: &mut Shown) {
    let Some(url) = bounds::optional_line(ad.source_url.as_ref()) else {
        return;
    };
    let line = |words: &Option<String>| bounds::optional_line(words.as_ref());
    let referral = json!({
        "source_url": url,
        "source_type": line(&ad.source_type),
        "source_id": line(&ad.source_id),
        "headline": line(&ad.title),
        "body": line(&ad.body),
        "ctwa_clid": line(&ad.ctwa_clid),
    });
    shown.mark("referral", referral);
}
