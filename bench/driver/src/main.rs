//! `make bench`: measures Hoopoe beside a conventional Node stack, in one run and alternating. See bench/README.md.
//!
//! Owns the order of the run; what is measured lives in `measure`, how it is driven in `load`, what is driven in `targets`.

mod args;
mod engine_loop;
mod load;
mod machine;
mod measure;
mod numbers;
mod report;
mod targets;

use anyhow::Result;
use args::{Args, Section};
use clap::Parser as _;
use measure::Run;

fn main() -> Result<()> {
    let args = Args::parse().with_whole_paths()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if let Some(url) = args.engine_loop.clone() {
        return runtime.block_on(engine_loop::run(&args, &url));
    }
    machine::raise_open_files();
    machine::pin_self(&args.driver_cpus)?;
    runtime.block_on(async {
        tokio::select! {
            done = bench(args) => done,
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })
}

async fn bench(args: Args) -> Result<()> {
    let sections = args.sections();
    if sections.contains(&Section::Linked) {
        measure::linked::check_programs(&args)?;
    }
    let mut run = Run::prepare(args)?;
    if sections.contains(&Section::Throughput) {
        measure::throughput::measure(&mut run).await?;
    }
    if sections.contains(&Section::Engine) {
        measure::engine::measure(&mut run).await?;
    }
    if sections.contains(&Section::FanOut) {
        measure::fanout::measure(&mut run).await?;
    }
    if sections.contains(&Section::Sockets) {
        measure::sockets::measure(&mut run).await?;
    }
    if sections.contains(&Section::Startup) {
        measure::startup::measure(&mut run).await?;
    }
    if sections.contains(&Section::Sending) {
        measure::sending::measure(&mut run).await?;
    }
    if sections.contains(&Section::Linked) {
        measure::linked::measure(&mut run).await?;
    }
    report::write(&run)
}
