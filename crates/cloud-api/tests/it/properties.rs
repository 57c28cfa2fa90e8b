//! What holds for any input: nothing panics, nothing gets lost, everything replays.

use hoopoe_cloud_api::UpdateKind;
use hoopoe_cloud_api::webhook::parse;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures;

/// Any JSON, with a liking for the keys and values that mean something.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just(String::new()),
        "(text|image|system|edit|revoke|unsupported|group|messages|history|US\\.1|1749416383)",
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let key = prop_oneof![
        "(object|entry|changes|field|value|metadata|contacts|messages|statuses|message_echoes|history|threads)",
        "(id|from|from_user_id|timestamp|type|text|image|system|edit|message|reaction|errors|context|wa_id|user_id)",
        any::<String>(),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(key.clone(), inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// A delivery with anything where updates stand.
fn any_delivery() -> impl Strategy<Value = Value> {
    let field = "(messages|history|smb_message_echoes|smb_app_state_sync|user_id_update|user_preferences|calls|other)";
    let list = "(messages|statuses|message_echoes|user_id_update|user_preferences|history|state_sync|user_actions|errors)";
    let change = (
        field,
        btree_map(list, vec(any_json(), 0..4), 0..3),
        any_json(),
    )
        .prop_map(|(field, lists, contacts)| {
            let mut value = json!({"metadata": {"phone_number_id": "1"}, "contacts": contacts});
            for (key, items) in lists {
                value[key] = items.into();
            }
            json!({"field": field, "value": value})
        });
    vec(vec(change, 0..3), 0..3).prop_map(|entries| {
        let entry: Vec<Value> = entries
            .into_iter()
            .map(|changes| json!({"id": "1", "changes": changes}))
            .collect();
        json!({"object": "whatsapp_business_account", "entry": entry})
    })
}

/// Messages and statuses that are valid, whatever they say.
fn valid_batch() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let message = (any::<String>(), "[1-9][0-9]{6,14}", 1_i64..2_000_000_000, 0_usize..6).prop_map(
        |(text, from, time, kind)| {
            let (kind, node) = [
                ("text", json!({"body": text})),
                ("image", json!({"id": "9", "mime_type": "image/png", "caption": text})),
                ("reaction", json!({"message_id": "wamid.1", "emoji": text})),
                ("location", json!({"latitude": 1.5, "longitude": -2, "name": text})),
                ("button", json!({"text": text, "payload": "p"})),
                ("hologram", json!({"anything": text})),
            ][kind]
                .clone();
            json!({"id": format!("wamid.{time}"), "from": from, "timestamp": time.to_string(), "type": kind, kind: node})
        },
    );
    let status = ("[1-9][0-9]{6,14}", 1_i64..2_000_000_000, "(sent|delivered|read|failed|odd)").prop_map(
        |(to, time, status)| json!({"id": "wamid.1", "recipient_id": to, "timestamp": time.to_string(), "status": status}),
    );
    (vec(message, 0..8), vec(status, 0..8))
}

fn delivery_of(messages: &[Value], statuses: &[Value]) -> Vec<u8> {
    let value =
        json!({"metadata": {"phone_number_id": "1"}, "messages": messages, "statuses": statuses});
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [{"field": "messages", "value": value}]},
    ]});
    body.to_string().into_bytes()
}

fn replays(body: &[u8]) -> Result<(), TestCaseError> {
    for update in parse(body).unwrap() {
        let replayable = update.replayable_json();
        let replayed = parse(replayable.as_bytes()).unwrap();
        prop_assert!(replayed.contains(&update), "{:?}\n{}", update, replayable);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in vec(any::<u8>(), 0..300)) {
        let _ = parse(&body);
    }

    #[test]
    fn any_json_is_survived(body in any_json()) {
        let _ = parse(body.to_string().as_bytes());
    }

    #[test]
    fn a_fixture_with_any_damage_is_survived(
        name in prop::sample::select(fixtures::all()),
        at in any::<prop::sample::Index>(),
        damage in vec(any::<u8>(), 0..4),
    ) {
        let mut body = fixtures::read(&name);
        let at = at.index(body.len());
        let end = (at + damage.len()).min(body.len());
        body.splice(at..end, damage);
        if let Ok(updates) = parse(&body) {
            for update in updates {
                let _ = update.replayable_json();
            }
        }
    }

    #[test]
    fn any_delivery_is_read_and_each_of_its_updates_replays(body in any_delivery()) {
        replays(body.to_string().as_bytes())?;
    }

    #[test]
    fn as_many_updates_come_out_as_messages_and_statuses_went_in((messages, statuses) in valid_batch()) {
        let body = delivery_of(&messages, &statuses);
        let updates = parse(&body).unwrap();
        prop_assert_eq!(updates.len(), messages.len() + statuses.len());
        let (found_messages, found_statuses) = updates.split_at(messages.len());
        for (update, message) in found_messages.iter().zip(&messages) {
            let UpdateKind::Message(found) = &update.kind else { panic!("{update:?}") };
            prop_assert_eq!(&message["id"], &found.id);
            prop_assert_eq!(message["from"].as_str(), found.customer.wa_id.as_deref());
        }
        for (update, status) in found_statuses.iter().zip(&statuses) {
            let UpdateKind::Status(found) = &update.kind else { panic!("{update:?}") };
            prop_assert_eq!(&status["status"], found.status.as_str());
        }
        replays(&body)?;
    }
}
