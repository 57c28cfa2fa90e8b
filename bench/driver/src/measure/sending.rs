//! (f) Sending: messages per second from the API's answer to the provider's, how long a message takes to the provider at half of the plain
//! Node stack's peak, and how soon a single one leaves. The provider answers at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::load::board::{Board, Course};
use crate::load::desk::Desk;
use crate::load::provider::Provider;
use crate::load::senders::{Senders, Sent, enough_for};
use crate::load::webhooks::Requests;
use crate::measure::stage::{CONNECTIONS, PATIENCE, Stage, Watch};
use crate::measure::{Label, Metric, Run};
use crate::numbers::{Histogram, count, float, whole};
use crate::targets::postgres::Postgres;
use crate::targets::{Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'f';
/// As fast as answers come.
pub const PEAK: &str = "10 listeners, peak";
/// The open-loop case.
pub const HALF: &str = "10 listeners, half of plain's peak";
/// The case of single messages.
pub const IDLE: &str = "idle, single messages";
/// All cases in order.
pub const CASES: [&str; 3] = [PEAK, HALF, IDLE];

/// Business numbers. One may send 1,000 messages a second at most (Meta's limit, and so Hoopoe's).
const ACCOUNTS: usize = 4;
/// What Hoopoe lets all of them send in a second, its burst apart: near it, the budgets were the limit.
const BUDGET: f64 = 3_600.0;
const LISTENERS: usize = 10;
/// Without a plain stack to take half of.
const FALLBACK_RATE: f64 = 200.0;
/// Between two looks at whether all has arrived.
const LOOK: Duration = Duration::from_millis(2);
/// Between single messages.
const PAUSE: Duration = Duration::from_millis(25);

/// Runs all rounds. All stacks of a database run side by side and are measured in turn, as in (a).
pub async fn measure(run: &mut Run) -> Result<()> {
    for round in 1..=run.args().rounds() {
        run.round = round;
        for engine in run.args().engines.clone() {
            let mut offices = Vec::new();
            for stack in run.stacks() {
                let order = Order {
                    stack,
                    engine,
                    accounts: ACCOUNTS,
                };
                offices.push(Office::open(run, order).await?);
            }
            cases(run, &mut offices).await?;
        }
    }
    Ok(())
}

async fn cases(run: &mut Run, offices: &mut [Office]) -> Result<()> {
    let mut half = FALLBACK_RATE;
    for office in &mut *offices {
        let peak = office.peak(run).await?;
        if office.order.stack == Stack::Plain {
            half = peak / 2.0;
        }
    }
    for office in &mut *offices {
        office.paced(run, half).await?;
    }
    for office in &mut *offices {
        office.idle(run).await?;
    }
    Ok(())
}

/// A target with its provider, and somebody who writes.
struct Office {
    order: Order,
    stage: Stage,
    desk: Desk,
    /// Messages per second, as far as known: trials are prepared for it.
    rate: f64,
    /// Messages posted so far.
    posted: u64,
    /// Stops after the server.
    _provider: Provider,
}

impl Office {
    async fn open(run: &mut Run, order: Order) -> Result<Self> {
        let board: Arc<Board> = Arc::default();
        let provider = Provider::open(Arc::clone(&board)).await?;
        run.workshop.provider = Some(provider.address);
        let opened = Stage::open_on(run, &order, board).await;
        run.workshop.provider = None;
        let mut stage = opened?;
        let writer = stage.running.writer.clone();
        stage.listen(&writer, LISTENERS).await?;
        let desk = Desk::open(stage.running.address, &writer).await?;
        let mut office = Self {
            order,
            rate: stage.rate,
            stage,
            desk,
            posted: 0,
            _provider: provider,
        };
        office.flat_out(run.args().warm_up()).await?;
        office.all_settled().await;
        Ok(office)
    }

    fn requests(&self, amount: u64) -> Result<Requests> {
        self.desk.requests(&self.stage.board, amount)
    }

    /// Fresh connections: while others are measured, a server may close those that are idle.
    async fn senders(&self) -> Result<Senders> {
        let board = Arc::clone(&self.stage.board);
        Senders::open(self.stage.running.address, CONNECTIONS, board).await
    }

    fn label(&self, case: &'static str) -> Label<'static> {
        Label {
            section: SECTION,
            stack: Some(self.order.stack),
            engine: self.order.engine,
            case,
        }
    }

    /// As fast as answers come, for `length`; also the numbers that may have been used.
    async fn flat_out(&mut self, length: Duration) -> Result<(Sent, std::ops::Range<u64>)> {
        let requests = self.requests(enough_for(self.rate, length))?;
        let numbers = requests.first()..requests.first() + requests.len();
        let mut senders = self.senders().await?;
        let sent = senders.peak(requests, length).await?;
        self.rate = sent.per_second();
        self.posted += sent.stored;
        Ok((sent, numbers))
    }

    async fn peak(&mut self, run: &mut Run) -> Result<f64> {
        run.workshop
            .postgres
            .as_ref()
            .map_or(Ok(()), Postgres::checkpoint)?;
        let watch = Watch::start(&self.stage);
        let (sent, numbers) = self.flat_out(run.args().trial()).await?;
        self.finish(run, PEAK, watch, &sent, numbers).await
    }

    async fn paced(&mut self, run: &mut Run, rate: f64) -> Result<()> {
        let requests = self.requests(whole(rate * run.args().trial().as_secs_f64()))?;
        let numbers = requests.first()..requests.first() + requests.len();
        let mut senders = self.senders().await?;
        let watch = Watch::start(&self.stage);
        let sent = senders.paced(requests, rate).await?;
        self.posted += sent.stored;
        self.finish(run, HALF, watch, &sent, numbers).await?;
        Ok(())
    }

    async fn idle(&mut self, run: &mut Run) -> Result<()> {
        let amount = if run.args().quick { 60 } else { 200 };
        let requests = self.requests(amount)?;
        let numbers = requests.first()..requests.first() + requests.len();
        let mut senders = self.senders().await?;
        let watch = Watch::start(&self.stage);
        let sent = senders.paced(requests, 1.0 / PAUSE.as_secs_f64()).await?;
        self.posted += sent.stored;
        self.finish(run, IDLE, watch, &sent, numbers).await?;
        Ok(())
    }

    /// Waits until all that was posted has been at the provider and its listeners know; whether that happened.
    async fn all_settled(&self) -> bool {
        let board = &self.stage.board;
        let arrived = || (board.taken_count(), board.settled_count());
        let goal = (self.posted, self.posted * self.stage.listeners());
        let (mut before, mut since) = (arrived(), Instant::now());
        while since.elapsed() < PATIENCE {
            let now = arrived();
            if now.0 >= goal.0 && now.1 >= goal.1 {
                return true;
            }
            if now != before {
                (before, since) = (now, Instant::now());
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    /// Waits until everything is done, then keeps all numbers of the trial; messages per second to the provider.
    async fn finish(
        &self,
        run: &mut Run,
        case: &'static str,
        watch: Watch,
        sent: &Sent,
        numbers: std::ops::Range<u64>,
    ) -> Result<f64> {
        let complete = self.all_settled().await;
        let (label, board) = (self.label(case), &self.stage.board);
        let courses: Vec<Course> = numbers.filter_map(|number| board.course(number)).collect();
        let per_second = per_second(&courses);
        run.note(label, Metric::SentPerSecond, per_second);
        if case == PEAK {
            run.note(label, Metric::MessagesPerSecond, sent.per_second());
        } else {
            note_latency(run, label, &courses);
        }
        watch.finish(run, label, &self.stage, sent).await;
        self.warn(run, label, complete);
        if self.order.stack == Stack::Hoopoe && per_second > BUDGET * 0.9 {
            run.warn(label, "the numbers' budgets were the limit");
        }
        Ok(per_second)
    }

    fn warn(&self, run: &mut Run, label: Label<'_>, complete: bool) {
        let board = &self.stage.board;
        let (taken, settled) = (board.taken_count(), board.settled_count());
        let told = self.posted * self.stage.listeners();
        if !complete {
            let posted = self.posted;
            let text = format!(
                "{taken} of {posted} messages reached the provider, {settled} of {told} listeners were told so"
            );
            run.warn(label, &text);
        }
        let (again, refused) = (board.taken_again(), board.turned_away_count());
        if again + refused > 0 {
            let text = format!("the provider got {again} messages twice and refused {refused}");
            run.warn(label, &text);
        }
    }
}

/// From the first POST to the last message that the provider read.
fn per_second(courses: &[Course]) -> f64 {
    let first = courses.iter().map(|course| course.posted).min();
    let last = courses.iter().map(|course| course.taken).max();
    let length = last
        .unwrap_or_default()
        .saturating_sub(first.unwrap_or_default());
    float(count(courses.len())) / length.as_secs_f64().max(1e-9)
}

fn note_latency(run: &mut Run, label: Label<'_>, courses: &[Course]) {
    let (from_post, from_answer) = (Histogram::default(), Histogram::default());
    for course in courses {
        from_post.record(course.taken.saturating_sub(course.posted));
        from_answer.record(course.taken.saturating_sub(course.answered));
    }
    run.note(label, Metric::ProviderP50Ms, from_post.quantile_ms(0.5));
    run.note(label, Metric::ProviderP99Ms, from_post.quantile_ms(0.99));
    run.note(label, Metric::LeaveP50Ms, from_answer.quantile_ms(0.5));
    run.note(label, Metric::LeaveP99Ms, from_answer.quantile_ms(0.99));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_what_reached_the_provider_until_the_last() {
        let course = |posted, taken| Course {
            posted: Duration::from_millis(posted),
            answered: Duration::from_millis(posted + 1),
            taken: Duration::from_millis(taken),
        };
        let rate = per_second(&[course(100, 400), course(200, 600), course(150, 350)]);
        assert!((rate - 6.0).abs() < 1e-9, "{rate}");
    }
}
