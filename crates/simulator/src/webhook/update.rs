//! One update of a webhook, and the envelope that carries one or several of them.
//! Made by the engine's acts, put together by the deliverer.

use serde_json::{Value, json};

/// One thing to tell the business: a message, a status, a change of id.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// Index of the app that is told.
    pub app: usize,
    /// The WABA id of the entry.
    pub waba_id: String,
    /// The webhook field, e.g. `messages`.
    pub field: &'static str,
    /// The change's value.
    pub value: Value,
    /// The business number concerned.
    pub phone_number_id: String,
    /// The customer concerned, by our id; order is kept per customer.
    pub customer: String,
    /// Ids of the messages this is about.
    pub message_id: String,
    /// What it is, in few words, e.g. `text` or `status delivered`.
    pub summary: String,
    /// `time` of the entry, Unix seconds: only updates about the account itself have it.
    pub entry_time: Option<i64>,
}

/// Lists inside a value that are joined when several updates go into one change.
const JOINED: [&str; 4] = ["contacts", "messages", "statuses", "message_echoes"];

/// The body of one POST carrying these updates in their order.
pub(crate) fn envelope(updates: &[Update], twice_inside: bool) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    let repeat = if twice_inside { 2 } else { 1 };
    for update in updates {
        for _ in 0..repeat {
            add_update(&mut entries, update);
        }
    }
    let entries: Vec<Value> = entries.into_iter().map(Entry::into_json).collect();
    json!({"object": "whatsapp_business_account", "entry": entries})
}

/// Updates of one account at one time.
struct Entry {
    waba_id: String,
    time: Option<i64>,
    changes: Vec<(&'static str, Value)>,
}

impl Entry {
    fn into_json(self) -> Value {
        let changes: Vec<Value> = self
            .changes
            .into_iter()
            .map(|(field, value)| json!({"field": field, "value": value}))
            .collect();
        crate::outgoing::without_nulls(
            json!({"id": self.waba_id, "time": self.time, "changes": changes}),
        )
    }
}

fn add_update(entries: &mut Vec<Entry>, update: &Update) {
    let last = entries
        .last_mut()
        .filter(|entry| entry.waba_id == update.waba_id && entry.time == update.entry_time);
    let Some(entry) = last else {
        entries.push(Entry {
            waba_id: update.waba_id.clone(),
            time: update.entry_time,
            changes: vec![(update.field, update.value.clone())],
        });
        return;
    };
    match entry.changes.last_mut() {
        Some((field, value)) if *field == update.field && can_join(value, &update.value) => {
            join(value, &update.value);
        }
        _ => entry.changes.push((update.field, update.value.clone())),
    }
}

fn can_join(into: &Value, more: &Value) -> bool {
    into.get("metadata").is_some()
        && into.get("metadata") == more.get("metadata")
        && into.get("errors").is_none()
        && more.get("user_id_update").is_none()
}

fn join(into: &mut Value, more: &Value) {
    for list in JOINED {
        let Some(added) = more.get(list).and_then(Value::as_array) else {
            continue;
        };
        let Some(object) = into.as_object_mut() else {
            return;
        };
        let slot = object
            .entry(list)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(present) = slot.as_array_mut() {
            for item in added {
                if list != "contacts" || !present.contains(item) {
                    present.push(item.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(number: &str, waba: &str, id: &str) -> Update {
        Update {
            app: 0,
            waba_id: waba.to_owned(),
            field: "messages",
            value: json!({
                "metadata": {"phone_number_id": number},
                "contacts": [{"wa_id": "1555"}],
                "messages": [{"id": id}],
            }),
            phone_number_id: number.to_owned(),
            customer: "cus".to_owned(),
            message_id: id.to_owned(),
            summary: "text".to_owned(),
            entry_time: None,
        }
    }

    #[test]
    fn updates_of_one_number_share_a_change_and_others_do_not() {
        let body = envelope(
            &[
                update("1", "A", "a"),
                update("1", "A", "b"),
                update("2", "A", "c"),
                update("3", "B", "d"),
            ],
            false,
        );
        let messages = body.pointer("/entry/0/changes/0/value/messages");
        assert_eq!(messages, Some(&json!([{"id": "a"}, {"id": "b"}])));
        let contacts = body.pointer("/entry/0/changes/0/value/contacts");
        assert_eq!(contacts, Some(&json!([{"wa_id": "1555"}])));
        assert!(body.pointer("/entry/0/changes/1").is_some());
        assert_eq!(body.pointer("/entry/1/id"), Some(&json!("B")));
    }

    #[test]
    fn a_message_can_stand_twice_in_one_post() {
        let body = envelope(&[update("1", "A", "a")], true);
        let messages = body.pointer("/entry/0/changes/0/value/messages");
        assert_eq!(messages, Some(&json!([{"id": "a"}, {"id": "a"}])));
    }
}
