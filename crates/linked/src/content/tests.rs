//! Whatever strangers send is taken in without harm, and comes out in bounds.

use proptest::{collection::vec, prelude::*};
use whatsapp_rust::{
    Jid,
    buffa::{Message as _, MessageField},
    waproto::whatsapp::{Message, message::FutureProofMessage},
};

use super::{Content, Scope, Shown, bounds, read};
use crate::person::Me;

/// A field of a protobuf message.
#[derive(Debug, Clone)]
enum Field {
    Number(u32, u64),
    Fixed(u32, u64),
    Text(u32, String),
    Nested(u32, Vec<Field>),
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

fn encode(fields: &[Field], out: &mut Vec<u8>) {
    for field in fields {
        match field {
            Field::Number(number, value) => {
                varint(u64::from(*number) << 3, out);
                varint(*value, out);
            }
            Field::Fixed(number, value) => {
                varint(u64::from(*number) << 3 | 1, out);
                out.extend(value.to_le_bytes());
            }
            Field::Text(number, text) => {
                varint(u64::from(*number) << 3 | 2, out);
                varint(u64::try_from(text.len()).unwrap(), out);
                out.extend(text.bytes());
            }
            Field::Nested(number, fields) => {
                let mut inner = Vec::new();
                encode(fields, &mut inner);
                varint(u64::from(*number) << 3 | 2, out);
                varint(u64::try_from(inner.len()).unwrap(), out);
                out.extend(inner);
            }
        }
    }
}

/// Messages within messages, by the numbers that the protocol uses.
fn fields() -> impl Strategy<Value = Vec<Field>> {
    let text = prop_oneof![
        "[ -~]{0,40}",
        "\\PC{0,10}",
        Just("\0".to_owned()),
        Just("1@s.whatsapp.net".to_owned())
    ];
    let leaf = prop_oneof![
        (1..128_u32, any::<u64>()).prop_map(|(number, value)| Field::Number(number, value)),
        (1..30_u32, any::<u64>()).prop_map(|(number, value)| Field::Fixed(number, value)),
        (1..30_u32, text).prop_map(|(number, text)| Field::Text(number, text)),
    ];
    let field = leaf.clone().prop_recursive(5, 40, 6, |inner| {
        (1..128_u32, vec(inner, 0..6)).prop_map(|(number, fields)| Field::Nested(number, fields))
    });
    // Most of a message's own fields are messages again.
    let own =
        (1..128_u32, vec(field, 0..8)).prop_map(|(number, fields)| Field::Nested(number, fields));
    vec(prop_oneof![4 => own, 1 => leaf], 1..4)
}

fn check(shown: &Shown) {
    let text = shown.text.as_deref().unwrap_or_default();
    assert!(text.chars().count() <= bounds::TEXT + bounds::OPTIONS * (bounds::LINE + 3));
    let content = shown.content.to_string();
    assert!(
        content.len() < 4 * 1024 * 1024 && !content.contains("\\u0000") && !text.contains('\0')
    );
    let reference = shown.media.as_ref().map(|media| media.reference.len());
    assert!(reference.is_none_or(|length| length <= 4096));
    assert!(
        shown
            .quoted
            .as_ref()
            .is_none_or(|quoted| quoted.id.len() <= bounds::ID)
    );
}

fn look(message: &Message) -> Option<Content> {
    let me = Me {
        phone: "4930901820:1@s.whatsapp.net".parse().ok(),
        lid: None,
    };
    let chat: Jid = "40721000001@s.whatsapp.net".parse().unwrap();
    let scope = Scope {
        me: &me,
        chat: &chat,
        sender: &chat,
        from_me: false,
        id: "A",
    };
    read(&scope, message)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_message_is_taken_in_and_bounded(fields in fields()) {
        let mut bytes = Vec::new();
        encode(&fields, &mut bytes);
        if let Ok(message) = Message::decode_from_slice(&bytes) {
            match look(&message) {
                Some(Content::Shown(shown)) => check(&shown),
                Some(Content::Edit { now, .. }) => check(&now),
                _ => {}
            }
        }
    }

    #[test]
    fn any_bytes_are_taken_in(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(message) = Message::decode_from_slice(&bytes) {
            look(&message);
        }
    }
}

#[test]
fn wrappers_are_opened_to_a_depth() {
    let mut message = Message {
        conversation: Some("within".into()),
        ..Default::default()
    };
    for depth in 1..=12 {
        let wrapper = FutureProofMessage {
            message: MessageField::some(message),
        };
        message = Message {
            ephemeral_message: MessageField::some(wrapper),
            ..Default::default()
        };
        let Some(Content::Shown(shown)) = look(&message) else {
            panic!("nothing shown")
        };
        assert_eq!(shown.text.is_some(), depth <= bounds::DEPTH, "{depth}");
    }
}

#[test]
fn long_things_are_cut() {
    let message = Message {
        conversation: Some("ä".repeat(100_000)),
        ..Default::default()
    };
    let Some(Content::Shown(shown)) = look(&message) else {
        panic!("nothing shown")
    };
    assert_eq!(shown.text.unwrap().chars().count(), bounds::TEXT);
}
