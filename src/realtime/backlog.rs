//! How many bytes wait for a socket. The library bounds packets, and packets differ in size by four orders of magnitude.
//!
//! What was meant for a socket is summed up by room, once per packet and not once per socket; what left for it, its line tells. Frames and
//! envelopes are left out of the sum, so the difference only ever shrinks by itself: its lowest value is that of an empty queue.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use crate::serve::Line;

/// Most bytes that may wait for one socket. Beyond, the client is told, cut, and catches up from its cursors.
pub(super) const MAX_WAITING_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of events that were emitted, by room.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Emitted>);

#[derive(Debug, Default)]
struct Emitted {
    by_room: HashMap<String, u64>,
    /// Over all rooms, since it was last asked for.
    fresh: u64,
}

impl Tally {
    pub(super) fn add(&self, room: &str, bytes: u64) {
        let mut emitted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        emitted.fresh += bytes;
        match emitted.by_room.get_mut(room) {
            Some(sum) => *sum += bytes,
            None => {
                emitted.by_room.insert(room.to_owned(), bytes);
            }
        }
    }

    /// Whether so much was emitted since the last time that somebody's queue may have grown too long.
    pub(super) fn is_due(&self) -> bool {
        let mut emitted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = emitted.fresh > MAX_WAITING_BYTES / 16;
        if is_due {
            emitted.fresh = 0;
        }
        is_due
    }

    fn of(&self, room: &str) -> u64 {
        let emitted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        emitted.by_room.get(room).copied().unwrap_or_default()
    }
}

/// What waits for one socket.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Its connection; `None` with long polling, where the bound on packets has to do.
    line: Option<Arc<Line>>,
    sums: Mutex<Sums>,
}

#[derive(Debug, Default)]
struct Sums {
    /// Bytes that were meant for it, but for those of its rooms.
    told: u64,
    /// Its rooms, with what had been emitted there when it came.
    rooms: BTreeMap<String, u64>,
    /// Lowest difference between what was meant for it and what left.
    lowest: i64,
}

impl Sums {
    fn emitted(&self, tally: &Tally) -> u64 {
        let of_rooms = self
            .rooms
            .iter()
            .map(|(room, before)| tally.of(room).saturating_sub(*before));
        self.told + of_rooms.sum::<u64>()
    }
}

impl Backlog {
    pub(super) fn new(line: Option<Arc<Line>>) -> Self {
        Self {
            line,
            sums: Mutex::default(),
        }
    }

    /// Notes the rooms that it is in from now on.
    pub(super) fn follow(&self, tally: &Tally, rooms: impl IntoIterator<Item = String>) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.told = sums.emitted(tally);
        sums.rooms = rooms
            .into_iter()
            .map(|room| {
                let before = tally.of(&room);
                (room, before)
            })
            .collect();
    }

    /// Notes what is sent to this socket alone.
    pub(super) fn tell(&self, bytes: u64) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.told += bytes;
    }

    /// About how many bytes wait.
    pub(super) fn bytes(&self, tally: &Tally) -> u64 {
        let Some(line) = &self.line else { return 0 };
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = signed(sums.emitted(tally)) - signed(line.written());
        sums.lowest = sums.lowest.min(ahead);
        u64::try_from(ahead - sums.lowest).unwrap_or_default()
    }

    /// Its connection.
    pub(super) fn line(&self) -> Option<&Arc<Line>> {
        self.line.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::serve::Lined;

    #[tokio::test]
    async fn what_was_emitted_and_did_not_leave_waits() {
        let (tally, line) = (Tally::default(), Arc::new(Line::default()));
        tally.add("a", 5_000);
        let backlog = Backlog::new(Some(Arc::clone(&line)));
        backlog.follow(&tally, ["a".to_owned(), "b".to_owned()]);
        let mut stream = Lined::new(tokio::io::sink(), line);
        // Frames and envelopes come on top of what is summed up.
        for _ in 0..100 {
            tally.add("a", 1_000);
            stream.write_all(&[0; 1_050]).await.unwrap();
            assert_eq!(backlog.bytes(&tally), 0);
        }
        tally.add("b", 30_000);
        tally.add("elsewhere", 30_000);
        backlog.tell(7_000);
        assert_eq!(backlog.bytes(&tally), 37_000);
        backlog.follow(&tally, ["a".to_owned()]);
        tally.add("b", 30_000);
        assert_eq!(
            backlog.bytes(&tally),
            37_000,
            "what waits still waits, what is elsewhere does not"
        );
        stream.write_all(&vec![0; 37_050]).await.unwrap();
        assert_eq!(backlog.bytes(&tally), 0);
    }
}
