//! Rules of reading that a single fixture does not show.

use hoopoe_cloud_api::update::{DeliveryStatus, MessageContent, MessageKind, UpdateKind};
use hoopoe_cloud_api::webhook::{NotAWebhook, parse};
use serde_json::json;

use crate::fixtures::parsed;

#[test]
fn what_is_not_json_is_refused() {
    for body in [
        &b""[..],
        b"{",
        b"hello",
        b"\xff\xfe",
        b"{\"object\":\"whatsapp_business_account\",\"entry\":[}",
    ] {
        assert!(matches!(parse(body), Err(NotAWebhook::NotJson(_))));
    }
}

#[test]
fn json_that_is_no_envelope_is_refused() {
    for body in [
        "[]",
        "[1,[]]",
        "null",
        "17",
        "\"x\"",
        "{}",
        "{\"entry\":{}}",
        "{\"entry\":null}",
    ] {
        assert_eq!(
            parse(body.as_bytes()),
            Err(NotAWebhook::NotAnEnvelope),
            "{body}"
        );
    }
}

#[test]
fn webhooks_of_another_product_are_refused() {
    let body = br#"{"object":"page","entry":[{"id":"1","messaging":[]}]}"#;
    assert_eq!(
        parse(body),
        Err(NotAWebhook::OtherObject("page".to_owned()))
    );
}

#[test]
fn a_delivery_without_entries_holds_no_updates() {
    assert_eq!(
        parse(br#"{"object":"whatsapp_business_account","entry":[]}"#),
        Ok(vec![])
    );
}

#[test]
fn the_same_message_twice_in_one_delivery_is_reported_twice() {
    let updates = parsed("batch_of_people");
    assert_eq!(updates.len(), 4);
    assert_eq!(updates[0], updates[2]);
}

#[test]
fn one_bad_message_leaves_its_siblings_alone() {
    let updates = parsed("batch_partly_broken");
    let is_bad = |kind: &UpdateKind| matches!(kind, UpdateKind::Undecodable { .. });
    let good = updates
        .iter()
        .filter(|update| !is_bad(&update.kind))
        .count();
    assert_eq!(good, 4);
    assert_eq!(updates.len() - good, 11);
}

#[test]
fn edited_media_is_kept_with_its_digest() {
    let [update] = parsed("edit_of_image").try_into().unwrap();
    let UpdateKind::Message(message) = update.kind else {
        panic!("a message")
    };
    let MessageContent::Edit(edited) = message.content else {
        panic!("an edit")
    };
    assert_eq!(edited.kind, MessageKind::Image);
    assert_eq!(edited.media.unwrap().id, "1003383421387299");
}

#[test]
fn content_json_carries_the_referral_whatever_the_message_is() {
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {"messages": [{
            "from": "491", "id": "w", "timestamp": "1", "type": "location", "location": {"latitude": 1, "longitude": 2},
            "referral": {"headline": "Ad"},
        }]},
    }]}]});
    let [update] = parse(body.to_string().as_bytes())
        .unwrap()
        .try_into()
        .unwrap();
    let UpdateKind::Message(message) = update.kind else {
        panic!("a message")
    };
    assert_eq!(
        message.content_json(),
        json!({"latitude": 1.0, "longitude": 2.0, "referral": {"headline": "Ad"}})
    );
}

#[test]
fn times_are_seconds_unless_their_size_says_milliseconds() {
    for (written, read) in [
        (json!("1749416383"), 1_749_416_383_000),
        (json!(1_749_416_383), 1_749_416_383_000),
        (json!("1749416383.9"), 1_749_416_383_000),
        (json!(1_749_416_383_123_i64), 1_749_416_383_123),
    ] {
        let body = json!({"entry": [{"changes": [{"field": "messages", "value": {
            "statuses": [{"id": "w", "status": "sent", "timestamp": written}],
        }}]}]});
        let [update] = parse(body.to_string().as_bytes())
            .unwrap()
            .try_into()
            .unwrap();
        let UpdateKind::Status(status) = update.kind else {
            panic!("a status")
        };
        assert_eq!(status.timestamp_ms, read);
    }
}

#[test]
fn a_message_without_a_time_gets_its_entrys() {
    let delivery = |entry: serde_json::Value| json!({"entry": [entry]}).to_string();
    let changes = json!([{"field": "messages", "value": {
        "messages": [{"from": "491", "id": "w", "type": "text", "text": {"body": "when?"}}],
    }}]);
    let [update] = parse(delivery(json!({"time": 1_739_321_024, "changes": changes})).as_bytes())
        .unwrap()
        .try_into()
        .unwrap();
    let UpdateKind::Message(message) = update.kind else {
        panic!("a message")
    };
    assert_eq!(message.timestamp_ms, 1_739_321_024_000);
    let [update] = parse(delivery(json!({"changes": changes})).as_bytes())
        .unwrap()
        .try_into()
        .unwrap();
    assert!(matches!(update.kind, UpdateKind::Undecodable { .. }));
}

#[test]
fn deep_nesting_is_survived() {
    let depth = 100_000;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for place in ["unknown", "image", "text", "referral"] {
        let body = format!(
            r#"{{"entry":[{{"id":"1","changes":[{{"field":"messages","value":{{"messages":[
                {{"from":"491","id":"w","timestamp":"1","type":"text","{place}":{deep}}},
                {{"from":"491","id":"w","timestamp":"1","type":"text","text":{{"body":"sibling"}}}}
            ]}}}}]}}]}}"#
        );
        let updates = parse(body.as_bytes()).unwrap();
        assert_eq!(updates.len(), 2, "{place}");
        assert!(matches!(updates[1].kind, UpdateKind::Message(_)), "{place}");
    }
}

#[test]
fn statuses_rank_in_the_order_in_which_they_replace_one_another() {
    let order = ["nonsense", "sent", "failed", "delivered", "read", "played"];
    let ranks: Vec<u8> = order
        .iter()
        .map(|word| DeliveryStatus::from_wire(word).rank())
        .collect();
    assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:?}");
    for word in order {
        assert_eq!(
            DeliveryStatus::from_wire(&word.to_uppercase()).as_str(),
            word
        );
    }
}
