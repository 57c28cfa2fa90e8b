//! Phones with linked devices: the mock of `WhatsApp` as a process, told over HTTP what people do (`crates/simulator/src/linked/admin.rs`).

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::load::http::Connection;
use crate::targets::Place;
use crate::targets::process::{Process, pinned};

/// Longest wait for the mock to come up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The mock, which ends with its owner.
#[derive(Debug)]
pub struct Mock {
    /// Ends when it is dropped.
    _process: Process,
    /// Where servers find `WhatsApp`.
    pub url: String,
    /// Where it is told what people do.
    pub address: SocketAddr,
}

impl Mock {
    /// Starts it beside the driver.
    pub async fn start(args: &Args, place: &Place) -> Result<Self> {
        let mut command = pinned(&args.driver_cpus, &args.linked_phones);
        // It ends when nobody holds the other end any more.
        command.stdin(Stdio::piped());
        let log = place.folder.join("linked-phones.log");
        let mut process = Process::start(command, &log, "TERM")?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            process.check_alive()?;
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            if let Some((line, _)) = said.split_once('\n') {
                let url = serde_json::from_str::<Value>(line)?;
                let url = url.get("url").and_then(Value::as_str);
                let url = url.context("the mock names no address")?.to_owned();
                let host = url.split('/').nth(2).unwrap_or_default();
                let address = host.parse().with_context(|| format!("no address: {url}"))?;
                return Ok(Self {
                    _process: process,
                    url,
                    address,
                });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("the mock of linked devices does not start")
    }
}

/// People who do things, one after another.
#[derive(Debug)]
pub struct People(Connection);

impl People {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self(Connection::open(address).await?))
    }

    /// A phone that has `WhatsApp`.
    pub async fn add(&mut self, number: &str) -> Result<()> {
        self.act(&json!({ "act": "add_phone", "number": number, "name": "Bench" }))
            .await
    }

    /// A phone's camera sees a QR code.
    pub async fn link(&mut self, number: &str, code: &str) -> Result<()> {
        self.act(&json!({ "act": "scan", "number": number, "code": code }))
            .await
    }

    /// A customer writes.
    pub async fn write(&mut self, from: &str, to: &str, text: &str) -> Result<()> {
        self.act(&json!({ "act": "write", "from": from, "to": to, "text": text }))
            .await
    }

    /// How many phones have their companion at work.
    pub async fn active(&mut self) -> Result<usize> {
        let (_, list) = self
            .0
            .call("GET", "/linked/phones", "", &Value::Null)
            .await?;
        let phones = list.get("phones").and_then(Value::as_array);
        let is_active = |phone: &&Value| {
            let companions = phone.get("companions").and_then(Value::as_array);
            companions.is_some_and(|companions| {
                companions
                    .iter()
                    .any(|companion| companion.get("active") == Some(&Value::Bool(true)))
            })
        };
        Ok(phones.map_or(0, |phones| phones.iter().filter(is_active).count()))
    }

    async fn act(&mut self, act: &Value) -> Result<()> {
        let (status, answer) = self.0.call("POST", "/linked/acts", "", act).await?;
        ensure!(status == 200, "{act}: {answer}");
        Ok(())
    }
}
