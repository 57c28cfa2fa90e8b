//! Takes the log's events into a webhook's deliveries. What is durable is the cursor, written together with the deliveries; what is passed over because
//! the webhook does not want it is remembered here and written now and then, so that it costs no write per event.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hoopoe_db::{
    Millis,
    ids::AccountId,
    webhooks::{self, Fed, Lane, SealedWebhook},
};

use super::{handle::Handle, told::Teller};
use crate::app::App;

/// Events of a stream that are taken at once, and deliveries that may wait in one lane: the rest waits in the log.
const AT_ONCE: i64 = 100;

/// Events that may be passed over before the cursor is written, and for how long at most. Milliseconds.
const PASSED_OVER: i64 = 2_000;
const WRITE_EVERY_MS: Millis = 30_000;

/// Where a stream stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// As it is in the database.
    cursor: Option<i64>,
    /// Up to where it was looked at.
    seen: i64,
    /// The last event that is known of.
    head: i64,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// There are new deliveries.
    pub any: bool,
    /// There is more that could be taken at once.
    pub more: bool,
}

/// What is known of a webhook's streams.
#[derive(Debug)]
pub(super) struct Feeding {
    sealed: Arc<SealedWebhook>,
    places: BTreeMap<String, Place>,
    down: BTreeSet<AccountId>,
    written_at: Millis,
    /// What is known here may not be what is in the database.
    is_stale: bool,
}

impl Feeding {
    pub(super) fn new(sealed: Arc<SealedWebhook>) -> Self {
        Self {
            places: BTreeMap::new(),
            down: sealed.down_accounts.iter().cloned().collect(),
            sealed,
            written_at: 0,
            is_stale: false,
        }
    }

    /// The webhook as it is now. Where it was changed, what was known of its streams counts for nothing; where its cursors are of another life of the
    /// log, the receiver is told that it has to load again.
    pub(super) async fn refresh(
        &mut self,
        app: &App,
        handle: &Handle,
    ) -> anyhow::Result<Arc<SealedWebhook>> {
        if self.is_stale || handle.version() != self.sealed.version {
            let of = &self.sealed;
            let fresh = webhooks::get_webhook(&app.db, &of.tenant_id, &of.webhook.id).await;
            if matches!(fresh, Err(hoopoe_db::DbError::NotFound)) {
                handle.gone().cancel();
            }
            *self = Self::new(Arc::new(fresh?));
            app.webhooks.changed.notify_one();
        }
        if self.sealed.epoch != app.epoch {
            self.begin_anew(app).await?;
        }
        for behind in handle.take_news() {
            if !webhooks::follows(&self.sealed.webhook.account_ids, &behind.stream_id) {
                continue;
            }
            let place = self.places.entry(behind.stream_id).or_insert(Place {
                cursor: behind.cursor,
                seen: behind.cursor.unwrap_or_default(),
                head: behind.head,
            });
            place.head = place.head.max(behind.head);
        }
        Ok(Arc::clone(&self.sealed))
    }

    async fn begin_anew(&mut self, app: &App) -> anyhow::Result<()> {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        let heads = webhooks::reset_cursors(&mut tx, &self.sealed, &app.epoch, now).await?;
        let teller = self.teller(now);
        let deliveries: serde_json::Result<Vec<_>> = heads
            .iter()
            .map(|(stream, head)| teller.reset(stream, *head))
            .collect();
        let fed = Fed {
            deliveries: deliveries?,
            down_accounts: self.down.iter().cloned().collect(),
            ..Fed::default()
        };
        if webhooks::feed(&mut tx, &self.sealed, &app.node_id, &fed, now).await? {
            tx.commit(now).await?;
            let mut sealed = SealedWebhook::clone(&self.sealed);
            app.epoch.clone_into(&mut sealed.epoch);
            self.sealed = Arc::new(sealed);
        }
        self.places.clear();
        app.webhooks.changed.notify_one();
        Ok(())
    }

    fn teller(&self, now: Millis) -> Teller<'_> {
        Teller {
            tenant_id: &self.sealed.tenant_id,
            webhook: &self.sealed.webhook,
            down: self.down.clone(),
            now,
        }
    }

    /// Takes what is new, of streams in whose lanes there is room.
    pub(super) async fn feed(&mut self, app: &App, lanes: &[Lane]) -> anyhow::Result<Done> {
        let now = app.clock.now();
        let behind = self.behind(lanes);
        let is_due = now - self.written_at >= WRITE_EVERY_MS && self.is_dirty();
        if behind.is_empty() && !is_due {
            return Ok(Done::default());
        }
        let (mut fed, down, more) = self.gather(app, behind, now).await?;
        let any = !fed.deliveries.is_empty();
        if any || down != self.down || is_due || self.has_passed_over_many() {
            fed.down_accounts = down.iter().cloned().collect();
            self.write(app, fed, down).await?;
        }
        Ok(Done { any, more })
    }

    /// Streams with news, and with room for deliveries.
    fn behind(&self, lanes: &[Lane]) -> Vec<(String, Place)> {
        let is_full = |stream: &str| {
            let mut lanes = lanes.iter();
            lanes.any(|lane| lane.lane == stream && lane.waiting >= AT_ONCE)
        };
        self.places
            .iter()
            .filter(|(stream, place)| place.seen < place.head && !is_full(stream))
            .map(|(stream, place)| (stream.clone(), *place))
            .collect()
    }

    /// Reads on in streams: what is to be delivered, what is down after it, and whether there is more.
    async fn gather(
        &mut self,
        app: &App,
        behind: Vec<(String, Place)>,
        now: Millis,
    ) -> anyhow::Result<(Fed, BTreeSet<AccountId>, bool)> {
        let types = Teller::types(&self.sealed.webhook);
        let mut teller = self.teller(now);
        let (mut fed, mut more, mut seen) = (Fed::default(), false, Vec::new());
        for (stream, place) in behind {
            let span = (place.seen, place.head);
            let tenant_id = &self.sealed.tenant_id;
            let page = webhooks::read(&app.db, tenant_id, &stream, span, &types, AT_ONCE).await?;
            if page.reset {
                fed.deliveries.push(teller.reset(&stream, page.until)?);
            }
            for event in &page.events {
                fed.deliveries.extend(teller.tell(&stream, event)?);
            }
            more |= page.until < place.head;
            seen.push((stream, page.until));
        }
        let down = teller.down;
        for (stream, until) in seen {
            if let Some(place) = self.places.get_mut(&stream) {
                place.seen = until;
            }
        }
        Ok((fed, down, more))
    }

    fn is_dirty(&self) -> bool {
        self.places
            .values()
            .any(|place| place.cursor != Some(place.seen))
    }

    fn has_passed_over_many(&self) -> bool {
        let passed = |place: &Place| place.seen - place.cursor.unwrap_or_default();
        self.places
            .values()
            .any(|place| passed(place) > PASSED_OVER)
    }

    /// Writes deliveries and cursors. Where somebody was quicker all is read again.
    async fn write(
        &mut self,
        app: &App,
        mut fed: Fed,
        down: BTreeSet<AccountId>,
    ) -> anyhow::Result<()> {
        let dirty = self
            .places
            .iter()
            .filter(|(_, place)| place.cursor != Some(place.seen));
        fed.cursors = dirty
            .map(|(stream, place)| (stream.clone(), place.cursor, place.seen))
            .collect();
        let now = app.clock.now();
        let written = async {
            let mut tx = app.db.begin().await?;
            let good = webhooks::feed(&mut tx, &self.sealed, &app.node_id, &fed, now).await?;
            if good {
                tx.commit(now).await?;
            }
            Ok::<_, hoopoe_db::DbError>(good)
        }
        .await;
        if !matches!(written, Ok(true)) {
            self.is_stale = true;
            written?;
            app.webhooks.changed.notify_one();
            return Ok(());
        }
        for place in self.places.values_mut() {
            place.cursor = Some(place.seen);
        }
        self.down = down;
        self.written_at = now;
        Ok(())
    }

    /// Writes what was passed over, before somebody else goes on.
    pub(super) async fn leave(&mut self, app: &App) {
        if self.is_stale || !self.is_dirty() {
            return;
        }
        let fed = Fed {
            down_accounts: self.down.iter().cloned().collect(),
            ..Fed::default()
        };
        let down = self.down.clone();
        if let Err(error) = self.write(app, fed, down).await {
            tracing::debug!(%error, "cursors stay where they were: what they passed over is looked at again");
        }
    }
}
