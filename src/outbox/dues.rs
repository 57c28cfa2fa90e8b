//! What a lane knows of what is due without asking. A message that was accepted here a moment ago goes at once, named by who accepted it; the database is
//! asked only where there may be more: after a start, for what other nodes accepted, for what is scheduled or tried again, and behind others.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use hoopoe_db::{Millis, ids::ConversationId, outbox::Due};

/// Messages that are remembered; where there are more, the database is asked.
const MOST: usize = 256;

/// What is told to a lane: messages that were accepted here, and whether there may be others.
#[derive(Debug)]
pub(super) struct Told(Mutex<News>);

/// What was told since it was last taken.
#[derive(Debug)]
pub(super) struct News {
    pub fresh: Vec<Due>,
    /// The database has to be asked.
    pub is_more: bool,
}

impl Default for Told {
    fn default() -> Self {
        // Nobody knows what an earlier run left.
        Self(Mutex::new(News {
            fresh: Vec::new(),
            is_more: true,
        }))
    }
}

impl Told {
    /// Of a message that was accepted here; without one, of something that may be due.
    pub(super) fn add(&self, due: Option<Due>) {
        let mut news = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match due {
            Some(due) if news.fresh.len() < MOST => news.fresh.push(due),
            _ => news.is_more = true,
        }
    }

    pub(super) fn take(&self) -> News {
        let mut news = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = std::mem::take(&mut news.fresh);
        let is_more = std::mem::take(&mut news.is_more);
        News { fresh, is_more }
    }
}

/// What a lane remembers between its rounds.
#[derive(Debug, Default)]
pub(super) struct Dues {
    /// Conversations of which an attempt is under way.
    under_way: HashSet<ConversationId>,
    /// Conversations of which something may wait behind another: when that ends, it is looked for.
    behind: HashSet<ConversationId>,
    /// Something may be due that was not named.
    is_more: bool,
    /// When something is due next, as far as it was asked. `None`: ask.
    next: Option<Next>,
}

/// When something is due next; `None` where nothing is.
type Next = Option<Millis>;

impl Dues {
    /// What was accepted here, if that is all that may begin now. `None`: ask the database, which has that, too.
    pub(super) fn named(&mut self, news: News, room: usize, now: Millis) -> Option<Vec<Due>> {
        let is_due = self.next.flatten().is_some_and(|next| next <= now);
        self.is_more |= news.is_more || is_due || news.fresh.len() > room;
        let mut named: Vec<Due> = Vec::with_capacity(news.fresh.len());
        for due in news.fresh {
            let conversation_id = &due.conversation_id;
            let is_second = named
                .iter()
                .any(|first| first.conversation_id == *conversation_id);
            if is_second || self.under_way.contains(conversation_id) {
                self.behind.insert(due.conversation_id);
            } else if self.behind.contains(conversation_id) {
                self.is_more = true;
            } else {
                named.push(due);
            }
        }
        (!self.is_more).then_some(named)
    }

    /// The database was asked for so many, and has given these, each the first of its conversation.
    pub(super) fn looked(&mut self, limit: usize, found: &[Due]) {
        self.is_more = found.len() >= limit;
        self.next = None;
        self.fall_behind(found.iter());
    }

    /// What was named could not begin now: it is found when it can.
    pub(super) fn leave(&mut self) {
        self.is_more = true;
    }

    /// All that was found or named has begun.
    pub(super) fn settle(&mut self) {
        self.is_more = false;
    }

    /// Something may wait behind another of its conversation.
    pub(super) fn fall_behind<'a>(&mut self, dues: impl Iterator<Item = &'a Due>) {
        self.behind
            .extend(dues.map(|due| due.conversation_id.clone()));
    }

    /// An attempt of a conversation begins.
    pub(super) fn begin(&mut self, conversation_id: &ConversationId) {
        self.under_way.insert(conversation_id.clone());
    }

    /// An attempt of a conversation ended; whether the message is done with.
    pub(super) fn end(&mut self, conversation_id: &ConversationId, done: bool) {
        self.under_way.remove(conversation_id);
        self.is_more |= self.behind.remove(conversation_id);
        if !done {
            self.behind.insert(conversation_id.clone());
            self.next = None;
        }
    }

    pub(super) fn next(&self) -> Option<Next> {
        self.next
    }

    pub(super) fn set_next(&mut self, next: Next) {
        self.next = Some(next);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hoopoe_db::{
        Id as _,
        ids::{ConversationId, MessageId},
        model::IdentityKind,
    };

    use super::*;

    fn due() -> Due {
        Due {
            message_id: MessageId::new(0),
            conversation_id: ConversationId::new(0),
            reply_kind: IdentityKind::Phone,
            reply_value: "40722000111".to_owned(),
        }
    }

    fn fresh(count: usize) -> News {
        News {
            fresh: std::iter::repeat_with(due).take(count).collect(),
            is_more: false,
        }
    }

    fn known() -> Dues {
        let mut dues = Dues::default();
        dues.looked(64, &[]);
        dues
    }

    #[test]
    fn a_lane_looks_at_its_start_and_then_takes_what_is_named() {
        let told = Told::default();
        let mut dues = Dues::default();
        assert_eq!(dues.named(told.take(), 64, 0), None);
        dues.looked(64, &[]);
        told.add(Some(due()));
        assert_eq!(dues.named(told.take(), 64, 0).unwrap().len(), 1);
        assert_eq!(dues.named(told.take(), 64, 0).unwrap().len(), 0);
        told.add(None);
        assert_eq!(dues.named(told.take(), 64, 0), None);
    }

    #[test]
    fn what_was_named_in_vain_is_looked_for() {
        let told = Told::default();
        told.take();
        for _ in 0..=MOST {
            told.add(Some(due()));
        }
        assert!(told.take().is_more, "more than are remembered");
        assert_eq!(
            known().named(fresh(3), 2, 0),
            None,
            "more than there is room for"
        );
        let mut left = known();
        left.leave();
        assert_eq!(left.named(fresh(1), 64, 0), None);
        assert_eq!(left.named(fresh(0), 64, 0), None, "until it was looked for");
    }

    /// News of a message in a conversation.
    fn of(first: &Due) -> News {
        News {
            fresh: vec![Due {
                message_id: MessageId::new(0),
                ..first.clone()
            }],
            is_more: false,
        }
    }

    #[test]
    fn what_is_named_behind_another_is_looked_for_when_that_ends() {
        let (mut dues, one, other) = (known(), due(), due());
        assert_eq!(dues.named(of(&one), 64, 0).unwrap().len(), 1);
        dues.begin(&one.conversation_id);
        assert_eq!(dues.named(of(&one), 64, 0).unwrap().len(), 0);
        assert_eq!(dues.named(of(&other), 64, 0).unwrap().len(), 1);
        dues.begin(&other.conversation_id);
        dues.end(&other.conversation_id, true);
        assert!(
            dues.named(fresh(0), 64, 0).is_some(),
            "nothing is behind it"
        );
        dues.end(&one.conversation_id, true);
        assert_eq!(dues.named(fresh(0), 64, 0), None);
    }

    #[test]
    fn of_two_that_are_named_in_one_conversation_the_first_goes() {
        let (mut dues, one) = (known(), due());
        let mut news = of(&one);
        news.fresh.extend(of(&one).fresh);
        let first = news.fresh[0].clone();
        assert_eq!(dues.named(news, 64, 0), Some(vec![first]));
        dues.begin(&one.conversation_id);
        dues.end(&one.conversation_id, true);
        assert_eq!(dues.named(fresh(0), 64, 0), None);
    }

    #[test]
    fn behind_what_was_found_there_may_be_more_and_behind_that_again() {
        let (mut dues, one) = (known(), due());
        for _ in 0..3 {
            dues.looked(64, std::slice::from_ref(&one));
            dues.begin(&one.conversation_id);
            assert!(dues.named(fresh(0), 64, 0).is_some());
            dues.end(&one.conversation_id, true);
            assert_eq!(dues.named(fresh(0), 64, 0), None);
        }
        dues.looked(64, &[]);
        assert!(dues.named(of(&one), 64, 0).is_some());
    }

    #[test]
    fn behind_what_is_not_done_with_the_database_knows_whether_anything_may_go() {
        let (mut dues, one) = (known(), due());
        dues.begin(&one.conversation_id);
        dues.end(&one.conversation_id, false);
        assert_eq!(dues.named(of(&one), 64, 0), None);
    }

    #[test]
    fn what_is_due_by_the_clock_is_looked_for() {
        let mut dues = known();
        assert_eq!(dues.next(), None, "not asked");
        dues.set_next(Some(1000));
        assert!(dues.named(fresh(0), 64, 999).is_some());
        dues.end(&due().conversation_id, false);
        assert_eq!(dues.next(), None, "a retry may come sooner");
        dues.set_next(Some(500));
        assert_eq!(dues.named(fresh(0), 64, 500), None);
    }
}
