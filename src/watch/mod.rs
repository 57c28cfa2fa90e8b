//! `hoopoe watch`: a live tail of the event log in a terminal, over the same sockets and with the same cursors as the web app. It talks to
//! a server over HTTP only, so it works from anywhere; what it prints is complete, in order, and without repeats, also across reconnects.

mod cursors;
mod line;
mod login;
mod names;
mod socket;
mod tail;

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args;

use self::{line::Printer, login::Login, names::Names, tail::Tail};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which server, as whom, and how to print.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The server.
    #[arg(
        long,
        value_name = "URL",
        env = "HOOPOE_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: String,
    /// An access token. It lasts some minutes: with --email or --link the login is renewed by itself.
    #[arg(long, env = "HOOPOE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A one-time login link, as `hoopoe login-link` prints it; names the server as well.
    #[arg(long, value_name = "LINK")]
    link: Option<String>,
    /// Log in with this e-mail address; the password is asked for.
    #[arg(long)]
    email: Option<String>,
    /// Read the password from standard input.
    #[arg(long, requires = "email")]
    password_stdin: bool,
    /// Begin behind this cursor, or with "start" at the oldest event that is kept. Without it, with what happens from now on.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Print one JSON object per event, as `GET /api/v1/events` has them.
    #[arg(long)]
    json: bool,
}

/// Follows the log until it is stopped.
///
/// # Errors
/// When the login is refused, or the server can't be understood.
pub fn run(args: WatchArgs) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?
        .block_on(follow(args))
}

async fn follow(args: WatchArgs) -> anyhow::Result<()> {
    let http = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .http1_only()
        .build()?;
    let mut login = log_in(&args, http.clone())?;
    let names = Names::load(&mut login).await?;
    let is_colored = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut tail = Tail::new(login, Printer::new(names, args.json, is_colored));
    let ended = tokio::select! {
        ended = tail.run(args.after.as_deref()) => ended,
        stopped = tokio::signal::ctrl_c() => stopped.context("can't wait for ctrl-c"),
    };
    if let Some(cursor) = tail.cursor() {
        eprintln!("hoopoe: go on from here with --after {cursor}");
    }
    match ended {
        Err(error) if is_unread(&error) => Ok(()),
        ended => ended,
    }
}

/// Whether whoever read our output has gone, as `| head` does.
fn is_unread(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The most particular way in that was given.
fn log_in(args: &WatchArgs, http: reqwest::Client) -> anyhow::Result<Login> {
    if let Some(link) = &args.link {
        return Login::by_link(http, link);
    }
    let url = args.url.trim_end_matches('/').to_owned();
    if let Some(email) = &args.email {
        let password = password(email, args.password_stdin)?;
        return Ok(Login::by_password(http, url, email.clone(), password));
    }
    match &args.token {
        Some(token) => Ok(Login::by_token(http, url, token.clone())),
        None => bail!("who are you? Give --email, --link, or --token"),
    }
}

fn password(email: &str, from_stdin: bool) -> anyhow::Result<String> {
    if !from_stdin {
        return rpassword::prompt_password(format!("Password of {email}: "))
            .context("the password can't be asked for: give it with --password-stdin");
    }
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .context("the password can't be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
