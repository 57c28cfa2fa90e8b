//! (b) The engine's own limit: Hoopoe's batched statements in a loop, without HTTP, JSON or sockets.
//!
//! The loop runs in a process of its own ([`crate::engine_loop`]), pinned like a server, on a database that the real server has
//! set up and left.

use anyhow::{Context as _, Result, ensure};

use crate::measure::{Label, Metric, Run};
use crate::targets::process::pinned;
use crate::targets::{Engine, Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'b';
/// Messages per transaction. With 32 connections no more than 32 can wait, and while one batch commits the next gathers.
const BATCHES: [u64; 3] = [16, 32, 256];
/// The case to compare the whole server with.
pub const COMPARED: &str = "batches of 32";

/// All cases in order.
pub fn cases() -> Vec<String> {
    BATCHES
        .iter()
        .map(|batch| format!("batches of {batch}"))
        .collect()
}

/// Runs all rounds.
pub async fn measure(run: &mut Run) -> Result<()> {
    if !run.args().stacks.contains(&Stack::Hoopoe) {
        return Ok(());
    }
    for round in 1..=run.args().rounds() {
        run.round = round;
        for engine in run.args().engines.clone() {
            for (batch, case) in BATCHES.into_iter().zip(cases()) {
                let rate = in_a_loop(run, engine, batch).await?;
                run.note(
                    Label {
                        section: SECTION,
                        stack: None,
                        engine,
                        case: &case,
                    },
                    Metric::MessagesPerSecond,
                    rate,
                );
            }
        }
    }
    Ok(())
}

async fn in_a_loop(run: &mut Run, engine: Engine, batch: u64) -> Result<f64> {
    let order = Order {
        stack: Stack::Hoopoe,
        engine,
        accounts: 1,
    };
    let place = run.workshop.place(engine)?;
    let mut running = run.workshop.start_in(&order, &place).await?;
    running.server.stop();
    let ids = running.ids.take().context("no ids")?;
    let mut command = pinned(&run.args().server_cpus, &std::env::current_exe()?);
    command.args([
        "--engine-loop",
        &place.database_url,
        "--tenant",
        &ids.tenant,
        "--account",
        &ids.account,
    ]);
    command.args([
        "--batch",
        &batch.to_string(),
        "--seconds",
        &run.args().trial().as_secs_f64().to_string(),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    ensure!(
        output.status.success(),
        "the engine's loop: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .context("the engine's loop answered no number")
}
