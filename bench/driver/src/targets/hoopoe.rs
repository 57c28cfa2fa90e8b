//! Hoopoe's release binary: set up over its own command line and API, as an operator would.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::args::Args;
use crate::load::http::Connection;
use crate::load::provider;
use crate::load::webhooks::Door;
use crate::targets::process::{Process, pinned};
use crate::targets::{Access, Ids, Launched, Order, Place, Workshop, free_address};

const EMAIL: &str = "admin@bench.example";
const PASSWORD: &str = "correct horse battery staple";
const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// What an account may send in a second, at most.
const HIGHEST_RATE: u32 = 1_000;

pub fn launch(workshop: &Workshop, place: &Place, address: SocketAddr) -> Result<Process> {
    let args = &workshop.args;
    let mut command = serve(args, &args.hoopoe, place, address);
    if let Some(provider) = workshop.provider {
        command.env("HOOPOE_GRAPH__URL", format!("http://{provider}"));
    }
    Process::start(command, &place.folder.join("server.log"), "TERM")
}

/// Starts a build of the server whose phones find `WhatsApp` at `url`; without one it keeps no phones.
pub fn launch_linked(
    workshop: &Workshop,
    place: &Place,
    program: &Path,
    url: Option<&str>,
) -> Result<Launched> {
    let address = free_address()?;
    let mut command = serve(&workshop.args, program, place, address);
    match url {
        Some(url) => command.env("HOOPOE_LINKED__URL", url),
        None => command.env("HOOPOE_LINKED__ENABLED", "false"),
    };
    let server = Process::start(command, &place.folder.join("server.log"), "TERM")?;
    Ok(Launched { server, address })
}

fn serve(args: &Args, program: &Path, place: &Place, address: SocketAddr) -> Command {
    let mut command = pinned(&args.server_cpus, program);
    settings(command.arg("serve"), place).env("HOOPOE_SERVER__LISTEN", address.to_string());
    command
}

/// Creates the first user, before the server runs.
pub fn bootstrap(args: &Args, place: &Place) -> Result<()> {
    let mut command = Command::new(&args.hoopoe);
    command.args([
        "create-admin",
        "--email",
        EMAIL,
        "--name",
        "Bench",
        "--password-stdin",
        "--organisation",
        "Bench",
    ]);
    settings(&mut command, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", args.hoopoe.display()))?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{PASSWORD}")?;
    }
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "create-admin: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn settings<'a>(command: &'a mut Command, place: &Place) -> &'a mut Command {
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME"))
        .env("HOOPOE_DATABASE__URL", &place.database_url)
        .env("HOOPOE_DATA_DIR", place.folder.join("data"))
        .current_dir(&place.folder)
}

/// One Meta app, the accounts, and one agent per account (the admin where there is only one account). Accounts that send do so at the
/// highest rate.
pub async fn set_up(address: SocketAddr, order: &Order, sends: bool) -> Result<Access> {
    let mut admin = Api::log_in(address, EMAIL).await?;
    let app = admin
        .post(
            "/api/v1/meta-apps",
            &json!({ "name": "Bench", "app_secret": APP_SECRET }),
        )
        .await?;
    let mut access = Access {
        door: Door {
            path: text(&app, "callback_path")?,
            secret: APP_SECRET.to_owned(),
            phone_number_ids: Vec::new(),
        },
        tokens: Vec::new(),
        writer: admin.token.clone(),
        ids: None,
    };
    for number in 0..order.accounts {
        let phone_number_id = (100_000_000_000_001 + number).to_string();
        let token = if sends { provider::TOKEN } else { "" };
        let account = json!({
            "channel": "cloud", "name": format!("Number {number}"), "phone": format!("+4930{}", 1_234_000 + number),
            "phone_number_id": phone_number_id, "waba_id": "102290129340398", "meta_app_id": text(&app, "id")?,
            "access_token": token,
        });
        let account = admin.post("/api/v1/accounts", &account).await?;
        if sends {
            let path = format!("/api/v1/accounts/{}", text(&account, "id")?);
            let change = json!({ "rate_per_second": HIGHEST_RATE });
            admin.call("PATCH", &path, &change).await?;
        }
        if access.ids.is_none() {
            access.ids = Some(Ids {
                tenant: admin.tenant.clone(),
                account: text(&account, "id")?,
            });
        }
        access.door.phone_number_ids.push(phone_number_id);
        let alone = order.accounts == 1;
        let token = if alone {
            admin.token.clone()
        } else {
            admin.add_agent(address, number, &account).await?
        };
        access.tokens.push(token);
    }
    Ok(access)
}

/// Somebody who is logged in.
pub struct Api {
    connection: Connection,
    token: String,
    tenant: String,
}

impl Api {
    /// The admin.
    pub async fn admin(address: SocketAddr) -> Result<Self> {
        Self::log_in(address, EMAIL).await
    }

    /// The same person over another connection.
    pub async fn again(&self, address: SocketAddr) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(address).await?,
            token: self.token.clone(),
            tenant: self.tenant.clone(),
        })
    }

    /// For the handshake of a socket.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A number that a phone is about to be linked to; its id.
    pub async fn begin_link(&mut self, name: &str) -> Result<String> {
        let account = json!({ "channel": "linked", "name": name });
        let id = text(&self.post("/api/v1/accounts", &account).await?, "id")?;
        let how = json!({ "method": "qr" });
        self.post(&format!("/api/v1/accounts/{id}/link"), &how)
            .await?;
        Ok(id)
    }

    /// What the phone is to scan, once it is there.
    pub async fn qr_code(&mut self, id: &str) -> Result<Option<String>> {
        let offer = self.get(&format!("/api/v1/accounts/{id}/link")).await?;
        Ok(offer.get("code").and_then(Value::as_str).map(str::to_owned))
    }

    /// Whether the number works.
    pub async fn is_connected(&mut self, id: &str) -> Result<bool> {
        let account = self.get(&format!("/api/v1/accounts/{id}")).await?;
        Ok(text(&account, "state")? == "connected")
    }

    async fn get(&mut self, path: &str) -> Result<Value> {
        self.call("GET", path, &Value::Null).await
    }

    async fn log_in(address: SocketAddr, email: &str) -> Result<Self> {
        let mut api = Self {
            connection: Connection::open(address).await?,
            token: String::new(),
            tenant: String::new(),
        };
        let session = api
            .post(
                "/api/v1/auth/login",
                &json!({ "email": email, "password": PASSWORD }),
            )
            .await?;
        api.token = text(&session, "access_token")?;
        api.tenant = text(session.pointer("/me/tenant").unwrap_or(&Value::Null), "id")?;
        Ok(api)
    }

    /// A user who sees only `account`; their token.
    async fn add_agent(
        &mut self,
        address: SocketAddr,
        number: usize,
        account: &Value,
    ) -> Result<String> {
        let email = format!("agent{number}@bench.example");
        let user = json!({ "email": email, "name": format!("Agent {number}"), "role": "agent", "password": PASSWORD });
        let user = self.post("/api/v1/users", &user).await?;
        let members = json!({ "user_ids": [text(&user, "id")?] });
        self.call(
            "PUT",
            &format!("/api/v1/accounts/{}/members", text(account, "id")?),
            &members,
        )
        .await?;
        Ok(Self::log_in(address, &email).await?.token)
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.call("POST", path, body).await
    }

    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self
            .connection
            .call(method, path, &self.token, body)
            .await?;
        ensure!(
            (200..300).contains(&status),
            "{method} {path} answered {status}: {answer}"
        );
        Ok(answer)
    }
}

fn text(value: &Value, field: &str) -> Result<String> {
    let found = value.get(field).and_then(Value::as_str).map(str::to_owned);
    found.with_context(|| format!("no `{field}` in {value}"))
}
