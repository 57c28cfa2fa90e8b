//! The command line: `hoopoe` serves; further commands set up, check and describe.

mod people;

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Parser, Subcommand};
use hoopoe_db::{Db, streams};

use crate::{
    app::App,
    auth::links,
    clock::Clock,
    config::{self, Config},
    demo::{self, DemoArgs},
    nodes, openapi,
    secrets::random_token,
    serve, telemetry,
    watch::{self, WatchArgs},
};

/// Self-hosted, real-time team inbox for WhatsApp.
#[derive(Debug, Parser)]
#[command(name = "hoopoe", version)]
struct Cli {
    /// File with settings; hoopoe.toml in the working folder where none is named.
    #[arg(long, global = true, env = "HOOPOE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (also without a command).
    Serve,
    /// Show it all: a shop with simulated customers, in a folder of its own.
    Demo(DemoArgs),
    /// Follow what happens on a server, event by event.
    Watch(WatchArgs),
    /// Add an organisation's admin.
    CreateAdmin(CreateAdmin),
    /// Print a link that logs somebody in, once, within 15 minutes.
    LoginLink(LoginLink),
    /// Bring the database up to date.
    Migrate(Migrate),
    /// Print the settings in force, with secrets masked.
    CheckConfig,
    /// Print the description of the API.
    Openapi,
}

/// Whom to add.
#[derive(Debug, Args)]
struct CreateAdmin {
    /// E-mail address.
    #[arg(long)]
    email: String,
    /// Name as colleagues see it.
    #[arg(long)]
    name: String,
    /// Name of the organisation; made if there is none of that name. May be left out where there is just one.
    #[arg(long)]
    organisation: Option<String>,
    /// Read the password from standard input; otherwise one is made up and printed once.
    #[arg(long)]
    password_stdin: bool,
}

/// How to bring the database up to date.
#[derive(Debug, Args)]
struct Migrate {
    /// Also begin a new life of the event log: for a database that was restored from a backup. Every client loads again.
    #[arg(long)]
    new_epoch: bool,
}

/// Whom to let in.
#[derive(Debug, Args)]
struct LoginLink {
    /// E-mail address.
    #[arg(long)]
    email: String,
}

/// So many tasks run before it is looked what sockets and the database have to say. The default, 61, keeps a batch that is being written waiting while
/// many others are ready.
const EVENT_INTERVAL: u32 = 8;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hoopoe: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Openapi = command {
        print!("{}", openapi::printed()?);
        return Ok(());
    }
    let command = match command {
        Command::Demo(args) => return demo::run(&args),
        Command::Watch(args) => return watch::run(args),
        other => other,
    };
    let config = config::load(cli.config.as_deref())?;
    if let Command::CheckConfig = command {
        print!("{}", config.masked()?);
        return Ok(());
    }
    telemetry::start_logs(&config.log)?;
    tokio::runtime::Builder::new_multi_thread()
        .event_interval(EVENT_INTERVAL)
        .enable_all()
        .build()?
        .block_on(run_on(config, command))
}

async fn run_on(config: Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve => run_server(config).await,
        Command::CreateAdmin(args) => people::create_admin(config, args).await,
        Command::LoginLink(args) => people::login_link(config, args).await,
        Command::Migrate(args) => migrate(config, &args).await,
        Command::Demo(_) | Command::Watch(_) | Command::CheckConfig | Command::Openapi => Ok(()),
    }
}

async fn run_server(mut config: Config) -> anyhow::Result<()> {
    let stop = serve::stop_signal()?;
    let _lock = lock(&config)?;
    let listener = serve::listen(&mut config).await?;
    let app = App::open(config, Clock::System).await?;
    tracing::info!(
        address = %app.config.server.listen,
        url = app.config.public_url(),
        version = env!("CARGO_PKG_VERSION"),
        commit = env!("BUILD_COMMIT_OF_HOOPOE"),
        engine = app.db.engine().name(),
        "listening"
    );
    greet(&app).await?;
    serve::run(app, listener, stop).await
}

/// Tells the operator how to begin, while nobody has a login.
async fn greet(app: &App) -> anyhow::Result<()> {
    if hoopoe_db::users::is_empty(&app.db).await? {
        let link = links::setup_link(app).await?;
        println!("\nNobody has a login yet. Set up here (once, within 24 hours):\n\n  {link}\n");
    }
    Ok(())
}

async fn migrate(config: Config, args: &Migrate) -> anyhow::Result<()> {
    let _lock = lock(&config)?;
    let db = Db::open(&config.database_url(), config.database.max_connections).await?;
    let before = db.schema_version().await?.unwrap_or_default();
    db.migrate().await?;
    let after = db.schema_version().await?.unwrap_or_default();
    println!("The database is at migration {after} (it was at {before}).");
    if args.new_epoch {
        begin_new_epoch(&db).await?;
    }
    db.close().await;
    Ok(())
}

/// Makes all cursors void that clients hold.
async fn begin_new_epoch(db: &Db) -> anyhow::Result<()> {
    let now = Clock::System.now();
    ensure!(
        !nodes::any_live(db, now).await?,
        "a server runs on this database: stop it first (one that was killed counts for a minute and a half)"
    );
    let mut tx = db.begin().await?;
    streams::replace_epoch(&mut tx, &random_token(), now).await?;
    tx.commit(now).await?;
    println!("A new life of the event log begins: every client loads again.");
    Ok(())
}

/// Brings the database up to date for a command, unless a server is at work on it: that one has to be stopped first.
async fn migrate_unless_served(config: &Config) -> anyhow::Result<()> {
    config.create_data_dir()?;
    let db = Db::open(&config.database_url(), config.database.max_connections).await?;
    if !db.is_current().await? {
        let _lock = lock(config).context("the database has to be migrated first")?;
        db.migrate().await?;
    }
    db.close().await;
    Ok(())
}

/// Makes sure that no other process serves the same embedded database; the lock goes with the process.
pub(crate) fn lock(config: &Config) -> anyhow::Result<Option<File>> {
    let url = config.database_url();
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Ok(None);
    };
    let path = format!("{}.lock", path.trim_start_matches("//"));
    config.create_data_dir()?;
    let file = File::create(&path).with_context(|| format!("{path} can't be made"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "another process serves this SQLite database ({path} is locked): SQLite means one node; for more, use PostgreSQL"
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{path} can't be locked"))
        }
    }
}
