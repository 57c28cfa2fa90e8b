//! Posts updates to the business: signed, one lane per customer so that order holds, repeated until the
//! answer is 200. The engine calls `deliver`; everything else runs on its own tasks.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tracing::debug;

use super::log::{Delivery, DeliveryState};
use super::meta_json::to_meta_json;
use super::signature::{SIGNATURE_HEADER, sign};
use super::switches::Switches;
use super::update::{Update, envelope};
use crate::SimApp;
use crate::engine::{Engine, PageEvent};

/// Which updates must stay in order: those of one app and one customer, or all of an app when batching.
type LaneKey = (usize, String);

/// Updates waiting, by lane. A lane exists exactly as long as a task works on it.
pub(crate) type Lanes = HashMap<LaneKey, VecDeque<Waiting>>;

/// One update waiting in its lane.
pub(crate) struct Waiting {
    delivery: u64,
    update: Update,
}

/// How one POST ended.
struct Answer {
    status: Option<u16>,
    error: Option<String>,
}

impl Engine {
    /// Queues an update for delivery and returns its number in the log.
    pub(crate) fn deliver(self: &Arc<Self>, update: Update) -> u64 {
        let now_ms = self.clock.now_ms();
        let delivery = self.log.with(|log| log.open(&update, now_ms));
        let id = delivery.id;
        self.work_begins();
        self.announce_delivery(delivery);
        let batching = self.switches.with(|switches| switches.batch) > 1;
        let lane = if batching {
            String::new()
        } else {
            update.customer.clone()
        };
        let key = (update.app, lane);
        let waiting = Waiting {
            delivery: id,
            update,
        };
        let is_new = self.lanes.with(|lanes| {
            let known = lanes.contains_key(&key);
            lanes.entry(key.clone()).or_default().push_back(waiting);
            !known
        });
        if is_new {
            let engine = Arc::clone(self);
            self.spawn(async move { engine.work_lane(key).await });
        }
        id
    }

    async fn work_lane(self: Arc<Self>, key: LaneKey) {
        loop {
            self.wait_for_batch(&key).await;
            let most = self.switches.with(|switches| switches.batch).max(1);
            let batch: Vec<Waiting> = self.lanes.with(|lanes| {
                let lane = lanes.entry(key.clone()).or_default();
                let taken = lane.drain(..most.min(lane.len())).collect::<Vec<_>>();
                if taken.is_empty() {
                    lanes.remove(&key);
                }
                taken
            });
            if batch.is_empty() {
                return;
            }
            let count = batch.len();
            self.post_until_done(key.0, batch).await;
            (0..count).for_each(|_| self.work_ends());
        }
    }

    /// Gives a batch a moment to fill up.
    async fn wait_for_batch(&self, key: &LaneKey) {
        let most = self.switches.with(|switches| switches.batch);
        if most <= 1 {
            return;
        }
        let step = Duration::from_millis(5);
        let mut left = Duration::from_millis(self.timing().batch_wait_ms);
        let queued = || {
            self.lanes
                .with(|lanes| lanes.get(key).map_or(0, VecDeque::len))
        };
        while queued() > 0 && queued() < most && !left.is_zero() {
            self.pause(step).await;
            left = left.saturating_sub(step);
        }
    }

    async fn post_until_done(&self, app: usize, batch: Vec<Waiting>) {
        let (ids, updates): (Vec<u64>, Vec<Update>) = batch
            .into_iter()
            .map(|waiting| (waiting.delivery, waiting.update))
            .unzip();
        let mut attempt: u32 = 0;
        while !self.stopping() {
            let switches = self.switches();
            if switches.hold {
                self.pause(Duration::from_millis(10)).await;
                continue;
            }
            let is_status = |update: &Update| update.summary.starts_with("status ");
            if switches.drop || (switches.drop_statuses && updates.iter().all(is_status)) {
                return self.record(&ids, |d| d.state = DeliveryState::Dropped);
            }
            attempt = attempt.saturating_add(1);
            let body = Bytes::from(to_meta_json(&envelope(
                &updates,
                switches.twice_inside_post,
            )));
            let answer = self.post_once(app, &body, &switches).await;
            let retry = self.timing().retry;
            let may_retry = retry.max_attempts.is_none_or(|most| attempt < most);
            let done = self.record_answer(&ids, &body, &answer, may_retry);
            if done {
                if answer.status == Some(200) {
                    self.post_copies(app, &ids, &body, &switches).await;
                }
                return;
            }
            self.pause(Duration::from_millis(retry.wait_ms(attempt)))
                .await;
        }
    }

    async fn post_copies(&self, app: usize, ids: &[u64], body: &Bytes, switches: &Switches) {
        for _ in 0..switches.extra_copies {
            self.post_once(app, body, switches).await;
            self.record(ids, |d| d.attempts = d.attempts.saturating_add(1));
        }
    }

    async fn post_once(&self, app: usize, body: &Bytes, switches: &Switches) -> Answer {
        let found = self.world.with(|world| world.apps.get(app).cloned());
        let Some(SimApp {
            callback_url,
            app_secret,
            ..
        }) = found
        else {
            return Answer {
                status: None,
                error: Some("no such app".to_owned()),
            };
        };
        let secret = if switches.wrong_signature {
            "not the secret"
        } else {
            &app_secret
        };
        let _permit = self.posts.acquire().await;
        self.posted.fetch_add(1, Ordering::Relaxed);
        let answer = self
            .http
            .post(&callback_url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "facebookexternalua")
            .header(SIGNATURE_HEADER, sign(secret, body))
            .timeout(Duration::from_millis(self.timing().callback_timeout_ms))
            .body(body.clone())
            .send()
            .await;
        match answer {
            Ok(response) => {
                let status = response.status().as_u16();
                // Read to the end, so that the connection can be used again.
                let text = response.text().await.unwrap_or_default();
                let error = (status != 200).then(|| format!("HTTP {status} {}", short(&text)));
                Answer {
                    status: Some(status),
                    error,
                }
            }
            Err(error) => Answer {
                status: None,
                error: Some(error.without_url().to_string()),
            },
        }
    }

    /// Notes how a POST ended; true when nothing more is to be done.
    fn record_answer(&self, ids: &[u64], body: &Bytes, answer: &Answer, may_retry: bool) -> bool {
        let now_ms = self.clock.now_ms();
        let state = match answer.status {
            Some(200) => DeliveryState::Delivered,
            _ if may_retry => DeliveryState::Retrying,
            _ => DeliveryState::GaveUp,
        };
        if let Some(error) = &answer.error {
            debug!(error, "webhook was not accepted");
        }
        self.record(ids, |d| {
            d.state = state;
            d.attempts = d.attempts.saturating_add(1);
            d.last_status = answer.status;
            d.last_error.clone_from(&answer.error);
            d.body = body.clone();
            d.delivered_at = (state == DeliveryState::Delivered).then_some(now_ms);
        });
        state.is_final()
    }

    fn record(&self, ids: &[u64], change: impl Fn(&mut Delivery)) {
        for id in ids {
            let changed = self.log.with(|log| log.change(*id, &change));
            if let Some(delivery) = changed {
                self.announce_delivery(delivery);
            }
        }
    }

    fn announce_delivery(&self, delivery: Delivery) {
        if delivery.field == "messages" || delivery.field == "smb_message_echoes" {
            self.world.with(|world| {
                world.chats.note_webhook(&delivery);
            });
        }
        self.announce(PageEvent::Delivery { delivery });
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}
