//! The real program in a process of its own, on a folder that outlives it.

use std::{
    net::TcpListener,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    time::{interval, timeout},
};

use super::{sign, sockets::PATIENCE, whatsapp::second};

const PASSWORD: &str = "correct horse battery";

/// The key of all programs: nodes have to share it.
pub const SECRET_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// A server process with one organisation and one number.
pub struct Program {
    folder: TempDir,
    database_url: String,
    address: String,
    hook: String,
    account: String,
    http: reqwest::Client,
    child: Child,
}

/// What became of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Answered 200.
    Taken,
    /// Answered something else.
    Refused(u16),
    /// Not answered.
    Gone,
}

/// Delivers as Meta does.
#[derive(Debug, Clone)]
pub struct Webhook {
    url: String,
    http: reqwest::Client,
}

fn command(folder: &Path, database_url: &str, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoopoe"));
    // Settings of the one who runs the tests are not the program's.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HOOPOE_")) {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("HOOPOE_DATA_DIR", folder)
        .env("HOOPOE_DATABASE__URL", database_url)
        .env("HOOPOE_SERVER__LISTEN", address)
        .env("HOOPOE_SECRET_KEY", SECRET_KEY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run(folder: &Path, database_url: &str, address: &str) -> Child {
    let child = command(folder, database_url, address)
        .arg("serve")
        .spawn()
        .unwrap();
    let up = async {
        let mut tries = interval(Duration::from_millis(20));
        let health = format!("http://{address}/health");
        while !reqwest::get(&health)
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            tries.tick().await;
        }
    };
    timeout(PATIENCE, up).await.expect("the server answers");
    child
}

/// An address that nobody listens on, below the ports that the system gives to outgoing connections: it has to stay free until the program takes it.
pub fn free_address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 8_000;
    loop {
        let next = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let address = format!("127.0.0.1:{}", 12_000 + (first + next) % 8_000);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

impl Program {
    /// Sets up an organisation with a number and starts to serve.
    pub async fn start(database_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let admin = [
            "create-admin",
            "--email",
            "ana@shop.example",
            "--name",
            "Ana",
            "--organisation",
            "Shop",
            "--password-stdin",
        ];
        let mut adding = command(folder.path(), database_url, &address)
            .args(admin)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        adding
            .stdin
            .take()
            .unwrap()
            .write_all(PASSWORD.as_bytes())
            .await
            .unwrap();
        assert!(adding.wait().await.unwrap().success(), "create-admin");
        let child = run(folder.path(), database_url, &address).await;
        let mut program = Self {
            folder,
            database_url: database_url.to_owned(),
            address,
            hook: String::new(),
            account: String::new(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            child,
        };
        program.connect_number().await;
        program
    }

    /// Starts a further node on the same database; its media are where the first one's are.
    pub async fn join(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let media = self.folder.path().join("media");
        std::os::unix::fs::symlink(media, folder.path().join("media")).unwrap();
        let address = free_address();
        let child = run(folder.path(), &self.database_url, &address).await;
        Self {
            folder,
            database_url: self.database_url.clone(),
            address,
            hook: self.hook.clone(),
            account: self.account.clone(),
            http: self.http.clone(),
            child,
        }
    }

    /// What the program says with these arguments, on the same database with a folder of its own.
    pub async fn say_elsewhere(&self, arguments: &[&str]) -> std::process::Output {
        let folder = tempfile::tempdir().unwrap();
        command(folder.path(), &self.database_url, &free_address())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .await
            .unwrap()
    }

    /// Its address, such as `http://127.0.0.1:54321`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number's account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Logs the admin in. Their session, with `access_token`.
    pub async fn log_in(&self) -> Value {
        let login = json!({ "email": "ana@shop.example", "password": PASSWORD });
        self.post("auth/login", "", login).await
    }

    async fn connect_number(&mut self) {
        let session = self.log_in().await;
        let token = session["access_token"].as_str().unwrap();
        let app = json!({ "name": "App", "app_secret": "0123456789abcdef0123456789abcdef" });
        let app = self.post("meta-apps", token, app).await;
        let account = json!({
            "channel": "cloud", "name": "Shop", "phone": "+49 30 901820", "phone_number_id": "1001", "waba_id": "2002",
            "meta_app_id": app["id"],
        });
        let account = self.post("accounts", token, account).await;
        account["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.account);
        app["hook"].as_str().unwrap().clone_into(&mut self.hook);
    }

    /// What a request in somebody's name is answered.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let request = self
            .http
            .post(format!("http://{}/api/v1/{path}", self.address));
        let answer = request.bearer_auth(token).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Kills it as the kernel does, with nothing said before, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Stops it as the operator does, and waits until it is gone.
    pub async fn stop(&mut self) {
        let id = self.child.id().unwrap().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(told.unwrap().success());
        assert!(self.child.wait().await.unwrap().success());
    }

    /// Starts it again on what it left.
    pub async fn start_again(&mut self) {
        self.child = run(self.folder.path(), &self.database_url, &self.address).await;
    }

    /// Where to deliver.
    pub fn webhook(&self) -> Webhook {
        Webhook {
            url: format!("http://{}/webhooks/whatsapp/{}", self.address, self.hook),
            http: self.http.clone(),
        }
    }
}

impl Webhook {
    /// Delivers one text of somebody; again, as Meta does, where the server says that it is busy.
    pub async fn deliver(&self, from: &str, id: &str, at: usize) -> Delivered {
        let at = second(i64::try_from(at).unwrap());
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "2002", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "4930901820", "phone_number_id": "1001" },
            "contacts": [{ "wa_id": from, "profile": { "name": format!("Customer {from}") } }],
            "messages": [{ "from": from, "id": id, "timestamp": at, "type": "text", "text": { "body": id } }],
        } }] }] })
        .to_string();
        let signature = sign(body.as_bytes());
        loop {
            let request = self
                .http
                .post(&self.url)
                .header("x-hub-signature-256", &signature);
            match request.body(body.clone()).send().await {
                Ok(answer) if answer.status() == 200 => return Delivered::Taken,
                Ok(answer) if answer.status() == 503 => {}
                Ok(answer) => return Delivered::Refused(answer.status().as_u16()),
                Err(_) => return Delivered::Gone,
            }
        }
    }
}
