//! (c) Fan-out: how many events per second reach sockets, to one room of 1,000 and to 100 rooms of 10. Messages go in
//! waves, one or 16 at a time and room; the next wave starts when every socket has read the last. `PostgreSQL` beneath.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::load::webhooks::Requests;
use crate::machine::own_cpu;
use crate::measure::stage::Stage;
use crate::measure::{Label, Metric, Run};
use crate::numbers::{count, float};
use crate::targets::{Engine, Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'c';
/// Rooms, and sockets in each.
const SHAPES: [(usize, usize); 2] = [(1, 1_000), (100, 10)];
/// Messages under way for each room.
const WAITING: [u64; 2] = [1, 16];

/// The name of a case.
pub fn case(rooms: usize, sockets: usize, waiting: u64) -> String {
    format!("{rooms} × {sockets} sockets, {waiting} at a time")
}

/// All cases in order.
pub fn cases() -> Vec<String> {
    SHAPES
        .iter()
        .flat_map(|&(rooms, sockets)| WAITING.map(|waiting| case(rooms, sockets, waiting)))
        .collect()
}

/// Runs all rounds, on the first engine asked for.
pub async fn measure(run: &mut Run) -> Result<()> {
    let engine = run.args().engines.first().copied().context("no engine")?;
    for round in 1..=run.args().rounds() {
        run.round = round;
        for (rooms, sockets) in SHAPES {
            for stack in run.stacks() {
                target(run, engine, stack, (rooms, sockets)).await?;
            }
        }
    }
    Ok(())
}

async fn target(
    run: &mut Run,
    engine: Engine,
    stack: Stack,
    (rooms, sockets): (usize, usize),
) -> Result<()> {
    let mut stage = Stage::open(
        run,
        &Order {
            stack,
            engine,
            accounts: rooms,
        },
    )
    .await?;
    for (room, token) in (1..).zip(stage.running.tokens.clone()) {
        stage.listen(&token, room * sockets).await?;
    }
    for waiting in WAITING {
        let case = case(rooms, sockets, waiting);
        let label = Label {
            section: SECTION,
            stack: Some(stack),
            engine,
            case: &case,
        };
        waves(
            run,
            label,
            &mut stage,
            count(rooms) * waiting,
            count(sockets),
        )
        .await?;
    }
    Ok(())
}

async fn waves(
    run: &mut Run,
    label: Label<'_>,
    stage: &mut Stage,
    messages: u64,
    sockets: u64,
) -> Result<()> {
    let mut spent = Spent::default();
    let start = Instant::now();
    let mut complete = true;
    while complete && start.elapsed() < run.args().trial() {
        let requests = stage.requests(messages)?;
        complete = spent.wave(stage, requests, messages * sockets).await?;
    }
    if !complete {
        run.warn(
            label,
            &format!(
                "deliveries are missing, {} listeners were cut",
                stage.board.cut_listeners()
            ),
        );
    }
    run.note(
        label,
        Metric::DeliveriesPerSecond,
        float(spent.deliveries) / spent.wall.as_secs_f64().max(1e-9),
    );
    run.note(
        label,
        Metric::DriverBusyPercent,
        spent.driver.as_secs_f64() / spent.wall.as_secs_f64().max(1e-9) * 100.0,
    );
    Ok(())
}

/// Summed over waves; building the requests between them is not counted.
#[derive(Default)]
struct Spent {
    wall: Duration,
    driver: Duration,
    deliveries: u64,
}

impl Spent {
    async fn wave(
        &mut self,
        stage: &mut Stage,
        requests: Requests,
        deliveries: u64,
    ) -> Result<bool> {
        let (driver, start) = (own_cpu(), Instant::now());
        let complete = stage.wave(requests, deliveries).await?;
        if complete {
            self.wall += start.elapsed();
            self.driver += own_cpu().saturating_sub(driver);
            self.deliveries += deliveries;
        }
        Ok(complete)
    }
}
