//! The command line of the bench driver.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::targets::{Engine, Stack};

/// Measures Hoopoe beside a conventional Node stack and writes RESULTS.md and results.json.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Args {
    /// One to two minutes instead of ten: fewer rounds, shorter trials.
    #[arg(long)]
    pub quick: bool,
    /// Only these sections.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Section>,
    /// Only these stacks.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "plain,one-statement,hoopoe"
    )]
    pub stacks: Vec<Stack>,
    /// Only these databases.
    #[arg(long, value_delimiter = ',', default_value = "postgres,sqlite")]
    pub engines: Vec<Engine>,
    /// How often the alternation is repeated [default: 3, quick: 1].
    #[arg(long)]
    pub rounds: Option<u32>,
    /// Length of one trial in seconds [default: 3, quick: 1].
    #[arg(long)]
    pub seconds: Option<f64>,
    /// The Hoopoe release binary.
    #[arg(long, default_value = "target/release/hoopoe")]
    pub hoopoe: PathBuf,
    /// A Hoopoe build that may link phones to their mock: the one of the tests.
    #[arg(long, default_value = "target/debug/hoopoe")]
    pub test_hoopoe: PathBuf,
    /// The mock of linked devices.
    #[arg(long, default_value = "target/release/examples/linked_phones")]
    pub linked_phones: PathBuf,
    /// The Node.js binary.
    #[arg(long, default_value = "node")]
    pub node: PathBuf,
    /// The folder of the conventional stack, with its packages installed.
    #[arg(long, default_value = "bench/node-stack")]
    pub node_stack: PathBuf,
    /// CPUs (as `taskset -c` takes them) of the server.
    #[arg(long, default_value = "0")]
    pub server_cpus: String,
    /// CPUs of `PostgreSQL`.
    #[arg(long, default_value = "1")]
    pub database_cpus: String,
    /// CPUs of this driver [default: the third, or beside `PostgreSQL` where there are only two].
    #[arg(long, default_value_t = third_cpu())]
    pub driver_cpus: String,
    /// `PRAGMA synchronous` of the Node stack, which relies on it; Hoopoe syncs the log itself before it answers.
    #[arg(long, default_value = "FULL")]
    pub sqlite_synchronous: String,
    /// Where databases are kept while measuring; must be a real disk.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    pub scratch: PathBuf,
    /// Folder for RESULTS.md and results.json.
    #[arg(long, default_value = "bench")]
    pub out: PathBuf,
    /// Runs only the loop of section (b) on this database.
    #[arg(long, hide = true)]
    pub engine_loop: Option<String>,
    #[arg(long, hide = true, default_value = "")]
    pub tenant: String,
    #[arg(long, hide = true, default_value = "")]
    pub account: String,
    #[arg(long, hide = true, default_value_t = 32)]
    pub batch: u64,
}

/// A part of the bench, lettered as in its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Durable messages per second, CPU per message, latency to the socket.
    #[value(name = "a")]
    Throughput,
    /// The engine's own limit, without HTTP.
    #[value(name = "b")]
    Engine,
    /// Fan-out to one room of 1,000 and to 100 rooms of 10.
    #[value(name = "c")]
    FanOut,
    /// Cost of idle sockets.
    #[value(name = "d")]
    Sockets,
    /// Cold start, idle memory, size.
    #[value(name = "e")]
    Startup,
    /// Messages per second to the provider, and how long they take there.
    #[value(name = "f")]
    Sending,
    /// Phones that are kept connected: memory, restart, messages.
    #[value(name = "g")]
    Linked,
}

impl Args {
    /// With paths that hold in any folder, since the servers run in folders of their own.
    pub fn with_whole_paths(mut self) -> std::io::Result<Self> {
        for path in [
            &mut self.hoopoe,
            &mut self.test_hoopoe,
            &mut self.linked_phones,
            &mut self.scratch,
        ] {
            *path = std::path::absolute(&*path)?;
        }
        Ok(self)
    }

    /// The sections asked for; all of them when none was named.
    pub fn sections(&self) -> Vec<Section> {
        if self.only.is_empty() {
            Section::value_variants().to_vec()
        } else {
            self.only.clone()
        }
    }

    /// How often the alternation is repeated.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// Length of one trial.
    pub fn trial(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.unwrap_or(if self.quick { 1.0 } else { 3.0 }))
    }

    /// Length of the warm-up of a freshly started server: compilers and caches need it.
    pub fn warm_up(&self) -> Duration {
        self.trial().div_f64(2.0).max(Duration::from_millis(800))
    }
}

/// The driver wants a CPU of its own, away from both server and database.
fn third_cpu() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cpus > 2 { "2" } else { "1" }.to_owned()
}
