//! A started target with its senders and listeners: what every section that sends messages works on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::{JoinHandle, JoinSet};

use crate::load::board::Board;
use crate::load::listener::Listener;
use crate::load::senders::{Senders, Sent, enough_for};
use crate::load::webhooks::{CONTACTS, Requests};
use crate::machine::own_cpu;
use crate::measure::{Label, Metric, Run};
use crate::numbers::{count, float};
use crate::targets::{Order, Running};

/// Keep-alive connections that deliver webhooks, or post messages.
pub const CONNECTIONS: usize = 32;
/// Listeners that connect at the same time.
const CONNECTING: usize = 64;
/// How long nothing may arrive before what is missing counts as lost.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A running target under load. The server stops when this is dropped.
#[derive(Debug)]
pub struct Stage {
    /// The target.
    pub running: Running,
    /// Shared by senders and listeners.
    pub board: Arc<Board>,
    /// Durable messages per second, as far as known: trials are prepared for it.
    pub rate: f64,
    senders: Senders,
    listeners: Vec<JoinHandle<()>>,
}

impl Stage {
    /// Starts a target, and sends until every contact exists and the program has warmed up.
    pub async fn open(run: &mut Run, order: &Order) -> Result<Self> {
        Self::open_on(run, order, Arc::default()).await
    }

    /// The same, on a board that a provider knows already.
    pub async fn open_on(run: &mut Run, order: &Order, board: Arc<Board>) -> Result<Self> {
        let mut stage = Self::idle_on(run, order, board).await?;
        let contacts = stage.requests(CONTACTS)?;
        let first = stage.senders.peak(contacts, Duration::from_mins(1)).await?;
        stage.rate = first.per_second() * 4.0;
        stage.peak(run.args().warm_up()).await?;
        Ok(stage)
    }

    /// Starts a target and leaves it as fresh as it is.
    pub async fn idle(run: &mut Run, order: &Order) -> Result<Self> {
        Self::idle_on(run, order, Arc::default()).await
    }

    async fn idle_on(run: &mut Run, order: &Order, board: Arc<Board>) -> Result<Self> {
        let running = run.workshop.start(order).await?;
        let senders = Senders::open(running.address, CONNECTIONS, Arc::clone(&board)).await?;
        Ok(Self {
            running,
            board,
            rate: 0.0,
            senders,
            listeners: Vec::new(),
        })
    }

    /// Signed messages for this target.
    pub fn requests(&self, amount: u64) -> Result<Requests> {
        Requests::build(&self.running.door, &self.board, amount)
    }

    /// Connects further listeners of `token` until there are `amount`; how long that took.
    pub async fn listen(&mut self, token: &str, amount: usize) -> Result<Duration> {
        let more = amount.saturating_sub(self.listeners.len());
        let start = Instant::now();
        let connected = connect(self.running.address, token, more).await?;
        let elapsed = start.elapsed();
        for listener in connected {
            self.listeners
                .push(tokio::spawn(listener.run(Arc::clone(&self.board))));
        }
        Ok(elapsed)
    }

    /// The same, of the agent who sees the first account.
    pub async fn listen_to_first(&mut self, amount: usize) -> Result<Duration> {
        let token = self.running.tokens.first().context("no token")?.clone();
        self.listen(&token, amount).await
    }

    /// Listeners connected so far.
    pub fn listeners(&self) -> u64 {
        count(self.listeners.len())
    }

    /// As fast as answers come, for `length`.
    pub async fn peak(&mut self, length: Duration) -> Result<Sent> {
        let requests = self.requests(enough_for(self.rate, length))?;
        let sent = self.senders.peak(requests, length).await?;
        self.rate = sent.per_second();
        Ok(sent)
    }

    /// At a fixed rate, for `length`.
    pub async fn paced(&mut self, rate: f64, length: Duration) -> Result<Sent> {
        let requests = self.requests(crate::numbers::whole(rate * length.as_secs_f64()))?;
        self.senders.paced(requests, rate).await
    }

    /// One after another on one connection.
    pub async fn lone(&mut self, amount: u64) -> Result<Sent> {
        let mut sender = Senders::open(self.running.address, 1, Arc::clone(&self.board)).await?;
        sender
            .peak(self.requests(amount)?, Duration::from_secs(10))
            .await
    }

    /// Sends `amount` messages at once over all connections and waits until every one of `deliveries` arrived.
    pub async fn wave(&mut self, requests: Requests, deliveries: u64) -> Result<bool> {
        let goal = self.board.deliveries() + deliveries;
        self.senders.peak(requests, Duration::from_mins(1)).await?;
        Ok(self.board.reach(goal, PATIENCE).await)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.listeners.iter().for_each(JoinHandle::abort);
    }
}

async fn connect(address: SocketAddr, token: &str, amount: usize) -> Result<Vec<Listener>> {
    let mut connected = Vec::with_capacity(amount);
    let mut connecting = JoinSet::new();
    for _ in 0..amount {
        if connecting.len() >= CONNECTING
            && let Some(listener) = connecting.join_next().await
        {
            connected.push(listener??);
        }
        let token = token.to_owned();
        connecting.spawn(async move { Listener::connect(address, &token).await });
    }
    while let Some(listener) = connecting.join_next().await {
        connected.push(listener??);
    }
    Ok(connected)
}

/// Measures one trial from outside: CPU of all concerned, latency to the sockets, completeness.
#[derive(Debug)]
pub struct Watch {
    start: Instant,
    server: Duration,
    database: Option<Duration>,
    driver: Duration,
    deliveries: u64,
}

impl Watch {
    /// Starts just before a trial.
    pub fn start(stage: &Stage) -> Self {
        let (server, database) = stage.running.usage();
        stage.board.to_socket.clear();
        Self {
            start: Instant::now(),
            server: server.cpu,
            database: database.map(|usage| usage.cpu),
            driver: own_cpu(),
            deliveries: stage.board.deliveries(),
        }
    }

    /// Waits for the trial's deliveries, then keeps all numbers of it.
    pub async fn finish(self, run: &mut Run, label: Label<'_>, stage: &Stage, sent: &Sent) {
        let expected = sent.stored * stage.listeners();
        let complete = stage
            .board
            .reach(self.deliveries + expected, PATIENCE)
            .await;
        let driver = own_cpu().saturating_sub(self.driver);
        let busy = driver.as_secs_f64() / self.start.elapsed().as_secs_f64() * 100.0;
        run.note(label, Metric::DriverBusyPercent, busy);
        self.note_cpu(run, label, stage, sent.stored);
        run.note(label, Metric::AnswerP50Ms, sent.to_answer.quantile_ms(0.5));
        run.note(label, Metric::AnswerP99Ms, sent.to_answer.quantile_ms(0.99));
        run.note(
            label,
            Metric::SocketP50Ms,
            stage.board.to_socket.quantile_ms(0.5),
        );
        run.note(
            label,
            Metric::SocketP99Ms,
            stage.board.to_socket.quantile_ms(0.99),
        );
        if sent.refused > 0 {
            run.warn(
                label,
                &format!(
                    "{} of {} messages were not answered 200",
                    sent.refused,
                    sent.stored + sent.refused
                ),
            );
        }
        if !complete {
            let (arrived, cut) = (
                stage.board.deliveries() - self.deliveries,
                stage.board.cut_listeners(),
            );
            run.warn(
                label,
                &format!("{arrived} of {expected} deliveries arrived, {cut} listeners were cut"),
            );
        }
    }

    fn note_cpu(&self, run: &mut Run, label: Label<'_>, stage: &Stage, messages: u64) {
        let (server, database) = stage.running.usage();
        let per_message = |cpu: Duration| cpu.as_secs_f64() * 1e6 / float(messages.max(1));
        run.note(
            label,
            Metric::ServerCpuUs,
            per_message(server.cpu.saturating_sub(self.server)),
        );
        let database = database
            .zip(self.database)
            .map(|(now, before)| now.cpu.saturating_sub(before));
        run.note(label, Metric::DatabaseCpuUs, database.map(per_message));
        run.note(
            label,
            Metric::ResidentMib,
            float(server.resident) / 1_048_576.0,
        );
    }
}
