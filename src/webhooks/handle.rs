//! What the dispatcher and the runner of a webhook share.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use hoopoe_db::{
    Millis,
    webhooks::{Behind, SealedWebhook},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// With less than this left of the lease no attempt is begun: it ends before another node may begin. Milliseconds.
const LEFT_MS: Millis = 15_000;

/// A webhook that this node delivers for.
#[derive(Debug)]
pub(super) struct Handle {
    version: AtomicI64,
    /// Nothing arrived the last time.
    failing: AtomicBool,
    /// Streams with news, by name.
    news: Mutex<HashMap<String, Behind>>,
    wake: Notify,
    lease_until: AtomicI64,
    /// It is no longer this node's, or switched off.
    gone: CancellationToken,
    /// The runner has ended.
    ended: CancellationToken,
}

impl Handle {
    pub(super) fn new(sealed: &SealedWebhook, gone: CancellationToken) -> Self {
        Self {
            version: AtomicI64::new(sealed.version),
            failing: AtomicBool::new(sealed.webhook.failing_since.is_some()),
            news: Mutex::default(),
            wake: Notify::new(),
            lease_until: AtomicI64::new(0),
            gone,
            ended: CancellationToken::new(),
        }
    }

    /// The version that the webhook has.
    pub(super) fn version(&self) -> i64 {
        self.version.load(Ordering::Acquire)
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }

    pub(super) fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Release);
    }

    /// Takes over which version the webhook has, and until when it is this node's.
    pub(super) fn renew(&self, sealed: &SealedWebhook, until: Millis) {
        self.lease_until.store(until, Ordering::Release);
        if self.version.swap(sealed.version, Ordering::AcqRel) != sealed.version {
            self.wake.notify_one();
        }
    }

    /// Tells that a stream has news.
    pub(super) fn tell(&self, behind: Behind) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.insert(behind.stream_id.clone(), behind);
        drop(news);
        self.wake.notify_one();
    }

    /// Lets the runner look at what is due.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(super) fn take_news(&self) -> Vec<Behind> {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.drain().map(|(_, behind)| behind).collect()
    }

    /// Whether there is time for an attempt before the lease ends.
    pub(super) fn may_begin(&self, now: Millis) -> bool {
        self.lease_until.load(Ordering::Acquire) - now > LEFT_MS
    }

    pub(super) fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    pub(super) fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}
