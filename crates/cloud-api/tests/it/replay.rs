//! Each update can be cut out of its delivery and replayed alone.

use hoopoe_cloud_api::webhook::parse;
use serde_json::Value;

use crate::fixtures;

#[test]
fn every_update_of_every_fixture_replays_to_itself() {
    for name in fixtures::all() {
        for update in fixtures::parsed(&name) {
            let replayable = update.replayable_json();
            let replayed = parse(replayable.as_bytes()).unwrap();
            assert!(
                replayed.contains(&update),
                "{name}: {update:?}\n{replayable}"
            );
            assert!(replayed.len() <= 2, "{name}: {replayable}");
        }
    }
}

#[test]
fn replaying_twice_cuts_nothing_more() {
    for name in fixtures::all() {
        for update in fixtures::parsed(&name) {
            let once = update.replayable_json();
            let replayed = parse(once.as_bytes()).unwrap();
            let again = replayed.iter().find(|again| **again == update).unwrap();
            assert_eq!(again.replayable_json(), once, "{name}");
        }
    }
}

#[test]
fn siblings_are_left_out_and_what_they_share_stays() {
    let updates = fixtures::parsed("batch_of_everything");
    let status: Value = serde_json::from_str(&updates[1].replayable_json()).unwrap();
    let value = &status["entry"][0]["changes"][0]["value"];
    assert_eq!(status["entry"].as_array().unwrap().len(), 1);
    assert_eq!(status["entry"][0]["changes"].as_array().unwrap().len(), 1);
    assert_eq!(value["statuses"].as_array().unwrap().len(), 1);
    assert_eq!(value.get("messages"), None);
    assert_eq!(value["metadata"]["phone_number_id"], "106540352242922");
    assert_eq!(value["contacts"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_kept_is_spelled_as_meta_spelled_it() {
    let update = &fixtures::parsed("escaped")[0];
    let replayable = update.replayable_json();
    assert!(replayable.contains(r#""body":"Gr\u00fc\u00dfe \ud83d\udc4b https:\/\/example.org\/a\/b?c=d me\u0040example.org \u65e5\u672c""#));
    assert_eq!(replayable.as_bytes(), fixtures::read("escaped"));
}

#[test]
fn unknown_members_are_kept() {
    let replayable = fixtures::parsed("text_with_unknown_fields")[0].replayable_json();
    assert!(
        replayable.contains(r#""hologram": {"#) && replayable.contains(r#""tone": {"#),
        "{replayable}"
    );
}
