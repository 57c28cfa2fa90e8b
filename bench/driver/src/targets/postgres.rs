//! A private `PostgreSQL` cluster: default settings (so fsync is on) except port and socket folder; the same for all stacks.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::targets::free_address;
use crate::targets::process::{Process, pinned};

/// `PostgreSQL` refuses to run as root; then it runs as this user.
const USER: &str = "postgres";

/// The running cluster. Stops when dropped.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Creates and starts a cluster in `folder`, pinned to `cpus`.
    pub fn start(folder: &Path, cpus: &str) -> Result<Self> {
        let programs = find_programs()?;
        let home = folder.join("postgres");
        std::fs::create_dir_all(&home)?;
        let owner = Owner::choose()?;
        owner.give(&home)?;
        let mut initdb = Command::new(programs.join("initdb"));
        let data = home.join("data");
        initdb
            .args(["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .current_dir(&home);
        owner.run_as(&mut initdb);
        let output = initdb.output().context("initdb")?;
        ensure!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr)
        );

        let port = free_address()?.port();
        let mut server = pinned(cpus, &programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(&home).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        owner.run_as(server.current_dir(&home));
        let process = Process::start(server, &folder.join("postgres.log"), "INT")?;
        let mut postgres = Self {
            process,
            programs,
            port,
        };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    /// The postmaster's process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Creates an empty database; its address.
    pub fn create_database(&self, name: &str) -> Result<String> {
        self.run(&format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port))
    }

    /// Writes everything back now, so that no trial pays for the one before.
    pub fn checkpoint(&self) -> Result<()> {
        self.run("CHECKPOINT")
    }

    /// `postgres --version`.
    pub fn version(&self) -> String {
        let output = Command::new(self.programs.join("postgres"))
            .arg("--version")
            .output();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    }

    fn run(&self, sql: &str) -> Result<()> {
        let port = self.port.to_string();
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            "-X",
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            USER,
            "-d",
            "postgres",
            "-c",
            sql,
        ]);
        let output = psql.output().context("psql")?;
        ensure!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            self.process.check_alive()?;
            if self.run("SELECT 1").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL did not come up")
    }
}

/// The newest installation found by `pg_config`, or in Debian's folders.
fn find_programs() -> Result<PathBuf> {
    let configured = Command::new("pg_config").arg("--bindir").output();
    let mut found: Vec<PathBuf> = configured
        .into_iter()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
        .chain(
            std::fs::read_dir("/usr/lib/postgresql")
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path().join("bin")),
        )
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .context("PostgreSQL's programs (initdb, postgres, psql) were not found")
}

/// Who owns the cluster: the user `postgres` when we are root, else ourselves.
struct Owner(Option<(u32, u32)>);

impl Owner {
    fn choose() -> Result<Self> {
        if id(&["-u"])? != 0 {
            return Ok(Self(None));
        }
        Ok(Self(Some((id(&["-u", USER])?, id(&["-g", USER])?))))
    }

    fn give(&self, folder: &Path) -> Result<()> {
        let Some((user, group)) = self.0 else {
            return Ok(());
        };
        Ok(std::os::unix::fs::chown(folder, Some(user), Some(group))?)
    }

    fn run_as(&self, command: &mut Command) {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
    }
}

fn id(args: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(args).output()?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .with_context(|| format!("id {args:?}"))
}
