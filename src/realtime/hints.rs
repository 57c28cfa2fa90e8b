//! What a client says in passing: that it types, that it looks at something. One queue per connection, worked in order by one task at a time;
//! what is too much is not heard. There is no task while nothing waits, so an idle socket costs none.

use std::{
    collections::{HashMap, VecDeque},
    future::{Ready, ready},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hoopoe_db::{
    conversations,
    ids::{AccountId, ConversationId},
};
use serde::Deserialize;
use socketioxide::extract::{Data, SocketRef, State};

use super::{ephemeral, seats::Seat, typing, viewing};
use crate::{app::App, auth::Access};

/// What one connection may say in a while; more is not heard.
const MAX_HINTS: u32 = 40;
const HINTS_WHILE: Duration = Duration::from_secs(10);

/// Most that wait to be worked.
const MAX_WAITING: usize = 16;

/// Most conversations whose account is remembered.
const MAX_KNOWN: usize = 64;

/// Content of `typing`.
#[derive(Debug, Deserialize)]
pub(super) struct Typing {
    pub conversation_id: ConversationId,
    pub on: bool,
}

/// Content of `view`.
#[derive(Debug, Deserialize)]
pub(super) struct View {
    pub conversation_id: Option<ConversationId>,
}

/// Something to be worked.
#[derive(Debug)]
enum Said {
    Typing(Typing),
    View(View),
    /// The connection is closed: nothing follows.
    Bye,
}

/// What a connection said and was not worked yet, and which conversations it may speak of.
#[derive(Debug)]
pub(super) struct Queue {
    line: Mutex<Line>,
    /// A conversation stays with its account for ever; whether the account may be seen is asked each time.
    known: Mutex<HashMap<ConversationId, AccountId>>,
}

#[derive(Debug)]
struct Line {
    waiting: VecDeque<Said>,
    is_worked: bool,
    is_closed: bool,
    since: Instant,
    count: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            line: Mutex::new(Line {
                waiting: VecDeque::new(),
                is_worked: false,
                is_closed: false,
                since: Instant::now(),
                count: 0,
            }),
            known: Mutex::default(),
        }
    }
}

impl Line {
    /// Whether one more thing may be said now.
    fn may_say(&mut self) -> bool {
        if self.since.elapsed() > HINTS_WHILE {
            (self.since, self.count) = (Instant::now(), 0);
        }
        self.count += 1;
        self.count <= MAX_HINTS && self.waiting.len() < MAX_WAITING && !self.is_closed
    }

    /// Takes something in. Whether nobody works the queue and somebody has to begin.
    fn push(&mut self, said: Said) -> bool {
        self.waiting.push_back(said);
        !std::mem::replace(&mut self.is_worked, true)
    }
}

impl Queue {
    fn say(&self, said: Said) -> bool {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.may_say() && line.push(said)
    }

    /// As [`say`](Self::say), for what the server says itself and has to be worked.
    fn insist(&self, said: Said) -> bool {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.is_closed {
            return false;
        }
        line.is_closed = matches!(said, Said::Bye);
        line.push(said)
    }

    fn next(&self) -> Option<Said> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let next = line.waiting.pop_front();
        line.is_worked = next.is_some();
        next
    }

    /// Forgets which conversations were spoken of: the connection's rights changed.
    pub(super) fn forget(&self) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn account_of(&self, id: &ConversationId) -> Option<AccountId> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).cloned()
    }

    fn remember(&self, id: &ConversationId, account_id: &AccountId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(id.clone(), account_id.clone());
    }
}

/// `typing {conversation_id, on}`. Queued before the future begins: the library makes futures in the order of the packets, and then runs them
/// in any.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what the library hands to its handlers"
)]
pub(super) fn typing(
    socket: SocketRef,
    Data(said): Data<Typing>,
    State(app): State<App>,
) -> Ready<()> {
    hear(&app, &socket, Said::Typing(said));
    ready(())
}

/// `view {conversation_id}`: this tab looks at a conversation, or with `null` at none.
#[expect(
    clippy::needless_pass_by_value,
    reason = "what the library hands to its handlers"
)]
pub(super) fn view(socket: SocketRef, Data(said): Data<View>, State(app): State<App>) -> Ready<()> {
    hear(&app, &socket, Said::View(said));
    ready(())
}

fn hear(app: &App, socket: &SocketRef, said: Said) {
    let Some(seat) = app.hub.seats().find(socket.id) else {
        return;
    };
    if seat.queue.say(said) {
        app.tasks.spawn(work(app.clone(), seat));
    }
}

/// The connection looks at nothing any more: what it looked at is no longer for it.
pub(super) fn look_away(app: &App, seat: &Arc<Seat>) {
    let nothing = View {
        conversation_id: None,
    };
    if seat.queue.insist(Said::View(nothing)) {
        app.tasks.spawn(work(app.clone(), Arc::clone(seat)));
    }
}

/// The connection is closed: what it said is worked, then what it leaves behind is cleared away.
pub(super) fn close(app: &App, seat: Arc<Seat>) {
    if seat.queue.insist(Said::Bye) {
        app.tasks.spawn(work(app.clone(), seat));
    }
}

async fn work(app: App, seat: Arc<Seat>) {
    while let Some(said) = seat.queue.next() {
        match said {
            Said::Typing(said) => typing::say(&app, &seat, said).await,
            Said::View(said) => viewing::look(&app, &seat, said.conversation_id).await,
            Said::Bye => ephemeral::left(&app, &seat).await,
        }
    }
}

/// Who speaks, and on which account the conversation is, if they may see it.
pub(super) async fn may_speak_of(
    app: &App,
    seat: &Seat,
    id: &ConversationId,
) -> Option<(Access, AccountId)> {
    let access = seat.access();
    let account_id = if let Some(known) = seat.queue.account_of(id) {
        known
    } else {
        let found = conversations::get(&app.db, &access.tenant_id, id).await;
        let account_id = found.ok()?.account_id;
        seat.queue.remember(id, &account_id);
        account_id
    };
    access.may_see(&account_id).then_some((access, account_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Said {
        Said::View(View {
            conversation_id: None,
        })
    }

    #[test]
    fn one_worker_at_a_time_and_what_is_too_much_is_not_heard() {
        let queue = Queue::default();
        assert!(queue.say(nothing()), "somebody has to begin");
        assert!(!queue.say(nothing()), "and is at it");
        while queue.next().is_some() {}
        assert!(queue.say(nothing()), "begins again");
        for _ in 0..100 {
            queue.say(nothing());
        }
        assert_eq!(std::iter::from_fn(|| queue.next()).count(), MAX_WAITING);
        for _ in 0..100 {
            queue.say(nothing());
            queue.next();
        }
        assert!(!queue.say(nothing()), "not so much in so short a time");
    }

    #[test]
    fn the_end_is_always_heard_and_nothing_after_it() {
        let queue = Queue::default();
        for _ in 0..100 {
            queue.say(nothing());
        }
        assert!(!queue.insist(Said::Bye), "behind what waits");
        assert!(!queue.insist(nothing()) && !queue.say(nothing()));
        let all: Vec<Said> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(all.len(), MAX_WAITING + 1);
        assert!(matches!(all.last(), Some(Said::Bye)));
    }
}
