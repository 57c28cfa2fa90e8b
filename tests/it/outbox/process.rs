//! The real program in a process of its own, with the simulator as its Meta.

use std::{collections::BTreeMap, process::Stdio, sync::Arc, time::Duration};

use hoopoe_simulator::{SimApp, SimNumber, Simulator, SimulatorConfig, Timing};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    time::{interval, timeout},
};

use crate::support::{
    program::{SECRET_KEY, free_address},
    sockets::PATIENCE,
};

const PASSWORD: &str = "correct horse battery";
const NUMBER: &str = "1001";

pub struct Process {
    pub sim: Arc<Simulator>,
    account: String,
    folder: TempDir,
    database_url: String,
    settings: Vec<(String, String)>,
    address: String,
    http: reqwest::Client,
    token: String,
    child: Option<Child>,
}

/// Somebody who sends; several at once.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Process {
    /// Starts it with these settings, as they stand in the environment.
    pub async fn start_with(database_url: &str, settings: &[(&str, &str)]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = SimulatorConfig {
            timing: Timing::instant(),
            ..SimulatorConfig::default()
        };
        let mut process = Self {
            sim: Arc::new(Simulator::start(listener, config).unwrap()),
            account: String::new(),
            folder: tempfile::tempdir().unwrap(),
            database_url: database_url.to_owned(),
            settings: settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            address: free_address(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            token: String::new(),
            child: None,
        };
        process.add_admin().await;
        process.start_again().await;
        process.connect_number().await;
        process
    }

    /// Starts a further node on the same database; its media are where the first one's are.
    pub async fn join(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let media = self.folder.path().join("media");
        std::os::unix::fs::symlink(media, folder.path().join("media")).unwrap();
        let mut node = Self {
            sim: Arc::clone(&self.sim),
            account: self.account.clone(),
            folder,
            database_url: self.database_url.clone(),
            settings: self.settings.clone(),
            address: free_address(),
            http: self.http.clone(),
            token: self.token.clone(),
            child: None,
        };
        node.start_again().await;
        node
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoopoe"));
        // Settings of the one who runs the tests are not the program's.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HOOPOE_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("HOOPOE_DATA_DIR", self.folder.path())
            .env("HOOPOE_DATABASE__URL", &self.database_url)
            .env("HOOPOE_SERVER__LISTEN", &self.address)
            .env("HOOPOE_SECRET_KEY", SECRET_KEY)
            .env("HOOPOE_GRAPH__URL", self.sim.url())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn add_admin(&self) {
        let arguments =
            "create-admin --email ana@shop.example --name Ana --organisation Shop --password-stdin";
        let mut adding = self
            .command()
            .args(arguments.split(' '))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = adding.stdin.take().unwrap();
        stdin.write_all(PASSWORD.as_bytes()).await.unwrap();
        drop(stdin);
        assert!(adding.wait().await.unwrap().success(), "create-admin");
    }

    /// Starts it on what it left.
    pub async fn start_again(&mut self) {
        self.child = Some(self.command().arg("serve").spawn().unwrap());
        let up = async {
            let mut tries = interval(Duration::from_millis(20));
            let health = format!("http://{}/health", self.address);
            while !reqwest::get(&health)
                .await
                .is_ok_and(|answer| answer.status() == 200)
            {
                tries.tick().await;
            }
        };
        timeout(PATIENCE, up).await.expect("the server answers");
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The admin's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Kills it as the kernel does, with nothing said before.
    pub async fn kill(&mut self) {
        self.child.take().unwrap().kill().await.unwrap();
    }

    async fn connect_number(&mut self) {
        let login = json!({ "email": "ana@shop.example", "password": PASSWORD });
        let session = self.post("auth/login", login).await;
        session["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
        let secret = "0123456789abcdef0123456789abcdef";
        let app = self
            .post("meta-apps", json!({ "name": "App", "app_secret": secret }))
            .await;
        let account = json!({
            "channel": "cloud", "name": "Shop", "phone": "+49 30 901820", "phone_number_id": NUMBER, "waba_id": "2002",
            "meta_app_id": app["id"], "access_token": "EAAtoken",
        });
        let account = self.post("accounts", account).await;
        account["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.account);
        self.set_rate(1_000).await;
        let hook = app["hook"].as_str().unwrap();
        let app = self.sim.add_app(SimApp {
            callback_url: format!("http://{}/webhooks/whatsapp/{hook}", self.address),
            app_secret: secret.into(),
            verify_token: "unused".into(),
        });
        self.sim.add_number(SimNumber {
            phone_number_id: NUMBER.into(),
            display_phone_number: "+49 30 901820".into(),
            verified_name: "Shop".into(),
            waba_id: "2002".into(),
            access_token: "EAAtoken".into(),
            app,
        });
    }

    /// How many messages the number may send in a second.
    pub async fn set_rate(&self, per_second: usize) {
        let path = format!("{}/accounts/{}", self.api(), self.account);
        let change = self.http.patch(path).bearer_auth(&self.token);
        let change = change.json(&json!({ "rate_per_second": per_second }));
        assert!(change.send().await.unwrap().status().is_success());
    }

    /// Waits until Meta has accepted so many messages.
    pub async fn until_sent(&self, count: usize) {
        let sent = async {
            let mut looks = interval(Duration::from_millis(20));
            while self.sim.sent_summary().total < count {
                looks.tick().await;
            }
        };
        let sent = timeout(Duration::from_mins(1), sent).await;
        sent.expect("all are sent");
    }

    fn api(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// What it answers the admin.
    pub async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}/{path}", self.api()));
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// What it answers the admin.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/{path}", self.api()));
        let answer = request
            .bearer_auth(&self.token)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// The ids of all conversations, by the phone of the customer.
    pub async fn threads(&self) -> BTreeMap<String, String> {
        let mut threads = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{}/conversations?limit=100{cursor}", self.api());
            let request = self.http.get(path).bearer_auth(&self.token);
            let page: Value = request.send().await.unwrap().json().await.unwrap();
            for item in page["items"].as_array().unwrap() {
                let phone = item["reply_to"]["value"].as_str().unwrap();
                let id = item["id"].as_str().unwrap().to_owned();
                threads.insert(phone.trim_start_matches('+').to_owned(), id);
            }
            let Some(next) = page["next_cursor"].as_str() else {
                return threads;
            };
            cursor = format!("&cursor={next}");
        }
    }

    pub fn client(&self) -> Client {
        Client {
            http: self.http.clone(),
            url: self.api(),
            token: self.token.clone(),
        }
    }
}

impl Client {
    /// Whether the message was accepted; not, where the server was gone before it could answer. A server that says that it is busy is asked again:
    /// the same `client_id` makes that safe.
    pub async fn send(&self, thread: &str, client_id: &str) -> bool {
        let url = format!("{}/conversations/{thread}/messages", self.url);
        let body = json!({ "client_id": client_id, "text": { "body": client_id } });
        loop {
            let request = self.http.post(&url).bearer_auth(&self.token).json(&body);
            let Ok(answer) = request.send().await else {
                return false;
            };
            let status = answer.status();
            if status.is_success() {
                return true;
            }
            let said = answer.text().await.unwrap_or_default();
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{said}");
        }
    }
}
