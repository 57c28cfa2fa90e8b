//! Payloads in the shape Meta sends them, each with what it must be read as.
//!
//! `fixtures/<name>.json` is a delivery, `fixtures/expected/<name>.json` the updates in it; absent and empty values
//! are left out there. `HOOPOE_WRITE_EXPECTED=1 cargo test -p hoopoe-cloud-api` writes the expected files anew,
//! for review.

use std::fs;
use std::path::{Path, PathBuf};

use hoopoe_cloud_api::{Update, UpdateKind, webhook};
use serde_json::{Value, json};

pub fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.json"))).unwrap()
}

pub fn parsed(name: &str) -> Vec<Update> {
    webhook::parse(&read(name)).unwrap()
}

pub fn all() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn every_fixture_is_read_as_expected() {
    let rewrite = std::env::var_os("HOOPOE_WRITE_EXPECTED").is_some();
    let names = all();
    assert!(names.len() > 90);
    let mut wrong = Vec::new();
    for name in names {
        let found = described(&parsed(&name));
        let path = folder().join("expected").join(format!("{name}.json"));
        if rewrite {
            fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
        }
        let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if found != expected {
            wrong.push(format!("{name}:\n{found:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn described(updates: &[Update]) -> Value {
    let describe = |update: &Update| {
        let mut kind = serde_json::to_value(&update.kind).unwrap();
        if let UpdateKind::Message(message) = &update.kind {
            kind["message"]["content"] = message.content_json();
        }
        json!({
            "waba_id": update.waba_id,
            "field": update.field,
            "phone_number_id": update.phone_number_id,
            "entry_time_ms": update.entry_time_ms,
            "kind": kind,
        })
    };
    updates.iter().map(describe).map(without_blanks).collect()
}

/// Leaves out what says nothing.
fn without_blanks(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let told = members
                .into_iter()
                .map(|(key, value)| (key, without_blanks(value)));
            told.filter(|(key, value)| key == "content" || !is_blank(value))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_blanks).collect(),
        other => other,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
