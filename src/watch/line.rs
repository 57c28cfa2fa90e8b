//! One event, one line: for people with colours, or as JSON.

use std::io::Write as _;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::{cursors::Envelope, names::Names};

/// Most characters of a message that a line shows.
const MOST_CHARACTERS: usize = 160;

/// Width of the columns for stream and type.
const STREAM_WIDTH: usize = 12;
const KIND_WIDTH: usize = 20;

const RESET: &str = "\u{1b}[0m";
const DIM: &str = "\u{1b}[2m";

/// Prints events to standard output.
#[derive(Debug)]
pub struct Printer {
    names: Names,
    is_json: bool,
    is_colored: bool,
}

/// As `GET /api/v1/events` has it.
#[derive(Serialize)]
struct Logged<'a> {
    stream: &'a str,
    #[serde(flatten)]
    event: &'a Envelope,
}

impl Printer {
    /// Knows these names at first.
    pub fn new(names: Names, is_json: bool, is_colored: bool) -> Self {
        Self {
            names,
            is_json,
            is_colored,
        }
    }

    /// Prints an event.
    ///
    /// # Errors
    /// When nobody reads standard output any more.
    pub fn print(&mut self, stream: &str, event: &Envelope) -> anyhow::Result<()> {
        let line = if self.is_json {
            serde_json::to_string(&Logged { stream, event })?
        } else {
            let data: Value = serde_json::from_str(event.data.get()).unwrap_or_default();
            self.names.learn(&data);
            self.line(stream, event, &data)
        };
        Ok(writeln!(std::io::stdout().lock(), "{line}")?)
    }

    /// Tells that the log does not reach back to where we were.
    pub fn tell_of_hole(&self, stream: &str) {
        let stream = self.names.stream(stream);
        eprintln!("hoopoe: {stream}: older events are no longer kept; going on from the newest");
    }

    fn line(&self, stream: &str, event: &Envelope, data: &Value) -> String {
        let time = clock(event.at);
        let stream = printable(self.names.stream(stream), STREAM_WIDTH);
        let said = describe(&self.names, &event.kind, data);
        let (kind, number) = (&event.kind, event.seq);
        let (color, dim, reset) = if self.is_colored {
            (color(kind, data), DIM, RESET)
        } else {
            ("", "", "")
        };
        format!(
            "{dim}{time} {stream:<STREAM_WIDTH$} {number:>6}{reset} {color}{kind:<KIND_WIDTH$}{reset} {said}"
        )
    }
}

/// Time of day in UTC.
fn clock(at: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    time.map_or_else(
        |_| at.to_string(),
        |time| {
            format!(
                "{:02}:{:02}:{:02}.{:03}Z",
                time.hour(),
                time.minute(),
                time.second(),
                time.millisecond()
            )
        },
    )
}

fn color(kind: &str, data: &Value) -> &'static str {
    match kind.split(':').next() {
        Some("message") if kind != "message:new" => "\u{1b}[34m",
        Some("message") if word(data, "/message/direction") == "out" => "\u{1b}[36m",
        Some("message") => "\u{1b}[32m",
        Some("conversation") => "\u{1b}[35m",
        Some("contact") => "\u{1b}[33m",
        Some("sync") => "\u{1b}[31m",
        _ => "",
    }
}

/// Who and what, in a few words.
fn describe(names: &Names, kind: &str, data: &Value) -> String {
    let shown = match kind {
        "message:new" => {
            let arrow = if word(data, "/message/direction") == "out" {
                "←"
            } else {
                "→"
            };
            let who = word(data, "/conversation/contact/name");
            format!("{who} {arrow} {}", message(data))
        }
        "message:updated" => {
            let who = names.conversation(word(data, "/message/conversation_id"));
            format!("{who}: {}", changed(data))
        }
        "message:status" => {
            let who = names.conversation(word(data, "/conversation_id"));
            format!(
                "{who}: {} {}",
                word(data, "/status"),
                word(data, "/error/title")
            )
        }
        "conversation:new" | "conversation:updated" => {
            let who = word(data, "/conversation/contact/name");
            let assignee = match word(data, "/conversation/assignee_id") {
                "" => "nobody",
                id => names.user(id),
            };
            format!("{who}: {}, {assignee}", word(data, "/conversation/status"))
        }
        "conversation:read" => {
            let who = names.conversation(word(data, "/conversation_id"));
            format!("{who}: read by {}", names.user(word(data, "/user_id")))
        }
        "contact:new" | "contact:updated" => {
            let phone = word(data, "/contact/phone");
            format!("{} {phone}", word(data, "/contact/name"))
        }
        "contact:merged" => format!(
            "{} (was also {})",
            word(data, "/survivor/name"),
            word(data, "/merged_id")
        ),
        "account:updated" => {
            let state = word(data, "/account/state");
            format!("{}: {state}", word(data, "/account/name"))
        }
        "user:updated" => format!("{}: {}", word(data, "/user/name"), word(data, "/user/role")),
        _ => data.to_string(),
    };
    printable(shown.trim(), MOST_CHARACTERS)
}

fn message(data: &Value) -> String {
    let (kind, text) = (word(data, "/message/type"), word(data, "/message/text"));
    match (kind, text) {
        ("text", text) => text.to_owned(),
        (kind, "") => format!("[{kind}]"),
        (kind, text) => format!("[{kind}] {text}"),
    }
}

/// What may have changed of a message, the latest things first.
fn changed(data: &Value) -> String {
    let is_set = |path: &str| data.pointer(path).is_some_and(|value| !value.is_null());
    if is_set("/message/deleted_at") {
        return "deleted".to_owned();
    }
    let emoji = word(data, "/message/reactions/0/emoji");
    if !emoji.is_empty() {
        return format!("{emoji} to {}", message(data));
    }
    match word(data, "/message/media/state") {
        "" if is_set("/message/edited_at") => format!("edited: {}", message(data)),
        "" => message(data),
        state => format!("{} is {state}", message(data)),
    }
}

fn word<'a>(data: &'a Value, path: &str) -> &'a str {
    data.pointer(path).and_then(Value::as_str).unwrap_or("")
}

/// What strangers write must not steer the terminal: no control characters, no turned directions, one line, not too long.
fn printable(text: &str, most: usize) -> String {
    let is_steering = |character: char| {
        character.is_control()
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown: String = text
        .chars()
        .take(most)
        .map(|character| {
            if is_steering(character) {
                ' '
            } else {
                character
            }
        })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_strangers_write_does_not_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d", 50), "a [2Jb c d");
        assert_eq!(printable("abcdef", 4), "abc…");
        assert_eq!(printable("abcd", 4), "abcd");
    }

    #[test]
    fn a_line_says_when_where_who_and_what() {
        let printer = Printer::new(Names::default(), false, false);
        let data = json!({
            "message": { "direction": "in", "type": "image", "text": "look" },
            "conversation": { "id": "cnv_1", "contact": { "name": "Ana" } },
        });
        let event = Envelope {
            seq: 7,
            kind: "message:new".to_owned(),
            at: 86_399_999,
            data: serde_json::value::RawValue::from_string("{}".to_owned()).unwrap_or_default(),
        };
        let line = printer.line("account:acc_1", &event, &data);
        assert!(line.starts_with("23:59:59.999Z acc_1"), "{line}");
        assert!(
            line.ends_with("message:new          Ana → [image] look"),
            "{line}"
        );
    }
}
