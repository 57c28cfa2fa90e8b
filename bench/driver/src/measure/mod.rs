//! What is measured. Each section starts targets in turn, round after round, and leaves samples in the `Run`.

pub mod engine;
pub mod fanout;
pub mod linked;
pub mod sending;
pub mod sockets;
pub mod stage;
pub mod startup;
pub mod throughput;

use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::args::Args;
use crate::machine::Machine;
use crate::numbers::{self, Spread};
use crate::targets::{Engine, Stack, Workshop};

/// What a number means, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Messages answered 200 per second.
    MessagesPerSecond,
    /// Messages read by the provider per second.
    SentPerSecond,
    /// Median from POST to the provider, ms.
    ProviderP50Ms,
    /// 99th percentile from POST to the provider, ms.
    ProviderP99Ms,
    /// Median from the answer to the provider, ms; 0 where the provider was first.
    LeaveP50Ms,
    /// 99th percentile from the answer to the provider, ms.
    LeaveP99Ms,
    /// CPU time of the server per message, µs.
    ServerCpuUs,
    /// CPU time of all `PostgreSQL` processes per message, µs.
    DatabaseCpuUs,
    /// Median from POST to answer, ms.
    AnswerP50Ms,
    /// 99th percentile from POST to answer, ms.
    AnswerP99Ms,
    /// Median from POST to a listener, ms.
    SocketP50Ms,
    /// 99th percentile from POST to a listener, ms.
    SocketP99Ms,
    /// Events read by listeners per second.
    DeliveriesPerSecond,
    /// Share of one CPU the driver used: near 100 it was the bottleneck.
    DriverBusyPercent,
    /// Resident memory of the server, MiB.
    ResidentMib,
    /// Sockets connected and admitted per second.
    ConnectsPerSecond,
    /// CPU time of the server per connect, µs.
    ConnectCpuUs,
    /// Resident memory per idle socket, KiB.
    SocketKib,
    /// From start to the first 200, ms.
    StartMs,
    /// From start until all phones are connected, ms.
    RestoreMs,
    /// Resident memory per phone that is kept connected, KiB.
    PhoneKib,
    /// Size of what is installed, MiB.
    InstalledMib,
}

impl Metric {
    /// How many times better `ours` is than `theirs`; none where better means nothing.
    pub fn times_better(self, ours: f64, theirs: f64) -> Option<f64> {
        match self {
            Self::DriverBusyPercent => None,
            Self::MessagesPerSecond
            | Self::SentPerSecond
            | Self::DeliveriesPerSecond
            | Self::ConnectsPerSecond => Some(ours / theirs),
            _ => Some(theirs / ours),
        }
        .filter(|ratio| ratio.is_finite())
    }
}

/// One measured number.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Letter of the section.
    pub section: char,
    /// Which program; none for the engine alone.
    pub stack: Option<Stack>,
    /// Which database.
    pub engine: Engine,
    /// What was done, for example `10 listeners, peak`.
    pub case: String,
    /// What was measured.
    pub metric: Metric,
    /// Which round, from 1.
    pub round: u32,
    /// The number.
    pub value: f64,
}

/// Which samples belong together.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// Letter of the section.
    pub section: char,
    /// Which program; none for the engine alone.
    pub stack: Option<Stack>,
    /// Which database.
    pub engine: Engine,
    /// What was done.
    pub case: &'a str,
}

/// One run of the bench: the workshop it works in and what it has found.
#[derive(Debug)]
pub struct Run {
    /// Starts targets.
    pub workshop: Workshop,
    /// What it runs on.
    pub machine: Machine,
    /// Everything measured.
    pub samples: Vec<Sample>,
    /// What went wrong without ending the run: lost deliveries, refused messages.
    pub warnings: Vec<String>,
    /// The round under way, from 1.
    pub round: u32,
}

impl Run {
    /// Starts what all sections need.
    pub fn prepare(args: Args) -> Result<Self> {
        let node = version(&args.node.display().to_string());
        let workshop = Workshop::open(args)?;
        let database = workshop
            .postgres
            .as_ref()
            .map(super::targets::postgres::Postgres::version)
            .unwrap_or_default();
        let machine = Machine::describe(
            &workshop.args.scratch,
            vec![format!("Node.js {node}"), database],
        )?;
        Ok(Self {
            workshop,
            machine,
            samples: Vec::new(),
            warnings: Vec::new(),
            round: 1,
        })
    }

    /// The command line.
    pub fn args(&self) -> &Args {
        &self.workshop.args
    }

    /// Keeps a number, and shows it.
    pub fn note(&mut self, label: Label, metric: Metric, value: impl Into<Option<f64>>) {
        let Some(value) = value.into() else { return };
        let Label {
            section,
            stack,
            engine,
            case,
        } = label;
        let name = stack.map_or("engine alone", Stack::title);
        eprintln!(
            "{section} round {} {:<18} {:<10} {case}: {metric:?} {value:.2}",
            self.round,
            name,
            engine.title()
        );
        let (round, case) = (self.round, case.to_owned());
        self.samples.push(Sample {
            section,
            stack,
            engine,
            case,
            metric,
            round,
            value,
        });
    }

    /// Keeps a warning, and shows it.
    pub fn warn(&mut self, label: Label, text: &str) {
        let name = label.stack.map_or("engine alone", Stack::title);
        let warning = format!("{name} on {}, {}: {text}", label.engine.title(), label.case);
        eprintln!("WARNING {warning}");
        self.warnings.push(warning);
    }

    /// The spread over rounds of one number.
    pub fn spread(&self, label: Label, metric: Metric) -> Option<Spread> {
        Spread::of(
            self.values(label, metric)
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        )
    }

    /// One number with its round.
    fn values(&self, label: Label, metric: Metric) -> Vec<(u32, f64)> {
        let same = |sample: &&Sample| {
            sample.section == label.section
                && sample.stack == label.stack
                && sample.engine == label.engine
                && sample.case == label.case
                && sample.metric == metric
        };
        self.samples
            .iter()
            .filter(same)
            .map(|sample| (sample.round, sample.value))
            .collect()
    }

    /// How many times better `ours` is than `theirs`, taken within each round.
    pub fn times_better(&self, ours: Label, theirs: Label, metric: Metric) -> Option<Spread> {
        let ratios = self
            .values(ours, metric)
            .into_iter()
            .filter_map(|(round, ours)| {
                let same_round = |(other, _): &(u32, f64)| *other == round;
                let (_, theirs) = self.values(theirs, metric).into_iter().find(same_round)?;
                metric.times_better(ours, theirs)
            });
        Spread::of(ratios.collect())
    }

    /// All stacks; another one begins in each round.
    pub fn stacks(&self) -> Vec<Stack> {
        let mut stacks = self.args().stacks.clone();
        let shift = numbers::index(u64::from(self.round - 1)) % stacks.len().max(1);
        stacks.rotate_left(shift);
        stacks
    }
}

fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
