//! (d) What an idle agent costs: memory and connecting, at 1,000 and at 5,000 sockets.

use std::time::Duration;

use anyhow::Result;

use crate::measure::stage::Stage;
use crate::measure::{Label, Metric, Run};
use crate::numbers::{count, float};
use crate::targets::{Engine, Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'd';
/// Idle sockets.
const SOCKETS: [usize; 2] = [1_000, 5_000];
/// Time for a server to come to rest before its memory is read.
const REST: Duration = Duration::from_secs(2);

/// All cases in order.
pub fn cases() -> Vec<String> {
    SOCKETS
        .iter()
        .map(|sockets| format!("{sockets} idle sockets"))
        .collect()
}

/// Runs all rounds. The form of the Node stack makes no difference here, so only one is measured.
pub async fn measure(run: &mut Run) -> Result<()> {
    for round in 1..=run.args().rounds() {
        run.round = round;
        for stack in run
            .stacks()
            .into_iter()
            .filter(|stack| *stack != Stack::OneStatement)
        {
            target(run, stack).await?;
        }
    }
    Ok(())
}

async fn target(run: &mut Run, stack: Stack) -> Result<()> {
    let engine = run.args().engines.last().copied().unwrap_or(Engine::Sqlite);
    let mut stage = Stage::idle(
        run,
        &Order {
            stack,
            engine,
            accounts: 1,
        },
    )
    .await?;
    stage.listen_to_first(50).await?;
    tokio::time::sleep(REST).await;
    let empty = stage.running.usage().0;
    let first = stage.listeners();
    for (sockets, case) in SOCKETS.iter().zip(cases()) {
        let label = Label {
            section: SECTION,
            stack: Some(stack),
            engine,
            case: &case,
        };
        let (before, present) = (stage.running.usage().0, stage.listeners());
        let elapsed = stage.listen_to_first(*sockets).await?;
        let new = float(stage.listeners() - present);
        let cpu = stage.running.usage().0.cpu.saturating_sub(before.cpu);
        tokio::time::sleep(REST).await;
        let grown = stage
            .running
            .usage()
            .0
            .resident
            .saturating_sub(empty.resident);
        run.note(
            label,
            Metric::ConnectsPerSecond,
            new / elapsed.as_secs_f64(),
        );
        run.note(label, Metric::ConnectCpuUs, cpu.as_secs_f64() * 1e6 / new);
        run.note(
            label,
            Metric::SocketKib,
            float(grown) / 1024.0 / float(count(*sockets) - first),
        );
        if stage.board.cut_listeners() > 0 {
            run.warn(
                label,
                &format!("{} listeners were cut", stage.board.cut_listeners()),
            );
        }
    }
    Ok(())
}
