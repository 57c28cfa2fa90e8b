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

/// Last numbers that were printed, by stream, and the life of the log that they are of. As the cursors of `GET /events` hold them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursors {
    epoch: String,
    streams: BTreeMap<String, i64>,
}

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
        (!self.is_empty()).then(|| URL_SAFE_NO_PAD.encode(json))
    }

    /// Whether nothing is held yet.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Takes what is new of a batch. Of a stream that is not known yet, the first event tells where it begins.
    pub fn take(&mut self, stream: &str, events: Vec<Envelope>) -> Taken {
        let mut news = Vec::new();
        for event in events {
            let have = match self.streams.get(stream) {
                Some(have) => *have,
                None => event.seq - 1,
            };
            if event.seq > have + 1 {
                return Taken { news, is_gap: true };
            }
            if event.seq == have + 1 {
                self.streams.insert(stream.to_owned(), event.seq);
                news.push(event);
            }
        }
        Taken {
            news,
            is_gap: false,
        }
    }

    /// The life of the log, and the last numbers.
    pub fn parts(&self) -> (&str, &BTreeMap<String, i64>) {
        (&self.epoch, &self.streams)
    }

    /// Begins with streams that are not known yet at their last number. In another life of the log none is known: gives those that were.
    pub fn begin(&mut self, epoch: &str, heads: &BTreeMap<String, i64>) -> Vec<String> {
        let mut lost = Vec::new();
        if self.epoch != epoch {
            lost = std::mem::take(&mut self.streams).into_keys().collect();
            epoch.clone_into(&mut self.epoch);
        }
        for (stream, head) in heads {
            self.streams.entry(stream.clone()).or_insert(*head);
        }
        lost
    }

    /// Whether one of these streams has gone further than what was printed.
    pub fn are_behind(&self, heads: &BTreeMap<String, i64>) -> bool {
        heads
            .iter()
            .any(|(stream, head)| self.streams.get(stream).is_some_and(|have| have < head))
    }

    /// Goes on from a stream's last number, whatever was missed. Whether anything was.
    pub fn skip_to(&mut self, stream: &str, head: i64) -> bool {
        self.streams.insert(stream.to_owned(), head) != Some(head)
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
        assert!(cursors.begin("one", &BTreeMap::new()).is_empty());
        cursors.take("a", events([3]));
        let heads = BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 9)]);
        assert!(cursors.begin("one", &heads).is_empty());
        assert!(cursors.are_behind(&heads));
        assert_eq!(numbers(&cursors.take("a", events(4..=5))), [4, 5]);
        assert!(!cursors.are_behind(&heads));
        assert!(cursors.take("b", events([11])).is_gap);
    }

    #[test]
    fn in_another_life_of_the_log_everything_begins_at_its_heads() {
        let mut cursors = Cursors::default();
        let heads = BTreeMap::from([("a".to_owned(), 5)]);
        cursors.begin("one", &heads);
        assert_eq!(
            cursors.begin("two", &BTreeMap::from([("a".to_owned(), 3)])),
            ["a"]
        );
        assert_eq!(numbers(&cursors.take("a", events(4..=5))), [4, 5]);
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
