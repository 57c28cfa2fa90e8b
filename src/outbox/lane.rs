//! The lane of one account: finds what is due, keeps the budgets, begins attempts side by side (one per conversation), and slows down or
//! stops where the provider or the account fails. It sleeps until it is woken; nothing is polled.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hoopoe_db::{
    DbResult, Millis, accounts,
    accounts::{ProviderAccess, StateChange},
    ids::{AccountId, ConversationId, MessageId, TenantId},
    model::{AccountState, Channel},
    outbox::{self, Due, Lease},
};
use tokio::sync::mpsc;

use super::{
    attempt::{Attempt, SENDING_LEASE_MS},
    budget::Rate,
    dues::Dues,
    gate::{Gate, MAX_OUTAGE_PAUSE_MS},
    hold::{Hold, Signal},
    line::{KnownLine, Line},
    settle::{Learned, Settled},
    verdict::Lesson,
};
use crate::{app::App, error::ApiResult, linked, realtime};

/// Attempts of one account that may be under way at the same time; more where its rate is higher.
const AT_ONCE: usize = 64;

/// The same of a linked device: a person writes one after another.
const LINKED_AT_ONCE: usize = 4;

/// Until the lane of a linked device looks again whether its connection has come to this node.
const ELSEWHERE_PAUSE: Duration = Duration::from_secs(5);

/// How long a file may go up. Milliseconds.
const PREPARING_LEASE_MS: Millis = 15 * 60 * 1000;

/// Longest sleep: the sweep wakes before.
const LONG: Duration = Duration::from_mins(1);

/// Longest sleep while something is under way.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(2);

/// Pause between probes of an account that was stopped. Milliseconds.
const STOPPED_PAUSE_MS: Millis = 60_000;

pub(super) fn start(
    app: &App,
    (tenant_id, account_id): (TenantId, AccountId),
    signal: Arc<Signal>,
    settled: mpsc::Sender<Settled>,
) {
    let (learned, lessons) = mpsc::unbounded_channel();
    let (tenant, account) = (tenant_id.clone(), account_id.clone());
    let hold = Hold::new(app.clone(), tenant, account, Arc::clone(&signal));
    let lane = Lane {
        hold,
        doubtful: Vec::new(),
        rate: Rate::new(app.clock.clone(), 80),
        app: app.clone(),
        tenant_id,
        account_id,
        signal,
        settled,
        learned,
        lessons,
        under_way: 0,
        at_once: AT_ONCE,
        is_linked: false,
        pairs: HashMap::new(),
        gate: Gate::default(),
        dues: Dues::default(),
        access: None,
        token: None,
    };
    app.tasks.spawn(lane.run());
}

struct Lane {
    app: App,
    hold: Hold,
    /// Claims of which it is not known whether they were written. No attempt followed them.
    doubtful: Vec<MessageId>,
    tenant_id: TenantId,
    account_id: AccountId,
    signal: Arc<Signal>,
    settled: mpsc::Sender<Settled>,
    learned: mpsc::UnboundedSender<Learned>,
    lessons: mpsc::UnboundedReceiver<Learned>,
    under_way: usize,
    at_once: usize,
    /// It goes over a connection, which is on one node.
    is_linked: bool,
    rate: Rate,
    /// People who have had enough for now, and until when.
    pairs: HashMap<ConversationId, Millis>,
    gate: Gate,
    dues: Dues,
    access: Option<KnownLine>,
    /// The sealed token that was used last: what is learnt of one that has been replaced counts for nothing.
    token: Option<String>,
}

impl Lane {
    async fn run(mut self) {
        let stopping = self.app.tasks.stopping().clone();
        while !stopping.is_cancelled() {
            while let Ok(learned) = self.lessons.try_recv() {
                self.heed(learned).await;
            }
            if self.signal.take_back() {
                self.recover(self.app.clock.now()).await;
            }
            let pause = match self.round().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, account = %self.account_id, "nothing can be sent");
                    AWAY_PAUSE
                }
            };
            tokio::select! {
                () = stopping.cancelled() => {}
                Some(learned) = self.lessons.recv() => self.heed(learned).await,
                () = self.signal.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.hold.release().await;
    }

    /// Begins what may begin, and says how long to sleep at most.
    async fn round(&mut self) -> DbResult<Duration> {
        let now = self.app.clock.now();
        if let Some(wait) = self.hold.elsewhere(now).await {
            self.dues.leave();
            return Ok(real(wait));
        }
        self.give_back(now).await?;
        if self.gate.until > now {
            self.dues.leave();
            return Ok(real(self.gate.until - now));
        }
        let room = self.gate.room(self.under_way, self.at_once);
        if room == 0 {
            self.dues.leave();
            return Ok(LONG);
        }
        let full = self.pairs.len();
        self.pairs.retain(|_, until| *until > now);
        if self.pairs.len() < full {
            self.dues.leave();
        }
        let due = self.due(room, now).await?;
        if due.is_empty() {
            return self.rest(now).await;
        }
        // Whatever keeps them from going: they are looked for.
        self.dues.leave();
        let line = self.line().await?;
        if self.is_elsewhere().await? {
            // The connection is another node's, and so is the lane.
            self.hold.release().await;
            realtime::tell_outbox(&self.app, &self.account_id);
            return Ok(ELSEWHERE_PAUSE);
        }
        if !self.hold.take(now).await? {
            // The next round tells the other node what was accepted here.
            return Ok(Duration::ZERO);
        }
        let seen = due.len();
        let (chosen, wait) = self.choose(due, now);
        let begun = chosen.len();
        self.begin(chosen, &line, now).await?;
        if begun == seen && seen < room {
            self.dues.settle();
        }
        match wait {
            Some(wait) => Ok(real(wait)),
            // There may be more behind those that were seen.
            None if begun < seen && seen == room => Ok(Duration::ZERO),
            None => self.rest(now).await,
        }
    }

    /// What may begin: what was accepted here since, or all that the database has.
    async fn due(&mut self, room: usize, now: Millis) -> DbResult<Vec<Due>> {
        let news = self.signal.news();
        if let Some(named) = self.dues.named(news, room, now) {
            return Ok(named);
        }
        let full: Vec<ConversationId> = self.pairs.keys().cloned().collect();
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let (db, tenant_id, account_id) = (&self.app.db, &self.tenant_id, &self.account_id);
        let due = outbox::find_due(db, tenant_id, account_id, &full, now, limit).await?;
        self.dues.looked(room, &due);
        Ok(due)
    }

    /// How the account reaches the provider, or why it can't.
    async fn line(&mut self) -> DbResult<Result<Arc<Line>, String>> {
        let version = self.app.outbox.access.load(Ordering::Acquire);
        if let Some(known) = self.access.as_ref().filter(|known| known.is_good(version)) {
            return Ok(known.line.clone());
        }
        let found = Line::find(&self.app, &self.tenant_id, &self.account_id).await?;
        let Some((access, line)) = found else {
            return Ok(Err("The account was removed.".to_owned()));
        };
        self.follow(&access);
        self.access = Some(KnownLine::new(line.clone(), version));
        Ok(line)
    }

    /// Whether the connection that messages go over is another node's.
    async fn is_elsewhere(&self) -> DbResult<bool> {
        if !self.is_linked {
            return Ok(false);
        }
        linked::is_elsewhere(&self.app, &self.tenant_id, &self.account_id).await
    }

    /// Takes claims back whose writing was not answered.
    async fn give_back(&mut self, now: Millis) -> DbResult<()> {
        if self.doubtful.is_empty() {
            return Ok(());
        }
        let whose = (&self.tenant_id, &self.account_id);
        let node = &self.app.node_id;
        outbox::give_back(&self.app.db, whose, node, &self.doubtful, now).await?;
        self.doubtful.clear();
        Ok(())
    }

    /// Until there may be something to begin. While something is under way, its end wakes the lane, which then looks further.
    async fn rest(&mut self, now: Millis) -> DbResult<Duration> {
        if self.under_way > 0 {
            return Ok(BUSY_PAUSE);
        }
        self.sleep(now).await
    }

    /// Until something is due, or somebody may be written to again.
    async fn sleep(&mut self, now: Millis) -> DbResult<Duration> {
        let (db, tenant_id, account_id) = (&self.app.db, &self.tenant_id, &self.account_id);
        let due = match self.dues.next() {
            Some(known) => known,
            None => outbox::next_due(db, tenant_id, account_id, now).await?,
        };
        self.dues.set_next(due);
        let next = due.into_iter().chain(self.pairs.values().copied()).min();
        Ok(next.map_or(LONG, |next| real(next - now)))
    }

    fn follow(&mut self, access: &ProviderAccess) {
        self.rate.adjust(access.rate_per_second);
        let rate = usize::try_from(access.rate_per_second).unwrap_or(AT_ONCE);
        self.is_linked = access.channel == Channel::Linked;
        self.at_once = if self.is_linked {
            LINKED_AT_ONCE
        } else {
            AT_ONCE.max(rate)
        };
        // How a linked device is, is its supervisor's word.
        self.gate.stopped = access.state == AccountState::Error && !self.is_linked;
        self.token.clone_from(&access.access_token);
    }

    /// Those for which there is a budget; and how long to wait where the account's is spent.
    fn choose(&mut self, due: Vec<Due>, now: Millis) -> (Vec<Due>, Option<Millis>) {
        let mut chosen = Vec::with_capacity(due.len());
        for one in due {
            if let Err(wait) = self.rate.take() {
                return (chosen, Some(wait));
            }
            match self.app.outbox.pairs.take(&one.conversation_id) {
                Ok(()) => chosen.push(one),
                Err(wait) => {
                    self.pairs.insert(one.conversation_id, now + wait);
                }
            }
        }
        (chosen, None)
    }

    async fn begin(
        &mut self,
        chosen: Vec<Due>,
        line: &Result<Arc<Line>, String>,
        now: Millis,
    ) -> DbResult<()> {
        if chosen.is_empty() {
            return Ok(());
        }
        let ids: Vec<MessageId> = chosen.iter().map(|due| due.message_id.clone()).collect();
        let lease = Lease {
            sending: now + SENDING_LEASE_MS,
            preparing: now + PREPARING_LEASE_MS,
        };
        let whose = (&self.tenant_id, &self.account_id);
        let node = &self.app.node_id;
        let claimed = outbox::claim(&self.app.db, whose, node, &ids, now, lease).await;
        let jobs = match claimed {
            Ok(jobs) => jobs,
            Err(error) => {
                self.doubtful = ids;
                return Err(error);
            }
        };
        let mut addresses: HashMap<MessageId, Due> = chosen
            .into_iter()
            .map(|due| (due.message_id.clone(), due))
            .collect();
        for job in jobs {
            let Some(due) = addresses.remove(&job.message_id) else {
                continue;
            };
            self.under_way += 1;
            self.dues.begin(&due.conversation_id);
            let attempt = Attempt {
                app: self.app.clone(),
                linked: self.is_linked,
                line: line.clone(),
                job,
                due,
            };
            let (settled, learned) = (self.settled.clone(), self.learned.clone());
            self.app.tasks.spawn(attempt.run(settled, learned));
        }
        // Those that could not be claimed.
        self.dues.fall_behind(addresses.values());
        Ok(())
    }

    /// Learns from an attempt that has been settled.
    async fn heed(&mut self, learned: Learned) {
        self.under_way = self.under_way.saturating_sub(1);
        self.dues.end(&learned.conversation_id, learned.done);
        let now = self.app.clock.now();
        match learned.lesson {
            Lesson::TooFast(until) => self.gate.until = self.gate.until.max(until),
            Lesson::Away => self.gate.fail(now, MAX_OUTAGE_PAUSE_MS),
            Lesson::Stopped(reason) => {
                self.gate.until = now + STOPPED_PAUSE_MS;
                self.gate.failures += 1;
                self.note(AccountState::Error, Some(&reason)).await;
            }
            Lesson::Works if self.gate.failures > 0 || self.gate.stopped => self.recover(now).await,
            Lesson::Works | Lesson::Nothing => {}
        }
    }

    /// It works again: what waited for that goes at once, within the budgets.
    async fn recover(&mut self, now: Millis) {
        if self.gate.stopped {
            self.note(AccountState::Connected, None).await;
        }
        self.gate = Gate::default();
        self.dues.leave();
        let (db, tenant_id, account_id) = (&self.app.db, &self.tenant_id, &self.account_id);
        if let Err(error) = outbox::hasten(db, tenant_id, account_id, now).await {
            tracing::warn!(%error, "messages that waited go when they are due");
        }
    }

    async fn note(&mut self, state: AccountState, reason: Option<&str>) {
        self.gate.stopped = state == AccountState::Error;
        if let Err(error) = self.update(state, reason).await {
            tracing::warn!(%error, account = %self.account_id, "an account's state could not be noted");
        }
    }

    async fn update(&self, state: AccountState, reason: Option<&str>) -> ApiResult<()> {
        let now = self.app.clock.now();
        let mut tx = self.app.db.begin().await?;
        let change = StateChange {
            state,
            reason,
            access_token: self.token.as_deref(),
            claimed_by: None,
        };
        accounts::update_state(&mut tx, &self.tenant_id, &self.account_id, &change, now).await?;
        self.app.commit(tx).await
    }
}

/// A pause by our clock as a sleep.
fn real(ms: Millis) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default()).min(LONG)
}
