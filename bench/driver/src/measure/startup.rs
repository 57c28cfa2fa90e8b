//! (e) From the start of the process to the first 200 of `/health`, on an empty and on an existing database; memory at
//! rest; the size of what has to be installed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::measure::{Label, Metric, Run};
use crate::numbers::float;
use crate::targets::{Engine, Order, Stack};

/// Letter of this section.
pub const SECTION: char = 'e';
/// All cases in order.
pub const CASES: [&str; 3] = ["first start", "second start", "installed"];
/// Time for a server to come to rest before its memory is read.
const REST: Duration = Duration::from_millis(1_500);

/// Runs all rounds, each server started twice in one place.
pub async fn measure(run: &mut Run) -> Result<()> {
    for round in 1..=run.args().rounds() {
        run.round = round;
        for (engine, stack) in targets(run) {
            let order = Order {
                stack,
                engine,
                accounts: 1,
            };
            let place = run.workshop.place(engine)?;
            for case in ["first start", "second start"] {
                let mut launched = run.workshop.launch(&order, &place)?;
                let taken = launched.server.ready(launched.address).await?;
                let label = Label {
                    section: SECTION,
                    stack: Some(stack),
                    engine,
                    case,
                };
                run.note(label, Metric::StartMs, taken.as_secs_f64() * 1_000.0);
                tokio::time::sleep(REST).await;
                let resident = crate::machine::usage_of(launched.server.id()).resident;
                run.note(label, Metric::ResidentMib, float(resident) / 1_048_576.0);
            }
            let label = Label {
                section: SECTION,
                stack: Some(stack),
                engine,
                case: "installed",
            };
            let size = installed(run, stack)?;
            run.note(label, Metric::InstalledMib, float(size) / 1_048_576.0);
        }
    }
    Ok(())
}

/// The form of the Node stack makes no difference here.
fn targets(run: &Run) -> Vec<(Engine, Stack)> {
    let stacks = run
        .stacks()
        .into_iter()
        .filter(|stack| *stack != Stack::OneStatement);
    let engines = &run.args().engines;
    stacks
        .flat_map(|stack| engines.iter().map(move |engine| (*engine, stack)))
        .collect()
}

/// Hoopoe is one file; the Node stack is the Node.js binary and its packages.
fn installed(run: &Run, stack: Stack) -> Result<u64> {
    let args = run.args();
    if stack == Stack::Hoopoe {
        return Ok(fs::metadata(&args.hoopoe)
            .context("the Hoopoe binary")?
            .len());
    }
    let node = std::process::Command::new(&args.node)
        .args(["-p", "process.execPath"])
        .output()?;
    let node = String::from_utf8_lossy(&node.stdout).trim().to_owned();
    Ok(fs::metadata(node)?.len() + size_of_folder(&args.node_stack.join("node_modules"))?)
}

fn size_of_folder(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() {
            size_of_folder(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(total)
}
