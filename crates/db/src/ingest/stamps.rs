//! When a message of ours was sent, delivered, read, … : folded from statuses in any order, each told any number of times. The first time of each
//! stands. Of one message, or of one member of the group that it went to. Pure.

use crate::{
    Millis,
    model::{MessageError, MessageStatus},
};

/// What was told so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Stamps {
    pub sent_at: Option<Millis>,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
    pub played_at: Option<Millis>,
    pub failed_at: Option<Millis>,
    /// Of the failure.
    pub error: Option<MessageError>,
}

impl Stamps {
    /// Takes a status in.
    pub(super) fn note(&mut self, status: MessageStatus, at: Millis, error: Option<&MessageError>) {
        let stamp = match status {
            MessageStatus::Sent => &mut self.sent_at,
            MessageStatus::Delivered => &mut self.delivered_at,
            MessageStatus::Read => &mut self.read_at,
            MessageStatus::Played => &mut self.played_at,
            MessageStatus::Failed => &mut self.failed_at,
            MessageStatus::Received
            | MessageStatus::Sending
            | MessageStatus::Unknown
            | MessageStatus::Cancelled => return,
        };
        let is_first = stamp.is_none_or(|held| at < held);
        *stamp = Some(stamp.map_or(at, |held| held.min(at)));
        if error.is_some() && (is_first || self.error.is_none()) {
            self.error = error.cloned();
        }
    }

    /// Takes in all that was told of somebody who proves to be the same.
    pub(super) fn absorb(&mut self, other: &Self) {
        for (status, at) in other.told() {
            let error = other.error.as_ref();
            self.note(
                status,
                at,
                error.filter(|_| status == MessageStatus::Failed),
            );
        }
    }

    /// The highest status that was told, and its time.
    pub(super) fn highest(&self) -> Option<(MessageStatus, Millis)> {
        self.told().max_by_key(|(status, _)| status.rank())
    }

    fn told(&self) -> impl Iterator<Item = (MessageStatus, Millis)> {
        [
            (MessageStatus::Sent, self.sent_at),
            (MessageStatus::Failed, self.failed_at),
            (MessageStatus::Delivered, self.delivered_at),
            (MessageStatus::Read, self.read_at),
            (MessageStatus::Played, self.played_at),
        ]
        .into_iter()
        .filter_map(|(status, at)| Some((status, at?)))
    }
}
