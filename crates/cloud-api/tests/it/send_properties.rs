//! What holds for any message of ours: the check never panics, and what it lets pass is within the limits on the wire.

use hoopoe_cloud_api::send::{
    Action, Component, Envelope, Header, Interactive, Language, List, MediaRef, Outgoing,
    Parameter, Place, Reaction, Recipient, Reply, Row, Section, Template, TextBody, UrlButton,
    VisualMedia,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// Words around the limits: mostly short, sometimes too long, sometimes blank, in any script.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "\\PC{1,12}",
        2 => any::<String>(),
        1 => "[a-zü🌿 ]{18,30}",
        1 => (50_usize..5000).prop_map(|length| "é".repeat(length)),
        1 => Just(String::new()),
    ]
}

fn file() -> impl Strategy<Value = MediaRef> {
    prop_oneof![
        words().prop_map(MediaRef::Id),
        words().prop_map(MediaRef::Link),
        "https://[a-z]{1,9}\\.example/[a-z]{0,9}".prop_map(MediaRef::Link),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let row = (words(), words(), option::of(words())).prop_map(|(id, title, description)| Row {
        id,
        title,
        description,
    });
    let section =
        (option::of(words()), vec(row, 0..5)).prop_map(|(title, rows)| Section { title, rows });
    prop_oneof![
        vec(
            (words(), words()).prop_map(|(id, title)| Reply { id, title }),
            0..5
        )
        .prop_map(Action::Buttons),
        (words(), vec(section, 0..4))
            .prop_map(|(button, sections)| Action::List(List { button, sections })),
        (words(), words()).prop_map(|(title, url)| Action::Url(UrlButton { title, url })),
        Just(Action::LocationRequest),
        Just(Action::ContactRequest),
    ]
}

fn interactive() -> impl Strategy<Value = Outgoing> {
    let header = prop_oneof![
        words().prop_map(Header::Text),
        file().prop_map(Header::Image)
    ];
    (option::of(header), words(), option::of(words()), action()).prop_map(
        |(header, body, footer, action)| {
            Outgoing::Interactive(Box::new(Interactive {
                header,
                body,
                footer,
                action,
            }))
        },
    )
}

fn template() -> impl Strategy<Value = Outgoing> {
    let parameter = prop_oneof![
        words().prop_map(Parameter::text),
        (words(), words()).prop_map(|(name, text)| Parameter::named(name, text)),
        file().prop_map(Parameter::image),
    ];
    let component = prop_oneof![
        vec(parameter.clone(), 0..3).prop_map(|parameters| Component::Header { parameters }),
        vec(parameter, 0..4).prop_map(|parameters| Component::Body { parameters }),
    ];
    ("[a-z_]{0,9}", "(en|en_US|e|)", vec(component, 0..4)).prop_map(|(name, code, components)| {
        Outgoing::Template(Box::new(Template {
            name,
            language: Language { code },
            components,
        }))
    })
}

fn eighths(number: f64) -> f64 {
    (number * 8.0).round() / 8.0
}

fn any_message() -> impl Strategy<Value = Outgoing> {
    let text = (words(), any::<bool>())
        .prop_map(|(body, preview_url)| Outgoing::Text(TextBody { body, preview_url }));
    let image = (file(), option::of(words()))
        .prop_map(|(file, caption)| Outgoing::Image(VisualMedia { file, caption }));
    // Eighths survive being written and read; the last digit of other numbers need not.
    let place = (
        any::<f64>().prop_map(eighths),
        (-200.0..200.0).prop_map(eighths),
        option::of(words()),
    )
        .prop_map(|(latitude, longitude, name)| {
            Outgoing::Location(Place {
                latitude,
                longitude,
                name,
                address: None,
            })
        });
    let reaction = (words(), prop_oneof![words(), "(👍|❤️|)"])
        .prop_map(|(message_id, emoji)| Outgoing::Reaction(Reaction { message_id, emoji }));
    prop_oneof![text, image, place, reaction, interactive(), template()]
}

fn any_envelope() -> impl Strategy<Value = Envelope> {
    let to = prop_oneof![
        "[0-9]{4,16}".prop_map(Recipient::Phone),
        "[A-Z]{2}\\.[0-9]{1,20}".prop_map(Recipient::Bsuid),
        words().prop_map(Recipient::Phone),
    ];
    (to, option::of(words()), words(), any_message()).prop_map(
        |(to, context, callback, message)| Envelope {
            to,
            context,
            callback,
            message,
        },
    )
}

/// The longest text anywhere under a member of this name.
fn longest(value: &Value, name: &str) -> usize {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| match member {
                Value::String(text) if key == name => text.chars().count(),
                other => longest(other, name),
            })
            .max()
            .unwrap_or(0),
        Value::Array(items) => items
            .iter()
            .map(|item| longest(item, name))
            .max()
            .unwrap_or(0),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_passes_the_check_is_within_the_limits(envelope in any_envelope()) {
        let verdict = envelope.check();
        let bytes = envelope.to_body().unwrap();
        if let Err(invalid) = verdict {
            prop_assert!(!invalid.field.is_empty() && !invalid.reason.is_empty());
            return Ok(());
        }
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(body["messaging_product"].as_str(), Some("whatsapp"));
        let kind = body["type"].as_str().unwrap();
        prop_assert!(body[kind].is_object(), "{}", body);
        prop_assert!(body["to"].is_string() != body["recipient"].is_string());
        for (member, most) in [("title", 24), ("description", 72), ("caption", 1024), ("display_text", 20), ("button", 20),
            ("biz_opaque_callback_data", 512), ("url", 2000)] {
            prop_assert!(longest(&body, member) <= most, "{}: {}", member, body);
        }
        prop_assert!(longest(&body["text"], "body") <= 4096);
        prop_assert!(longest(&body["interactive"]["footer"], "text") <= 60);
        prop_assert!(longest(&body["interactive"]["header"], "text") <= 60);
        let latitude = body["location"]["latitude"].as_f64().unwrap_or(0.0);
        prop_assert!(latitude.abs() <= 90.0);
        let stored = serde_json::to_string(&envelope).unwrap();
        let read: Envelope = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read, envelope);
    }
}
