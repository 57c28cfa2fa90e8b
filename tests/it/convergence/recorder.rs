//! Records what the real server tells, with ids that are the same in every run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde_json::{Map, Value, json};

use crate::support::{NOW, Organisation, Person};

/// Every kind of event that the server knows: one without a recording fails the test.
const KINDS: [&str; 17] = [
    "message:new",
    "message:updated",
    "message:status",
    "conversation:new",
    "conversation:updated",
    "conversation:read",
    "contact:new",
    "contact:updated",
    "contact:merged",
    "account:updated",
    "account:deleted",
    "user:updated",
    "membership:changed",
    "draft:changed",
    "saved_reply:changed",
    "template:changed",
    "sync:reset",
];

/// Takes down recordings, and at the end writes or compares them.
pub struct Recorder<'a> {
    /// Whose server it is.
    pub shop: &'a Organisation,
    recordings: BTreeMap<String, Value>,
    kinds: BTreeSet<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/convergence")
}

impl<'a> Recorder<'a> {
    /// Begins.
    pub fn new(shop: &'a Organisation) -> Self {
        Self {
            shop,
            recordings: BTreeMap::new(),
            kinds: BTreeSet::new(),
        }
    }

    /// Records the first event of a kind that an action brings, as the admin hears it, with parts of the state before and after.
    pub async fn record<T>(
        &mut self,
        name: &str,
        kind: &str,
        parts: &[&str],
        action: impl Future<Output = T>,
    ) {
        let admin = &self.shop.admin;
        self.record_for(admin, name, kind, parts, action).await;
    }

    /// As [`record`](Self::record), as somebody else hears it.
    pub async fn record_for<T>(
        &mut self,
        who: &Person,
        name: &str,
        kind: &str,
        parts: &[&str],
        action: impl Future<Output = T>,
    ) {
        let before = self.read(parts).await;
        let head = who.get("/events/head").await.expect(200).json["next"]
            .as_str()
            .unwrap()
            .to_owned();
        action.await;
        let told = who
            .get(&format!("/events?after={head}"))
            .await
            .expect(200)
            .json;
        let events = told["events"].as_array().unwrap();
        let event = events.iter().find(|event| event["type"] == kind);
        let event = event.unwrap_or_else(|| panic!("{name} brought no {kind}: {told:#}"));
        let after = self.read(parts).await;
        let envelope =
            json!({ "seq": event["seq"], "type": kind, "at": event["at"], "data": event["data"] });
        let recording =
            json!({ "name": name, "before": before, "event": envelope, "after": after });
        assert!(
            self.recordings
                .insert(name.to_owned(), with_stable_ids(&recording))
                .is_none(),
            "{name} is recorded once"
        );
        self.kinds.insert(kind.to_owned());
    }

    /// What a client reads afresh.
    async fn read(&self, parts: &[&str]) -> Value {
        let mut state = Map::new();
        let conversations = self.shop.conversations().await;
        if parts.contains(&"messages") {
            let mut messages = Vec::new();
            for conversation in &conversations {
                messages.extend(self.shop.thread(conversation).await);
            }
            state.insert("messages".to_owned(), json!(messages));
        }
        if parts.contains(&"contacts") {
            let contacts = self
                .shop
                .admin
                .get("/contacts?limit=100")
                .await
                .expect(200)
                .json;
            state.insert("contacts".to_owned(), contacts["items"].clone());
        }
        if parts.contains(&"drafts") {
            let mut drafts = Vec::new();
            for conversation in &conversations {
                let id = &conversation["id"];
                let path = format!("/conversations/{}/draft", id.as_str().unwrap());
                let held = self.shop.admin.get(&path).await.expect(200).json;
                drafts.push(json!({ "conversation_id": id, "draft": held["draft"] }));
            }
            state.insert("drafts".to_owned(), json!(drafts));
        }
        if parts.contains(&"saved_replies") {
            let held = self.shop.admin.get("/saved-replies").await.expect(200).json;
            state.insert("saved_replies".to_owned(), held["items"].clone());
        }
        if parts.contains(&"templates") {
            let account = &self.shop.account;
            let path = format!("/accounts/{account}/templates");
            let held = self.shop.admin.get(&path).await.expect(200).json;
            let held = json!({ "account_id": account, "items": held["items"] });
            state.insert("templates".to_owned(), held);
        }
        if parts.contains(&"conversations") {
            state.insert("conversations".to_owned(), json!(conversations));
        }
        Value::Object(state)
    }

    /// Writes the recordings with `UPDATE_FIXTURES=1`, else compares them with those that are there.
    pub fn finish(self) {
        let missing: Vec<_> = KINDS
            .iter()
            .filter(|kind| !self.kinds.contains(**kind))
            .collect();
        assert!(missing.is_empty(), "no recording of {missing:?}");
        let update = std::env::var("UPDATE_FIXTURES").is_ok_and(|word| word == "1");
        if update {
            drop(fs::remove_dir_all(folder()));
            fs::create_dir_all(folder()).unwrap();
        }
        let mut wrong = Vec::new();
        for (name, recording) in &self.recordings {
            let path = folder().join(format!("{name}.json"));
            let text = format!("{recording:#}\n");
            if update {
                fs::write(&path, &text).unwrap();
            } else if fs::read_to_string(&path).ok() != Some(text) {
                wrong.push(name.clone());
            }
        }
        let held = fs::read_dir(folder()).map_or(0, Iterator::count);
        assert!(
            wrong.is_empty() && held == self.recordings.len(),
            "the server tells something else than is recorded of {wrong:?} ({held} files): look at it, then run with UPDATE_FIXTURES=1"
        );
    }
}

/// Ids by the order in which they occur: `msg_00000000000000000000000003` is the third message.
fn with_stable_ids(recording: &Value) -> Value {
    // Noted now and then, by the wall clock.
    let touched = format!("\"last_inbound_at\":{NOW}");
    let mut text = recording
        .to_string()
        .replace(&touched, "\"last_inbound_at\":null");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('_') {
        let underscore = at + found;
        at = underscore + 1;
        let (Some(start), end) = (underscore.checked_sub(3), underscore + 27) else {
            continue;
        };
        let Some(id) = text.get(start..end).map(str::to_owned) else {
            continue;
        };
        let is_id = id[..3].bytes().all(|b| b.is_ascii_lowercase())
            && id[4..]
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if is_id && id.starts_with(|c: char| c.is_ascii_lowercase()) {
            let next = seen.len() + 1;
            let number = *seen.entry(id.clone()).or_insert(next);
            text.replace_range(start..end, &format!("{}_{number:026}", &id[..3]));
        }
    }
    serde_json::from_str(&text).unwrap()
}
