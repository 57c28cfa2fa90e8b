//! Puts events into number order, stream by stream, and fills gaps from the log. Used by the hub's one task.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use hoopoe_db::{
    event::{Committed, Envelope},
    streams,
};

use crate::app::App;

/// Most events that wait behind a gap of one stream; beyond, the log is read.
const MAX_HELD: usize = 10_000;

/// Events of some streams whose turn it is, in number order.
pub(super) type Ready = BTreeMap<Arc<str>, Vec<Envelope>>;

/// Puts events into number order, stream by stream.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    last: HashMap<Arc<str>, i64>,
    held: HashMap<Arc<str>, BTreeMap<i64, Envelope>>,
    /// Streams with traffic since the last head mark.
    pub(super) dirty: BTreeMap<Arc<str>, i64>,
}

impl Dispatch {
    pub(super) fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    pub(super) fn has_news(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes events in; gives out those whose turn it is. Numbers that were out already are dropped.
    pub(super) fn sort(&mut self, events: Vec<Committed>) -> Ready {
        let mut ready: Ready = BTreeMap::new();
        for Committed {
            stream_id,
            envelope,
        } in events
        {
            // The first event seen of a stream starts the count: clients prove completeness by their own cursors.
            let last = self
                .last
                .entry(Arc::clone(&stream_id))
                .or_insert(envelope.seq - 1);
            if envelope.seq <= *last {
                continue;
            }
            if envelope.seq > *last + 1 {
                self.held
                    .entry(stream_id)
                    .or_default()
                    .insert(envelope.seq, envelope);
                continue;
            }
            *last = envelope.seq;
            let out = ready.entry(Arc::clone(&stream_id)).or_default();
            out.push(envelope);
            release(&mut self.held, &stream_id, last, out);
        }
        ready
    }

    /// A number that does not come is read from the log: another task's events were dropped, or another node wrote them.
    pub(super) async fn fill_gaps(&mut self, app: &App) -> Ready {
        let mut ready = BTreeMap::new();
        let streams: Vec<Arc<str>> = self.held.keys().cloned().collect();
        for stream in streams {
            let after = self.last.get(&stream).copied().unwrap_or_default();
            let head = self
                .held
                .get(&stream)
                .and_then(|held| held.keys().next_back().copied())
                .unwrap_or(after);
            let overflown = self
                .held
                .get(&stream)
                .is_some_and(|held| held.len() > MAX_HELD);
            match streams::tail(&app.db, &stream, after, head).await {
                Ok(since) if !since.events.is_empty() => {
                    let found = since.events.into_iter().map(|envelope| Committed {
                        stream_id: Arc::clone(&stream),
                        envelope,
                    });
                    ready.extend(self.sort(found.collect()));
                }
                // The log no longer has it: go on behind the gap; clients see it and ask.
                Ok(_) => self.skip_gap(&stream, &mut ready),
                Err(error) => {
                    tracing::warn!(%error, "the log can't be read");
                    if overflown {
                        self.skip_gap(&stream, &mut ready);
                    }
                }
            }
        }
        ready
    }

    fn skip_gap(&mut self, stream: &Arc<str>, ready: &mut Ready) {
        let Some(first) = self
            .held
            .get(stream)
            .and_then(|held| held.keys().next().copied())
        else {
            return;
        };
        let last = self.last.entry(Arc::clone(stream)).or_default();
        *last = first - 1;
        release(
            &mut self.held,
            stream,
            last,
            ready.entry(Arc::clone(stream)).or_default(),
        );
    }

    pub(super) async fn mark_heads(&mut self, app: &App) {
        for (stream, seq) in std::mem::take(&mut self.dirty) {
            app.hub
                .emit(&stream, "head", &BTreeMap::from([(&*stream, seq)]))
                .await;
        }
    }
}

/// Moves held events out as far as they follow one another.
fn release(
    held: &mut HashMap<Arc<str>, BTreeMap<i64, Envelope>>,
    stream: &Arc<str>,
    last: &mut i64,
    out: &mut Vec<Envelope>,
) {
    let Some(waiting) = held.get_mut(stream) else {
        return;
    };
    while let Some(entry) = waiting.first_entry() {
        if *entry.key() > *last + 1 {
            break;
        }
        let envelope = entry.remove();
        if envelope.seq == *last + 1 {
            *last = envelope.seq;
            out.push(envelope);
        }
    }
    if waiting.is_empty() {
        held.remove(stream);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(seq: i64) -> Committed {
        let data = serde_json::value::RawValue::from_string("{}".to_owned()).unwrap();
        let envelope = Envelope {
            seq,
            kind: "message:new".to_owned(),
            at: 0,
            data: Arc::from(data),
        };
        Committed {
            stream_id: Arc::from("account:a"),
            envelope,
        }
    }

    fn numbers(ready: &Ready) -> Vec<i64> {
        ready.values().flatten().map(|event| event.seq).collect()
    }

    #[test]
    fn events_leave_in_number_order_each_once() {
        let mut dispatch = Dispatch::default();
        assert_eq!(numbers(&dispatch.sort(vec![event(7)])), [7]);
        assert!(dispatch.sort(vec![event(9), event(10)]).is_empty());
        assert!(dispatch.waits());
        assert_eq!(
            numbers(&dispatch.sort(vec![event(7), event(8), event(9)])),
            [8, 9, 10]
        );
        assert!(!dispatch.waits());
        assert!(dispatch.sort(vec![event(8)]).is_empty());
    }

    #[test]
    fn a_gap_that_the_log_no_longer_has_is_skipped() {
        let mut dispatch = Dispatch::default();
        dispatch.sort(vec![event(1), event(4), event(5)]);
        let mut ready = BTreeMap::new();
        dispatch.skip_gap(&Arc::from("account:a"), &mut ready);
        assert_eq!(numbers(&ready), [4, 5]);
        assert!(!dispatch.waits());
    }
}
