//! A child process, pinned to its CPUs and stopped with its owner.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::load::http::Connection;

/// Longest wait for a server to come up, and for a process to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running child.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// The signal that ends it cleanly.
    stop_signal: &'static str,
    /// Where its output goes, to be named when it fails.
    log: String,
}

/// A command that runs on `cpus` only. `taskset` replaces itself by the program, so the child's id is the program's.
pub fn pinned(cpus: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command
        .arg("-c")
        .arg(cpus)
        .arg(program)
        .stdin(Stdio::null());
    command
}

impl Process {
    /// Starts `command` with its output in `log`.
    pub fn start(mut command: Command, log: &Path, stop_signal: &'static str) -> Result<Self> {
        let output = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self {
            child,
            stop_signal,
            log: log.display().to_string(),
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the first 200 of `GET /health`; how long that took from now.
    pub async fn ready(&mut self, address: SocketAddr) -> Result<Duration> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if healthy(address).await {
                return Ok(start.elapsed());
            }
            self.check_alive()?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("not ready after {PATIENCE:?}: {}", self.last_words())
    }

    /// An error with the end of its log when it has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the server ended ({status}): {}", self.last_words()),
        }
    }

    /// Tells it to stop and waits; kills it when it does not listen.
    pub fn stop(&mut self) {
        let id = self.child.id().to_string();
        drop(
            Command::new("kill")
                .args(["-s", self.stop_signal, &id])
                .status(),
        );
        let start = Instant::now();
        while start.elapsed() < PATIENCE / 3 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

async fn healthy(address: SocketAddr) -> bool {
    let answer = async {
        let mut connection = Connection::open(address).await?;
        connection.call("GET", "/health", "", &Value::Null).await
    };
    matches!(answer.await, Ok((200, _)))
}
