//! The requests that send messages, exactly as Meta takes them: one file per kind in `bodies/`.
//!
//! `HOOPOE_WRITE_EXPECTED=1 cargo test -p hoopoe-cloud-api` writes the files anew, for review.

use std::fs;
use std::path::Path;

use hoopoe_cloud_api::send::{
    Action, Audio, ButtonKind, Card, CardEmail, CardName, CardOrganisation, CardPhone, Component,
    Document, Envelope, Header, Interactive, Language, List, MediaRef, Outgoing, Parameter, Place,
    Reaction, Recipient, Reply, Row, Section, Sticker, Template, TextBody, UrlButton, VisualMedia,
};
use serde_json::Value;

pub fn to_phone(message: Outgoing) -> Envelope {
    Envelope {
        to: Recipient::Phone("4915112345678".to_owned()),
        context: None,
        callback: "msg_1/1".to_owned(),
        message,
    }
}

pub fn file() -> MediaRef {
    MediaRef::id("1234567890")
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "optional members are filled with it"
)]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub fn interactive(action: Action) -> Outgoing {
    Outgoing::Interactive(Box::new(Interactive {
        header: None,
        body: "What shall it be?".to_owned(),
        footer: None,
        action,
    }))
}

pub fn reply(id: &str, title: &str) -> Reply {
    Reply {
        id: id.to_owned(),
        title: title.to_owned(),
    }
}

pub fn row(id: &str, title: &str) -> Row {
    Row {
        id: id.to_owned(),
        title: title.to_owned(),
        description: None,
    }
}

pub fn template(components: Vec<Component>) -> Outgoing {
    Outgoing::Template(Box::new(Template {
        name: "order_update".to_owned(),
        language: Language {
            code: "en_US".to_owned(),
        },
        components,
    }))
}

fn with_header(header: Header) -> Outgoing {
    Outgoing::Interactive(Box::new(Interactive {
        header: Some(header),
        body: "Your invoice".to_owned(),
        footer: text("Fern & Co"),
        action: Action::Buttons(vec![reply("pay", "Pay now"), reply("later", "Later")]),
    }))
}

fn button(sub_type: ButtonKind, index: u8, parameter: Parameter) -> Component {
    Component::Button {
        sub_type,
        index,
        parameters: vec![parameter],
    }
}

fn media_messages() -> Vec<(&'static str, Outgoing)> {
    let document = Document {
        file: file(),
        caption: text("The invoice"),
        filename: text("Rechnung März.pdf"),
    };
    let linked = VisualMedia {
        file: MediaRef::Link("https://example.com/fern.jpg".to_owned()),
        caption: None,
    };
    let captioned = VisualMedia {
        file: file(),
        caption: text("A fern 🌿"),
    };
    let sound = |voice| {
        Outgoing::Audio(Audio {
            file: file(),
            voice,
        })
    };
    vec![
        ("image", Outgoing::Image(captioned.clone())),
        ("image_by_link", Outgoing::Image(linked)),
        ("video", Outgoing::Video(captioned)),
        ("audio", sound(false)),
        ("voice", sound(true)),
        ("document", Outgoing::Document(document)),
        ("sticker", Outgoing::Sticker(Sticker { file: file() })),
    ]
}

fn plain_messages() -> Vec<(&'static str, Outgoing)> {
    let card = Card {
        name: CardName::new("Barbara J. Johnson"),
        phones: vec![CardPhone {
            phone: "+1 (415) 555-0829".to_owned(),
            label: text("MOBILE"),
            wa_id: text("14155550829"),
        }],
        emails: vec![CardEmail {
            email: "bjohnson@example.com".to_owned(),
            label: None,
        }],
        organisation: Some(CardOrganisation {
            company: "Social Tsunami".to_owned(),
        }),
    };
    let with_preview = TextBody {
        body: "See https://example.com 👋".to_owned(),
        preview_url: true,
    };
    let reaction = |emoji: &str| {
        Outgoing::Reaction(Reaction {
            message_id: "wamid.HBgM".to_owned(),
            emoji: emoji.to_owned(),
        })
    };
    vec![
        ("text", Outgoing::text("Good morning")),
        ("text_with_preview", Outgoing::Text(with_preview)),
        (
            "location",
            Outgoing::Location(Place {
                latitude: 44.4363,
                longitude: 26.0907,
                name: text("Cișmigiu Gardens"),
                address: text("Bulevardul Regina Elisabeta, Bucharest"),
            }),
        ),
        ("contacts", Outgoing::Contacts(vec![card])),
        ("reaction", reaction("👍🏽")),
        ("reaction_removed", reaction("")),
    ]
}

fn interactive_messages() -> Vec<(&'static str, Outgoing)> {
    let document = Document {
        file: file(),
        caption: None,
        filename: text("invoice.pdf"),
    };
    let list = List {
        button: "Choose".to_owned(),
        sections: vec![
            Section {
                title: text("Morning"),
                rows: vec![Row {
                    description: text("with coffee"),
                    ..row("m9", "9 o'clock")
                }],
            },
            Section {
                title: text("Afternoon"),
                rows: vec![row("a2", "2 o'clock"), row("a4", "4 o'clock")],
            },
        ],
    };
    let link = UrlButton {
        title: "Track it".to_owned(),
        url: "https://example.com/track?id=1&lang=en".to_owned(),
    };
    vec![
        (
            "buttons",
            interactive(Action::Buttons(vec![reply("y", "Yes"), reply("n", "No")])),
        ),
        (
            "buttons_text_header",
            with_header(Header::Text("Order 12".to_owned())),
        ),
        ("buttons_image_header", with_header(Header::Image(file()))),
        ("buttons_video_header", with_header(Header::Video(file()))),
        (
            "buttons_document_header",
            with_header(Header::Document(document)),
        ),
        ("list", interactive(Action::List(list))),
        ("cta_url", interactive(Action::Url(link))),
        ("location_request", interactive(Action::LocationRequest)),
        ("contact_request", interactive(Action::ContactRequest)),
    ]
}

fn template_messages() -> Vec<(&'static str, Outgoing)> {
    let body = |parameters| Component::Body { parameters };
    let header = |parameter| Component::Header {
        parameters: vec![parameter],
    };
    let payload = Parameter::Payload {
        payload: "stop".to_owned(),
    };
    let coupon = Parameter::CouponCode {
        coupon_code: "FERN25".to_owned(),
    };
    let place = Parameter::Location {
        location: Place {
            latitude: 1.5,
            longitude: -2.0,
            name: text("Shop"),
            address: text("High Street 1"),
        },
    };
    let invoice = Parameter::Document {
        document: Document {
            file: file(),
            caption: None,
            filename: text("invoice.pdf"),
        },
    };
    vec![
        ("template", template(vec![])),
        (
            "template_positional",
            template(vec![body(vec![
                Parameter::text("Ana"),
                Parameter::text("#12"),
            ])]),
        ),
        (
            "template_named",
            template(vec![
                header(Parameter::text("Order #12")),
                body(vec![
                    Parameter::named("name", "Ana"),
                    Parameter::named("day", "Monday"),
                ]),
            ]),
        ),
        (
            "template_image",
            template(vec![header(Parameter::image(file()))]),
        ),
        (
            "template_video",
            template(vec![header(Parameter::video(file()))]),
        ),
        ("template_document", template(vec![header(invoice)])),
        ("template_location", template(vec![header(place)])),
        (
            "template_buttons",
            template(vec![
                button(ButtonKind::QuickReply, 0, payload),
                button(ButtonKind::Url, 1, Parameter::text("track/12")),
                button(ButtonKind::CopyCode, 2, coupon),
            ]),
        ),
    ]
}

/// Every kind of message, by name.
pub fn all() -> Vec<(&'static str, Envelope)> {
    let messages = [
        plain_messages(),
        media_messages(),
        interactive_messages(),
        template_messages(),
    ];
    let mut all: Vec<(&'static str, Envelope)> = messages
        .into_iter()
        .flatten()
        .map(|(name, message)| (name, to_phone(message)))
        .collect();
    let hello = || to_phone(Outgoing::text("Hello"));
    all.push((
        "to_user_id_quoting",
        Envelope {
            to: Recipient::Bsuid("US.13491208655302741918".to_owned()),
            context: text("wamid.HBgL"),
            ..hello()
        },
    ));
    all.push((
        "to_group",
        Envelope {
            to: Recipient::Group("Y2FwaV9ncm91cDox".to_owned()),
            ..hello()
        },
    ));
    all
}

#[test]
fn every_kind_is_written_as_meta_takes_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bodies");
    let rewrite = std::env::var_os("HOOPOE_WRITE_EXPECTED").is_some();
    for (name, envelope) in all() {
        let found: Value = serde_json::from_slice(&envelope.to_body().unwrap()).unwrap();
        let path = folder.join(format!("{name}.json"));
        if rewrite {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
        }
        let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_kind_keeps_the_limits_and_can_wait_in_a_database() {
    for (name, envelope) in all() {
        assert_eq!(envelope.check(), Ok(()), "{name}");
        let stored = serde_json::to_string(&envelope).unwrap();
        let read: Envelope = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, envelope, "{name}: {stored}");
    }
}
