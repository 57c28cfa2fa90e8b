//! What WhatsApp refuses is refused before it is stored: the field, and the reason in words.

use hoopoe_cloud_api::send::{
    ButtonKind, Card, CardName, CardPhone, Component, Document, Envelope, MediaKind, MediaRef,
    Outgoing, Parameter, Place, Reaction, Recipient, Template, VisualMedia, upload_mime,
};

use crate::bodies::{file, template, to_phone};

pub fn long(length: usize) -> String {
    "ü".repeat(length)
}

#[track_caller]
pub fn refused(message: Outgoing, field: &str, reason: &str) {
    let invalid = message.check().unwrap_err();
    assert_eq!(
        (invalid.field.as_str(), invalid.reason.as_str()),
        (field, reason)
    );
}

#[track_caller]
pub fn taken(message: Outgoing) {
    assert_eq!(message.check(), Ok(()));
}

#[test]
fn text_has_up_to_4096_characters() {
    taken(Outgoing::text(long(4096)));
    let reason = "must be at most 4096 characters long; it has 4097";
    refused(Outgoing::text(long(4097)), "text.body", reason);
    refused(Outgoing::text(" \n "), "text.body", "must not be empty");
}

#[test]
fn captions_and_file_names_have_limits() {
    let image = |caption: String| {
        Outgoing::Image(VisualMedia {
            file: file(),
            caption: Some(caption),
        })
    };
    taken(image(long(1024)));
    let reason = "must be at most 1024 characters long; it has 1025";
    refused(image(long(1025)), "media.caption", reason);
    let document = |filename: &str| {
        Outgoing::Document(Document {
            file: file(),
            caption: None,
            filename: Some(filename.to_owned()),
        })
    };
    taken(document("Rechnung März.pdf"));
    let reason = "must be a file name without slashes and line breaks";
    refused(document("a/b.pdf"), "media.filename", reason);
    refused(document("a\nb.pdf"), "media.filename", reason);
    let linked = Outgoing::Video(VisualMedia {
        file: MediaRef::Link("ftp://example.com/a.mp4".to_owned()),
        caption: None,
    });
    let reason = "must be a web address that begins with https:// or http://";
    refused(linked, "media", reason);
}

#[test]
fn places_are_on_earth() {
    let place = |latitude, longitude| {
        Outgoing::Location(Place {
            latitude,
            longitude,
            ..Place::default()
        })
    };
    taken(place(-90.0, 180.0));
    let reason = "must be between -90 and 90 degrees";
    refused(place(90.1, 0.0), "location.latitude", reason);
    refused(place(f64::NAN, 0.0), "location.latitude", reason);
    let reason = "must be between -180 and 180 degrees";
    refused(place(0.0, f64::INFINITY), "location.longitude", reason);
}

#[test]
fn cards_have_names_and_numbers() {
    let card = |name: &str, phone: &str, wa_id: Option<&str>| Card {
        name: CardName::new(name),
        phones: vec![CardPhone {
            phone: phone.to_owned(),
            label: None,
            wa_id: wa_id.map(str::to_owned),
        }],
        ..Card::default()
    };
    taken(Outgoing::Contacts(vec![card("Ben", "+1", Some("1"))]));
    refused(
        Outgoing::Contacts(vec![]),
        "contacts",
        "must have 1 to 257 cards; it has 0",
    );
    refused(
        Outgoing::Contacts(vec![card(" ", "+1", None)]),
        "contacts.0.name",
        "must not be empty",
    );
    refused(
        Outgoing::Contacts(vec![card("Ben", "+1", None), card("Ana", "", None)]),
        "contacts.1.phones.0.phone",
        "must not be empty",
    );
    refused(
        Outgoing::Contacts(vec![card("Ben", "+1", Some("+1"))]),
        "contacts.0.phones.0.wa_id",
        "must be the number's digits",
    );
}

#[test]
fn a_reaction_is_one_emoji_or_none() {
    let reaction = |emoji: &str| {
        Outgoing::Reaction(Reaction {
            message_id: "wamid.1".to_owned(),
            emoji: emoji.to_owned(),
        })
    };
    for emoji in ["", "👍", "❤️", "1️⃣", "ℹ️", "🇷🇴", "👩🏽‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧‍👦"]
    {
        assert_eq!(reaction(emoji).check(), Ok(()), "{emoji}");
    }
    for emoji in ["a", "ok 👍", "ü", "日", ":)", "👍 ", &"👍".repeat(17)] {
        assert!(reaction(emoji).check().is_err(), "{emoji}");
    }
}

#[test]
fn template_values_fit_into_a_template() {
    let body = |parameters| template(vec![Component::Body { parameters }]);
    let named = |name: &str| Parameter::named(name, "x");
    taken(body(vec![named("a"), named("b")]));
    let reason = "must not be given twice";
    refused(
        body(vec![named("a"), named("a")]),
        "template.parameters.body.a",
        reason,
    );
    let mixed = vec![named("a"), Parameter::text("x")];
    let reason = "must be all named or all without a name";
    refused(body(mixed), "template.parameters.body", reason);
    let reason = "must not have line breaks, tabs or more than four blanks in a row";
    for text in ["a\nb", "a\tb", "a     b"] {
        let parameters = vec![Parameter::text("ok"), Parameter::text(text)];
        refused(body(parameters), "template.parameters.body.1", reason);
    }
    let picture = vec![Parameter::image(file())];
    refused(
        body(picture),
        "template.parameters.body.0",
        "must be a text",
    );
    let header = |parameters| template(vec![Component::Header { parameters }]);
    refused(
        header(vec![]),
        "template.parameters.header",
        "must have one value",
    );
    let button = |index, parameter| {
        let button = Component::Button {
            sub_type: ButtonKind::CopyCode,
            index,
            parameters: vec![parameter],
        };
        template(vec![button])
    };
    let code = |code: &str| Parameter::CouponCode {
        coupon_code: code.to_owned(),
    };
    taken(button(9, code("FERN25")));
    let reason = "does not exist: a template has at most 10";
    refused(
        button(10, code("FERN25")),
        "template.parameters.buttons.10",
        reason,
    );
    let reason = "must be at most 15 characters long; it has 16";
    refused(
        button(0, code(&long(16))),
        "template.parameters.buttons.0",
        reason,
    );
}

#[test]
fn templates_are_named_in_small_letters() {
    let named = |name: &str, code: &str| {
        let mut template = Template::default();
        name.clone_into(&mut template.name);
        code.clone_into(&mut template.language.code);
        Outgoing::Template(Box::new(template))
    };
    taken(named("order_update_2", "pt_BR"));
    let reason = "must consist of small letters, digits and underscores";
    refused(named("Order", "en"), "template.name", reason);
    let reason = "must be a language code such as en_US";
    refused(named("order", "en-US"), "template.language", reason);
    refused(named("order", ""), "template.language", reason);
}

#[test]
fn recipients_are_what_they_are_said_to_be() {
    for to in [
        Recipient::Phone("+49151".to_owned()),
        Recipient::Phone("US.1".to_owned()),
        Recipient::Bsuid("4915112345678".to_owned()),
        Recipient::Bsuid(String::new()),
        Recipient::Group(" ".to_owned()),
    ] {
        assert_eq!(to.check().unwrap_err().field, "to", "{to:?}");
    }
    let chatty = Envelope {
        callback: long(513),
        ..to_phone(Outgoing::text("x"))
    };
    assert_eq!(chatty.check().unwrap_err().field, "callback");
}

#[test]
fn files_keep_metas_table() {
    const MB: u64 = 1024 * 1024;
    for (kind, mime, bytes, is_taken) in [
        (MediaKind::Image, "image/jpeg", 5 * MB, true),
        (MediaKind::Image, "IMAGE/PNG", 5 * MB + 1, false),
        (MediaKind::Image, "image/webp", 1, false),
        (MediaKind::Image, "image/heic", 1, false),
        (MediaKind::Video, "video/mp4", 16 * MB, true),
        (MediaKind::Video, "video/webm", 1, false),
        (MediaKind::Audio, "audio/mpeg", 16 * MB, true),
        (MediaKind::Audio, "audio/wav", 1, false),
        (MediaKind::Voice, "audio/ogg; codecs=opus", 1, true),
        (MediaKind::Voice, "audio/mpeg", 1, false),
        (
            MediaKind::Document,
            "application/x-anything",
            100 * MB,
            true,
        ),
        (MediaKind::Document, "application/pdf", 100 * MB + 1, false),
        (MediaKind::Sticker, "image/webp", 100 * 1024, true),
        (MediaKind::Sticker, "image/webp", 100 * 1024 + 1, false),
        (MediaKind::AnimatedSticker, "image/webp", 500 * 1024, true),
        (MediaKind::Document, "application/pdf", 0, false),
    ] {
        let answer = kind.rule().check(mime, bytes);
        assert_eq!(
            answer.is_ok(),
            is_taken,
            "{kind:?} {mime} {bytes}: {answer:?}"
        );
    }
    let heic = MediaKind::Image.rule().check("image/heic", 1).unwrap_err();
    assert_eq!(
        heic.to_string(),
        "media of type image/heic cannot be sent as image: WhatsApp takes image/jpeg, image/png"
    );
    let large = MediaKind::Sticker
        .rule()
        .check("image/webp", MB)
        .unwrap_err();
    assert_eq!(
        large.to_string(),
        "media is too large to be sent as sticker: at most 100 KB"
    );
    assert_eq!(
        MediaKind::for_mime("video/mp4; codecs=avc1"),
        MediaKind::Video
    );
    assert_eq!(MediaKind::for_mime("image/webp"), MediaKind::Document);
    assert_eq!(upload_mime("audio/ogg; codecs=opus"), "audio/ogg");
    assert_eq!(
        upload_mime("application/x-anything"),
        "application/octet-stream"
    );
}
