//! Which events are new, which were seen before, and which are missing: the client's half of the rules in `docs/realtime.md`. Pure.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An event as the wire has it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Its number in the stream.
    pub seq: i64,
    /// Its name.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was stored. Unix milliseconds.
    pub at: i64,
    /// Its content.
    pub data: Box<RawValue>,
}

/// Last numbers that were printed, by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursors(BTreeMap<String, i64>);

/// What a batch of events holds for us.
#[derive(Debug)]
pub struct Taken {
    /// Those to print, in order.
    pub news: Vec<Envelope>,
    /// Whether events before the rest of the batch are missing; the rest was left out, since it comes again with them.
    pub is_gap: bool,
}

impl Cursors {
    /// Reads a cursor of `GET /events`.
    pub fn decode(text: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text)?)?)
    }

    /// Writes a cursor for `GET /events`; `None` as long as there is nothing to go on from.
    pub fn encode(&self) -> Option<String> {
        let json = serde_json::to_vec(self).ok()?;
        (!self.0.is_empty()).then(|| URL_SAFE_NO_PAD.encode(json))
    }

    /// Whether nothing is held yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what is new of a batch. Of a stream that is not known yet, the first event tells where it begins.
    pub fn take(&mut self, stream: &str, events: Vec<Envelope>) -> Taken {
        let mut news = Vec::new();
        for event in events {
            let have = match self.0.get(stream) {
                Some(have) => *have,
                None => event.seq - 1,
            };
            if event.seq > have + 1 {
                return Taken { news, is_gap: true };
            }
            if event.seq == have + 1 {
                self.0.insert(stream.to_owned(), event.seq);
                news.push(event);
            }
        }
        Taken {
            news,
            is_gap: false,
        }
    }

    /// Begins with streams that are not known yet at their last number.
    pub fn begin(&mut self, heads: &BTreeMap<String, i64>) {
        for (stream, head) in heads {
            self.0.entry(stream.clone()).or_insert(*head);
        }
    }

    /// Whether one of these streams has gone further than what was printed.
    pub fn are_behind(&self, heads: &BTreeMap<String, i64>) -> bool {
        heads
            .iter()
            .any(|(stream, head)| self.0.get(stream).is_some_and(|have| have < head))
    }

    /// Goes on from a stream's last number, whatever was missed.
    pub fn skip_to(&mut self, stream: &str, head: i64) {
        self.0.insert(stream.to_owned(), head);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn events(numbers: impl IntoIterator<Item = i64>) -> Vec<Envelope> {
        numbers
            .into_iter()
            .map(|seq| Envelope {
                seq,
                kind: "message:new".to_owned(),
                at: 0,
                data: RawValue::from_string("{}".to_owned()).unwrap(),
            })
            .collect()
    }

    fn numbers(taken: &Taken) -> Vec<i64> {
        taken.news.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn what_was_seen_is_dropped_and_what_is_missing_is_noticed() {
        let mut cursors = Cursors::default();
        assert_eq!(numbers(&cursors.take("a", events(5..=7))), [5, 6, 7]);
        assert_eq!(numbers(&cursors.take("a", events(6..=8))), [8]);
        let taken = cursors.take("a", events([9, 11, 12]));
        assert!(taken.is_gap);
        assert_eq!(numbers(&taken), [9]);
        let taken = cursors.take("a", events(10..=12));
        assert!(!taken.is_gap);
        assert_eq!(numbers(&taken), [10, 11, 12]);
    }

    #[test]
    fn heads_begin_unknown_streams_only() {
        let mut cursors = Cursors::default();
        cursors.take("a", events([3]));
        let heads = BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 9)]);
        cursors.begin(&heads);
        assert!(cursors.are_behind(&heads));
        assert_eq!(numbers(&cursors.take("a", events(4..=5))), [4, 5]);
        assert!(!cursors.are_behind(&heads));
        assert!(cursors.take("b", events([11])).is_gap);
    }

    #[test]
    fn a_cursor_can_be_kept() {
        let mut cursors = Cursors::default();
        assert_eq!(cursors.encode(), None);
        cursors.skip_to("account:acc_1", 12);
        let kept = cursors.encode().unwrap();
        assert_eq!(Cursors::decode(&kept).unwrap(), cursors);
        assert!(Cursors::decode("nonsense").is_err());
    }
}
