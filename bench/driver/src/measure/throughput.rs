//! (a) Durable messages per second with 0, 1, 10 and 100 listening agents, CPU per message, latency to the socket at the
//! peak and at half the plain Node stack's peak, and the latency of a lone message.

use anyhow::Result;

use crate::measure::stage::{Stage, Watch};
use crate::measure::{Label, Metric, Run};
use crate::targets::postgres::Postgres;
use crate::targets::{Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'a';
/// Listening agents.
pub const LISTENERS: [usize; 4] = [0, 1, 10, 100];
/// The number of listeners at which rates are compared.
pub const USUAL: usize = 10;
/// The open-loop case.
pub const HALF: &str = "10 listeners, half of plain's peak";
/// The case of single messages.
pub const LONE: &str = "lone message, 1 listener";
/// Without a plain stack to take half of.
const FALLBACK_RATE: f64 = 600.0;

/// The name of the peak case with `listeners`.
pub fn peak_case(listeners: usize) -> String {
    format!("{listeners} listeners, peak")
}

/// Runs all rounds. All stacks of a database run side by side and are measured in turn, trial by trial: what the machine
/// does meanwhile hits everybody alike.
pub async fn measure(run: &mut Run) -> Result<()> {
    for round in 1..=run.args().rounds() {
        run.round = round;
        for engine in run.args().engines.clone() {
            let mut stages = Vec::new();
            for stack in run.stacks() {
                let order = Order {
                    stack,
                    engine,
                    accounts: 1,
                };
                stages.push((order.clone(), Stage::open(run, &order).await?));
            }
            cases(run, &mut stages).await?;
        }
    }
    Ok(())
}

async fn cases(run: &mut Run, stages: &mut [(Order, Stage)]) -> Result<()> {
    let mut half = FALLBACK_RATE;
    for listeners in LISTENERS {
        for (order, stage) in &mut *stages {
            stage.listen_to_first(listeners).await?;
            let peak = peak(run, order, stage, &peak_case(listeners)).await?;
            if order.stack == Stack::Plain && listeners == USUAL {
                half = peak / 2.0;
            }
        }
        for (order, stage) in &mut *stages {
            match listeners {
                1 => lone(run, order, stage).await?,
                USUAL => paced(run, order, stage, half).await?,
                _ => {}
            }
        }
    }
    Ok(())
}

async fn peak(run: &mut Run, order: &Order, stage: &mut Stage, case: &str) -> Result<f64> {
    run.workshop
        .postgres
        .as_ref()
        .map_or(Ok(()), Postgres::checkpoint)?;
    let watch = Watch::start(stage);
    let sent = stage.peak(run.args().trial()).await?;
    let label = label(order, case);
    run.note(label, Metric::MessagesPerSecond, sent.per_second());
    watch.finish(run, label, stage, &sent).await;
    Ok(sent.per_second())
}

async fn paced(run: &mut Run, order: &Order, stage: &mut Stage, rate: f64) -> Result<()> {
    let watch = Watch::start(stage);
    let sent = stage.paced(rate, run.args().trial()).await?;
    let label = label(order, HALF);
    run.note(label, Metric::MessagesPerSecond, sent.per_second());
    watch.finish(run, label, stage, &sent).await;
    Ok(())
}

async fn lone(run: &mut Run, order: &Order, stage: &mut Stage) -> Result<()> {
    let watch = Watch::start(stage);
    let sent = stage.lone(if run.args().quick { 100 } else { 300 }).await?;
    watch.finish(run, label(order, LONE), stage, &sent).await;
    Ok(())
}

fn label<'a>(order: &Order, case: &'a str) -> Label<'a> {
    Label {
        section: SECTION,
        stack: Some(order.stack),
        engine: order.engine,
        case,
    }
}
