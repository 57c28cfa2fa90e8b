//! Which node runs an account's lane. On PostgreSQL there can be several nodes: the lane is run by one at a time, under a lease in the database,
//! so that the account's budgets hold over all of them. The others tell that one what they accept, and take over when it is gone.
//!
//! The lease is renewed by those who need it, once in some seconds, not per message. On SQLite there is one node, and no lease.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hoopoe_db::{
    DbResult, Engine, Millis,
    ids::{AccountId, TenantId},
    outbox::{self, Due},
};
use tokio::sync::Notify;

use super::dues::{News, Told};
use crate::{app::App, realtime};

/// How long a lease holds. Milliseconds.
const HOLDS_MS: Millis = 6_000;

/// With less than this left, it is renewed before anything begins: what begins does so well before the end, and no second of the next holder is
/// one of ours. Milliseconds.
const LEFT_MS: Millis = 3_000;

/// From a node's last attempt to the first one of the next. Milliseconds.
const GAP_MS: Millis = 1_000;

/// The holder is told at most once in this time.
const TELL_EVERY: Duration = Duration::from_millis(20);

/// Wakes a lane.
#[derive(Debug, Default)]
pub(super) struct Signal {
    notify: Notify,
    told: Told,
    /// Something was accepted here, so that no other node knows of it.
    is_news: AtomicBool,
    /// What had failed works again.
    is_back: AtomicBool,
}

impl Signal {
    /// Something was accepted here: a message that may go at once, or something else.
    pub(super) fn tell(&self, due: Option<Due>) {
        self.told.add(due);
        self.is_news.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    /// What had failed works again: nothing needs to wait for that any more.
    pub(super) fn tell_back(&self) {
        self.told.add(None);
        self.is_back.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    pub(super) fn take_back(&self) -> bool {
        self.is_back.swap(false, Ordering::AcqRel)
    }

    /// Something may be due.
    pub(super) fn wake(&self) {
        self.told.add(None);
        self.notify.notify_one();
    }

    /// What was told since this was last called.
    pub(super) fn news(&self) -> News {
        self.told.take()
    }

    pub(super) async fn woken(&self) {
        self.notify.notified().await;
    }

    fn take_news(&self) -> bool {
        self.is_news.swap(false, Ordering::AcqRel)
    }
}

/// What this node knows of who runs a lane.
pub(super) struct Hold {
    app: App,
    tenant_id: TenantId,
    account_id: AccountId,
    signal: Arc<Signal>,
    /// Until when it is this node. Unix milliseconds.
    ours_until: Millis,
    /// Until when it is another, as far as is known. Unix milliseconds.
    elsewhere_until: Millis,
}

impl Hold {
    pub(super) fn new(
        app: App,
        tenant_id: TenantId,
        account_id: AccountId,
        signal: Arc<Signal>,
    ) -> Self {
        Self {
            app,
            tenant_id,
            account_id,
            signal,
            ours_until: 0,
            elsewhere_until: 0,
        }
    }

    /// How long another node is known to run the lane; what was accepted here it is told. Milliseconds.
    pub(super) async fn elsewhere(&self, now: Millis) -> Option<Millis> {
        if self.elsewhere_until <= now {
            return None;
        }
        if self.signal.take_news() {
            realtime::tell_outbox(&self.app, &self.account_id);
            let pause = tokio::time::sleep(TELL_EVERY);
            let stopping = self.app.tasks.stopping();
            stopping.run_until_cancelled(pause).await;
        }
        Some(self.elsewhere_until - now)
    }

    /// Makes sure that this node runs the lane, before anything begins. Whether it does.
    pub(super) async fn take(&mut self, now: Millis) -> DbResult<bool> {
        if self.is_alone() || self.ours_until - now > LEFT_MS {
            return Ok(true);
        }
        let (db, until) = (&self.app.db, now + HOLDS_MS);
        let whose = (&self.tenant_id, &self.account_id);
        let other = outbox::hold_lane(db, whose, &self.app.node_id, now, until).await?;
        (self.ours_until, self.elsewhere_until) = match other {
            Some(other) => (0, other),
            None => (until, 0),
        };
        Ok(other.is_none())
    }

    /// Lets another node have the lane.
    pub(super) async fn release(&mut self) {
        let now = self.app.clock.now();
        if self.is_alone() || self.ours_until <= now {
            return;
        }
        self.ours_until = 0;
        let whose = (&self.tenant_id, &self.account_id);
        let released =
            outbox::release_lane(&self.app.db, whose, &self.app.node_id, now + GAP_MS).await;
        if let Err(error) = released {
            tracing::debug!(%error, "a lane was not released; its lease ends by itself");
        }
    }

    fn is_alone(&self) -> bool {
        self.app.db.engine() == Engine::Sqlite
    }
}
