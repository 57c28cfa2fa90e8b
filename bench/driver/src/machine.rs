//! The machine: its description for the report, pinning, limits, and the operating system's accounting of processes.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::numbers::{Spread, float};

/// Open files wanted: 5,000 sockets here, and as many in a server that inherits the limit.
const OPEN_FILES: u32 = 16_384;

/// Raises the limit of open files as far as allowed; the sockets section fails with a clear error where that is too low.
pub fn raise_open_files() {
    let own = std::process::id().to_string();
    for limit in [
        format!("--nofile={OPEN_FILES}:"),
        format!("--nofile={OPEN_FILES}:{OPEN_FILES}"),
    ] {
        let raised = Command::new("prlimit")
            .args(["--pid", &own, &limit])
            .output();
        if raised.is_ok_and(|output| output.status.success()) {
            return;
        }
    }
}

/// Pins this process (and every thread it starts later) to `cpus`.
pub fn pin_self(cpus: &str) -> Result<()> {
    let own = std::process::id().to_string();
    let output = Command::new("taskset")
        .args(["-a", "-c", "-p", cpus, &own])
        .output()
        .context("taskset (util-linux)")?;
    ensure!(
        output.status.success(),
        "taskset: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What the operating system has accounted to a process and its descendants.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// User and system time, of dead and waited-for children too.
    pub cpu: Duration,
    /// Resident memory in bytes.
    pub resident: u64,
}

/// The usage of the tree of processes under `root`.
pub fn usage_of(root: u32) -> Usage {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for pid in all_processes() {
        if let Some(stat) = Stat::read(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut total = Usage::default();
    let mut waiting = vec![root];
    while let Some(pid) = waiting.pop() {
        if let Some(stat) = Stat::read(pid) {
            total.cpu += ticks(stat.ticks);
            total.resident += resident_of(pid);
        }
        waiting.extend(children.remove(&pid).unwrap_or_default());
    }
    total
}

/// CPU time of this process so far: cheaper than its whole tree.
pub fn own_cpu() -> Duration {
    Stat::read(std::process::id())
        .map(|stat| ticks(stat.ticks))
        .unwrap_or_default()
}

fn all_processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

struct Stat {
    parent: u32,
    ticks: u64,
}

impl Stat {
    /// proc(5): after the command in parentheses come state, ppid; utime, stime, cutime, cstime are fields 14 to 17.
    fn read(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields
            .get(11..15)?
            .iter()
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks,
        })
    }
}

/// `USER_HZ` is 100 on every Linux this runs on.
fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 10)
}

fn resident_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// What the numbers were measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Name of the processor.
    pub cpu: String,
    /// Processors of the machine.
    pub cpus: usize,
    /// Main memory in GiB.
    pub memory_gib: f64,
    /// Version of the kernel.
    pub kernel: String,
    /// Versions of the programs measured.
    pub programs: Vec<String>,
    /// Median of a small write made durable on the disk used, in ms.
    pub disk_sync_ms: f64,
    /// One-minute load of the machine before the run: other work disturbs.
    pub load_before: String,
}

impl Machine {
    /// Looks around; `scratch` is where databases will lie.
    pub fn describe(scratch: &Path, programs: Vec<String>) -> Result<Self> {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kilobytes = memory
            .split_whitespace()
            .nth(1)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default();
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Ok(Self {
            cpu: model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned()),
            cpus: info
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
            memory_gib: float(kilobytes) / 1_048_576.0,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            programs,
            disk_sync_ms: disk_sync_ms(scratch)?,
            load_before: read("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

fn disk_sync_ms(scratch: &Path) -> Result<f64> {
    let path = scratch.join("sync-probe");
    let mut file = fs::File::create(&path)
        .with_context(|| format!("cannot write to {}", scratch.display()))?;
    let mut taken = Vec::new();
    for _ in 0..50 {
        let start = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    fs::remove_file(path)?;
    Spread::of(taken)
        .map(|spread| spread.middle)
        .context("no sync measured")
}
