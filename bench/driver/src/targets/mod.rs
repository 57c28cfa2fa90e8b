//! What is measured: a stack (Hoopoe, or Node in one of two forms) on a database, started on a free port and stopped again.

pub mod hoopoe;
mod node;
pub mod postgres;
pub mod process;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::args::Args;
use crate::load::webhooks::Door;
use crate::machine::{Usage, usage_of};
use postgres::Postgres;
use process::Process;

/// A server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stack {
    /// Node, a transaction of several statements per message.
    Plain,
    /// Node, one statement per message.
    OneStatement,
    /// Hoopoe.
    Hoopoe,
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// A private cluster with default settings.
    Postgres,
    /// A file.
    Sqlite,
}

impl Stack {
    /// Its name in the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Plain => "Node plain",
            Self::OneStatement => "Node one statement",
            Self::Hoopoe => "Hoopoe",
        }
    }
}

impl Engine {
    /// Its name in the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

/// How a target is to be started.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which program.
    pub stack: Stack,
    /// On which database.
    pub engine: Engine,
    /// Business numbers of the tenant.
    pub accounts: usize,
}

/// A started target, ready for webhooks and listeners. Stops when dropped.
#[derive(Debug)]
pub struct Running {
    /// The server's process.
    pub server: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where webhooks go.
    pub door: Door,
    /// Per account, a handshake token of an agent who sees that account.
    pub tokens: Vec<String>,
    /// A token of somebody who sees all accounts, and writes.
    pub writer: String,
    /// Hoopoe's own ids, for the engine alone.
    pub ids: Option<Ids>,
    database: Option<u32>,
}

impl Running {
    /// What server and database have used so far. With `SQLite` the database's part is the server's.
    pub fn usage(&self) -> (Usage, Option<Usage>) {
        (usage_of(self.server.id()), self.database.map(usage_of))
    }
}

/// Everything needed to start targets: programs, the database cluster, a folder.
#[derive(Debug)]
pub struct Workshop {
    /// The command line.
    pub args: Args,
    /// The private cluster, when `PostgreSQL` is measured.
    pub postgres: Option<Postgres>,
    /// Where the servers to be started send messages; those that get none send nothing.
    pub provider: Option<SocketAddr>,
    folder: PathBuf,
    started: u32,
}

/// A server process that may not be ready yet: what cold start is measured on.
pub struct Launched {
    /// The server's process.
    pub server: Process,
    /// Where it will listen.
    pub address: SocketAddr,
}

/// Where one server keeps its things; survives restarts.
#[derive(Debug, Clone)]
pub struct Place {
    /// The database's address.
    pub database_url: String,
    /// A folder of its own.
    pub folder: PathBuf,
}

impl Workshop {
    /// Makes the folder, and the cluster when it is needed.
    pub fn open(args: Args) -> Result<Self> {
        let folder = args
            .scratch
            .join(format!("hoopoe-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let wanted = args.engines.contains(&Engine::Postgres);
        let postgres = wanted
            .then(|| Postgres::start(&folder, &args.database_cpus))
            .transpose()?;
        Ok(Self {
            args,
            postgres,
            provider: None,
            folder,
            started: 0,
        })
    }

    /// A fresh, empty database and folder.
    pub fn place(&mut self, engine: Engine) -> Result<Place> {
        self.started += 1;
        let folder = self.folder.join(format!("server-{}", self.started));
        std::fs::create_dir_all(&folder)?;
        let database_url = match (&self.postgres, engine) {
            (Some(postgres), Engine::Postgres) => {
                postgres.create_database(&format!("bench_{}", self.started))?
            }
            (None, Engine::Postgres) => anyhow::bail!("PostgreSQL was not started"),
            (_, Engine::Sqlite) => format!("sqlite:{}", folder.join("bench.db").display()),
        };
        Ok(Place {
            database_url,
            folder,
        })
    }

    /// Starts the server process in `place` without waiting for it.
    pub fn launch(&self, order: &Order, place: &Place) -> Result<Launched> {
        let address = free_address()?;
        let server = match order.stack {
            Stack::Hoopoe => hoopoe::launch(self, place, address)?,
            Stack::Plain | Stack::OneStatement => node::launch(self, order, place, address)?,
        };
        Ok(Launched { server, address })
    }

    /// Starts a target on a fresh database and brings it to where webhooks and listeners are welcome.
    pub async fn start(&mut self, order: &Order) -> Result<Running> {
        let place = self.place(order.engine)?;
        self.start_in(order, &place).await
    }

    /// The same, in a place that the caller keeps.
    pub async fn start_in(&self, order: &Order, place: &Place) -> Result<Running> {
        let database = (order.engine == Engine::Postgres)
            .then(|| self.postgres.as_ref().map(Postgres::id))
            .flatten();
        if order.stack == Stack::Hoopoe {
            hoopoe::bootstrap(&self.args, place)?;
        }
        let mut launched = self.launch(order, place)?;
        launched.server.ready(launched.address).await?;
        let access = match order.stack {
            Stack::Hoopoe => {
                hoopoe::set_up(launched.address, order, self.provider.is_some()).await?
            }
            Stack::Plain | Stack::OneStatement => node::access(order)?,
        };
        Ok(Running {
            server: launched.server,
            address: launched.address,
            door: access.door,
            tokens: access.tokens,
            writer: access.writer,
            ids: access.ids,
            database,
        })
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.postgres = None;
        // Left-overs in a temporary folder are no reason to fail a finished bench.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Hoopoe's ids of what was set up.
#[derive(Debug, Clone)]
pub struct Ids {
    /// The tenant.
    pub tenant: String,
    /// Its first account.
    pub account: String,
}

/// How a target is reached once it is set up.
pub struct Access {
    door: Door,
    tokens: Vec<String>,
    writer: String,
    ids: Option<Ids>,
}

/// A loopback port that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
