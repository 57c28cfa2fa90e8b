//! Who sits on this node: one seat per connected socket, with what its user may see and what waits for it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use hoopoe_db::{
    Millis,
    ids::{TenantId, UserId},
    presence, streams,
};
use socketioxide::{extract::SocketRef, socket::Sid};

use super::{backlog::Backlog, hints::Queue, viewing};
use crate::{auth::Access, serve::Line};

/// A connected socket.
#[derive(Debug)]
pub(super) struct Seat {
    pub sid: Sid,
    /// What it said and was not worked yet.
    pub queue: Queue,
    /// What waits for it.
    pub backlog: Backlog,
    access: Mutex<Access>,
    viewing: Mutex<Option<viewing::Place>>,
    slow_since: OnceLock<Instant>,
}

impl Seat {
    pub(super) fn access(&self) -> Access {
        self.access
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gives it what it may see from now on.
    pub(super) fn set_access(&self, access: Access) {
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = access;
    }

    /// The streams it may follow.
    pub(super) fn streams(&self) -> Vec<String> {
        let access = self.access();
        streams::visible(&access.tenant_id, &access.user_id, access.accounts())
    }

    /// What it looks at.
    pub(super) fn viewing(&self) -> Option<viewing::Place> {
        self.viewing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes what it looks at; gives what it looked at before.
    pub(super) fn look_at(&self, place: Option<viewing::Place>) -> Option<viewing::Place> {
        let mut viewing = self.viewing.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *viewing, place)
    }

    /// Whether it was found to read too slowly.
    pub(super) fn is_slow(&self) -> bool {
        self.slow_since.get().is_some()
    }

    /// Notes that it reads too slowly. Whether that is news.
    pub(super) fn mark_slow(&self) -> bool {
        self.slow_since.set(Instant::now()).is_ok()
    }

    /// For how long it has been too slow.
    pub(super) fn slow_for(&self) -> Duration {
        let since = self.slow_since.get();
        since.map(Instant::elapsed).unwrap_or_default()
    }

    /// As a presence row that holds until a time.
    pub(super) fn presence(&self, node_id: &str, expires_at: Millis) -> presence::Row {
        let access = self.access();
        let viewing = self.viewing();
        presence::Row {
            connection_id: self.sid.to_string(),
            node_id: node_id.to_owned(),
            tenant_id: access.tenant_id,
            user_id: access.user_id,
            account_id: viewing.as_ref().map(|place| place.account_id.clone()),
            conversation_id: viewing.map(|place| place.conversation_id),
            expires_at,
        }
    }
}

/// All seats of this node.
#[derive(Debug, Default)]
pub(super) struct Seats {
    by_sid: Mutex<HashMap<Sid, Arc<Seat>>>,
    /// Connections that were told to go.
    leaving: Mutex<Vec<Leaving>>,
}

/// A connection that was told to go.
#[derive(Debug)]
struct Leaving {
    since: Instant,
    line: Arc<Line>,
    /// How much had left when it was last looked at, and since when it is so much.
    written: u64,
    quiet_since: Instant,
}

impl Seats {
    pub(super) fn len(&self) -> usize {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    pub(super) fn take(&self, socket: &SocketRef, access: Access) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            sid: socket.id,
            queue: Queue::default(),
            backlog: Backlog::new(line_of(socket)),
            access: Mutex::new(access),
            viewing: Mutex::default(),
            slow_since: OnceLock::new(),
        });
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(seat.sid, Arc::clone(&seat));
        seat
    }

    pub(super) fn leave(&self, sid: Sid) -> Option<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&sid)
    }

    pub(super) fn find(&self, sid: Sid) -> Option<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sid)
            .cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Seat>> {
        self.by_sid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Every stream that somebody here follows.
    pub(super) fn streams(&self) -> BTreeSet<String> {
        self.all().iter().flat_map(|seat| seat.streams()).collect()
    }

    /// Whether a user has a socket open on this node.
    pub(super) fn has_user(&self, user_id: &UserId) -> bool {
        self.all()
            .iter()
            .any(|seat| seat.access().user_id == *user_id)
    }

    /// Users of a tenant with a socket open on this node.
    pub(super) fn online(&self, tenant_id: &TenantId) -> BTreeSet<UserId> {
        let seats = self.all();
        seats
            .iter()
            .map(|seat| seat.access())
            .filter(|a| a.tenant_id == *tenant_id)
            .map(|a| a.user_id)
            .collect()
    }

    /// Notes a connection that was told to go.
    pub(super) fn expect_to_leave(&self, line: Arc<Line>) {
        let (since, written) = (Instant::now(), line.written());
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.push(Leaving {
            since,
            line,
            written,
            quiet_since: since,
        });
    }

    /// Connections that were told to go and have read nothing for so long, or are still there after so long.
    pub(super) fn take_overdue(&self, quiet: Duration, longest: Duration) -> Vec<Arc<Line>> {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut overdue = Vec::new();
        leaving.retain_mut(|one| {
            let written = one.line.written();
            if written != one.written {
                (one.written, one.quiet_since) = (written, Instant::now());
            }
            let is_overdue = one.quiet_since.elapsed() > quiet || one.since.elapsed() > longest;
            if is_overdue {
                overdue.push(Arc::clone(&one.line));
            }
            !is_overdue
        });
        overdue
    }
}

/// The connection that carries a socket. Unknown with long polling, where each request may come on another.
fn line_of(socket: &SocketRef) -> Option<Arc<Line>> {
    let opening = socket.req_parts();
    let is_websocket = opening
        .uri
        .query()
        .is_some_and(|query| query.split('&').any(|part| part == "transport=websocket"));
    is_websocket
        .then(|| opening.extensions.get::<Arc<Line>>().cloned())
        .flatten()
}
