//! `hoopoe demo`: a believable shop with simulated customers, in one process and a folder of its own. Nothing in it talks to Meta: the
//! simulator stands in for the Graph API, and its customers' messages come as signed webhooks through the real route.

mod cast;
mod folder;
mod poster;
mod stage;
mod story;
mod templates;

use std::{
    fs,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    thread,
};

use anyhow::Context as _;
use clap::Args;
use hoopoe_simulator::{
    Simulator, SimulatorConfig,
    demo_script::{LiveOptions, LiveTraffic},
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use self::{folder::Folder, poster::Poster, stage::Stage};
use crate::{
    app::App,
    clock::Clock,
    config::{Config, LogFormat},
    serve, telemetry,
};

/// How the demo runs.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the inbox listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the simulated phones listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    phones: SocketAddr,
    /// Folder of the demo; emptied at the start.
    #[arg(long, value_name = "FOLDER", default_value = "demo-data")]
    data_dir: PathBuf,
    /// Go on with what is in the folder.
    #[arg(long)]
    keep: bool,
    /// Nobody writes by themselves.
    #[arg(long)]
    no_traffic: bool,
    /// Where phones are linked to instead of WhatsApp: a stand-in with simulated phones. No release can link to one; see docs/linked-devices.md.
    #[arg(long, value_name = "URL")]
    linked_url: Option<String>,
    /// Print addresses and links as one line of JSON.
    #[arg(long)]
    json: bool,
    /// What is logged, such as "info".
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

/// Runs the demo until it is stopped.
///
/// # Errors
/// When an address is taken, or the folder can't be had.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(perform(args))
}

async fn perform(args: &DemoArgs) -> anyhow::Result<()> {
    let inbox = listen(args.listen, "--listen").await?;
    let phones = listen(args.phones, "--phones").await?;
    let config = settings(args, inbox.local_addr()?)?;
    telemetry::start_logs(&config.log)?;
    let folder = Folder::open(&config, args.keep)?;
    let app = App::open(config, Clock::shifted()).await?;
    let graph_url = format!("http://{}", phones.local_addr()?);
    let is_fresh = hoopoe_db::users::is_empty(&app.db).await?;
    let stage = if is_fresh {
        Stage::build(&app, &graph_url).await?
    } else {
        Stage::find(&app, &graph_url).await?
    };
    let simulator = Simulator::start(phones, known_to_meta(&stage))?;
    let stop = CancellationToken::new();
    let serving = serve::run(app.clone(), inbox, stop.clone().cancelled_owned());
    let showing = async {
        let show = Show {
            args,
            is_fresh,
            app: &app,
            folder: &folder,
            stage: &stage,
            simulator: &simulator,
        };
        let shown = tokio::select! {
            shown = show.go_on() => shown,
            () = serve::signal() => Ok(()),
        };
        folder.keep_customers(&simulator.customers())?;
        simulator.stop().await;
        stop.cancel();
        shown
    };
    tokio::try_join!(serving, showing)?;
    Ok(())
}

async fn listen(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}: name another address with {flag}"))
}

fn settings(args: &DemoArgs, listen: SocketAddr) -> anyhow::Result<Config> {
    fs::create_dir_all(&args.data_dir)
        .with_context(|| format!("{} can't be made", args.data_dir.display()))?;
    let mut config = Config::defaults()?;
    config.data_dir = args.data_dir.canonicalize()?;
    config.server.listen = listen;
    // Whoever tries it out is alone on this machine, and has the receiver beside it.
    config.webhooks.allow_private = true;
    config.log.format = LogFormat::Text;
    config.log.filter.clone_from(&args.log);
    config.linked.url = args.linked_url.clone().unwrap_or_default();
    config.demo = true;
    Ok(config)
}

fn known_to_meta(stage: &Stage) -> SimulatorConfig {
    SimulatorConfig {
        apps: vec![stage.app.clone()],
        numbers: stage.numbers.clone(),
        ..SimulatorConfig::default()
    }
}

/// What goes on while the server runs.
struct Show<'a> {
    args: &'a DemoArgs,
    /// Nothing has happened yet.
    is_fresh: bool,
    app: &'a App,
    folder: &'a Folder,
    stage: &'a Stage,
    simulator: &'a Simulator,
}

impl Show<'_> {
    /// Begins, and never ends unless it fails.
    async fn go_on(&self) -> anyhow::Result<()> {
        self.simulator.verify_callback(0).await?;
        if self.is_fresh {
            if !self.args.json {
                println!("Playing the last ten days …");
            }
            story::play(self.app, self.simulator, self.stage).await?;
            self.folder.keep_customers(&self.simulator.customers())?;
        } else {
            for customer in self.folder.customers()? {
                self.simulator.add_customer(customer);
            }
        }
        self.tell().await?;
        let _traffic = self.traffic();
        self.answer_keys().await
    }

    fn traffic(&self) -> Option<LiveTraffic> {
        let wanted = !self.args.no_traffic;
        wanted.then(|| {
            self.simulator
                .live_traffic(&story::script(), LiveOptions::default())
        })
    }

    async fn tell(&self) -> anyhow::Result<()> {
        let (phones, config) = (self.simulator.url(), self.folder.settings());
        let poster = Poster::make(self.app, self.stage, phones, config).await?;
        if self.args.json {
            return poster.print();
        }
        poster.show();
        Ok(())
    }

    /// Prints fresh links whenever somebody presses Enter.
    async fn answer_keys(&self) -> anyhow::Result<()> {
        let mut keys = keys()?;
        while keys.recv().await.is_some() {
            self.tell().await?;
        }
        std::future::pending().await
    }
}

/// Tells whenever somebody presses Enter in the terminal, by a thread that the end of the demo need not wait for.
fn keys() -> anyhow::Result<mpsc::Receiver<()>> {
    let (pressed, keys) = mpsc::channel(1);
    if io::stdin().is_terminal() {
        thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                for line in io::stdin().lines() {
                    if line.is_err() || pressed.blocking_send(()).is_err() {
                        break;
                    }
                }
            })?;
    }
    Ok(keys)
}
