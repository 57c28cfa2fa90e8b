//! Every payload that Meta is known to send: taken, and either stored or kept as a letter; a redelivery changes nothing.

use std::{fs, path::Path};

use hoopoe_db::testing::{number, texts};
use serde_json::Value;

use crate::{
    feature,
    support::{Server, sign},
};

/// Names and bodies of all payloads, in order.
fn payloads() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cloud-api/tests/fixtures");
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    all.sort();
    all
}

/// All numbers that a payload is for.
fn numbers(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    let changes = entries
        .iter()
        .filter_map(|entry| entry["changes"].as_array())
        .flatten();
    changes
        .filter_map(|change| change["value"]["metadata"]["phone_number_id"].as_str())
        .map(str::to_owned)
        .collect()
}

/// What is stored, as far as a redelivery must not change it.
async fn picture(server: &Server) -> Vec<String> {
    let mut rows = Vec::new();
    for statement in [
        "SELECT provider_id || ' ' || conversation_id || ' ' || COALESCE(text, '') || COALESCE(reactions, '') || status FROM messages ORDER BY id",
        "SELECT id || ' ' || name || ' ' || messages_in FROM contacts ORDER BY id",
        "SELECT kind || ' ' || value || ' ' || contact_id FROM identities ORDER BY kind, scope, value",
        "SELECT id || ' ' || unread_count || ' ' || message_count || ' ' || COALESCE(last_message_text, '') FROM conversations ORDER BY id",
        "SELECT id || ' ' || state FROM dead_letters ORDER BY id",
    ] {
        rows.extend(texts(&server.app.db, statement).await);
    }
    rows
}

feature! {
    async fn every_known_payload_is_taken_and_a_redelivery_changes_nothing(server: Server) {
        let shop = server.organisation("shop").await;
        let payloads = payloads();
        let mut connected: Vec<String> = payloads.iter().flat_map(|(_, body)| numbers(body)).collect();
        connected.sort();
        connected.dedup();
        for number in &connected {
            shop.connect(number).await;
        }
        for (name, body) in &payloads {
            let answer = shop.deliver_raw(server, body.clone(), Some(sign(body))).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            let before = picture(server).await;
            shop.deliver_raw(server, body.clone(), Some(sign(body))).await.expect(200);
            assert_eq!(picture(server).await, before, "{name} delivered again");
        }
        assert!(number(&server.app.db, "SELECT count(*) FROM messages").await > 50);
        let failed = "SELECT detail FROM dead_letters WHERE reason = 'failed'";
        assert_eq!(texts(&server.app.db, failed).await, Vec::<String>::new());
    }
}
