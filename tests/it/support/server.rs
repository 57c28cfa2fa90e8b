//! A server of a test's own: the real one, on a free port, with its own folder, database and clock.

use hoopoe::{app::App, clock::Clock, config::Config, serve};
use hoopoe_db::{
    Millis,
    ids::{TenantId, UserId},
    model::{Role, User},
    testing::TestDb,
    users::{self, NewUser},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Answer, Organisation, Person};

/// Where all clocks stand at first: 2026-09-21, 16:53:20 UTC.
pub const NOW: Millis = hoopoe_db::testing::NOW;

/// The password of those who have one.
pub const PASSWORD: &str = "correct horse battery";

/// A running server.
pub struct Server {
    /// Its inside, for what can't be asked over HTTP.
    pub app: App,
    /// Its address, such as `http://127.0.0.1:54321`.
    pub url: String,
    /// For requests to it; follows no redirects and keeps no cookies.
    pub http: reqwest::Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
    database: TestDb,
}

impl Server {
    /// Starts one on a fresh database.
    pub async fn start(database: TestDb) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// As [`start`](Self::start), with other settings than the harness's own.
    pub async fn start_with(database: TestDb, adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config::defaults().unwrap();
        config.data_dir = folder.path().to_owned();
        config.server.listen = address;
        config.database.url = database.url.clone();
        config.limits.login_burst = 10_000;
        // Nothing leaves the machine: tests that have a provider say where it is.
        "http://127.0.0.1:9".clone_into(&mut config.graph.url);
        adjust(&mut config);
        let app = App::open(config, Clock::settable(NOW)).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(serve::run(app.clone(), listener, async {
            drop(stopped.await);
        }));
        Self {
            app,
            url: format!("http://{address}"),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            stop,
            running,
            _folder: folder,
            database,
        }
    }

    /// Stops it as the operator would, and fails the test if that fails.
    pub async fn stop(self) {
        drop(self.http);
        drop(self.stop);
        self.running.await.unwrap().unwrap();
        self.database.db.close().await;
    }

    /// Moves the clock on.
    pub fn advance(&self, by_ms: Millis) {
        self.app.clock.advance(by_ms);
    }

    /// A request in nobody's name, such as `server.anonymous("GET", "/api/v1/setup", None)`.
    pub async fn anonymous(
        &self,
        method: &str,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Answer {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request).await
    }

    /// An organisation with an admin, a manager, an agent, a Meta app and a number that the agent is a member of.
    pub async fn organisation(&self, name: &str) -> Organisation {
        Organisation::create(self, name).await
    }

    /// Adds somebody without a password.
    pub async fn add_user(&self, tenant_id: &TenantId, email: &str, role: Role) -> User {
        self.insert_user(tenant_id, email, role, "").await
    }

    /// Adds somebody who logs in with [`PASSWORD`].
    pub async fn add_user_with_password(
        &self,
        tenant_id: &TenantId,
        email: &str,
        role: Role,
    ) -> User {
        let hash = self.app.passwords.hash(PASSWORD.to_owned()).await.unwrap();
        self.insert_user(tenant_id, email, role, &hash).await
    }

    async fn insert_user(&self, tenant_id: &TenantId, email: &str, role: Role, hash: &str) -> User {
        let mut tx = self.app.db.begin().await.unwrap();
        let new = NewUser {
            email,
            name: email.split('@').next().unwrap(),
            role,
            locale: "en",
            password_hash: hash,
        };
        let user = users::insert_user(&mut tx, tenant_id, &new, self.app.clock.now())
            .await
            .unwrap();
        self.app.commit(tx).await.unwrap();
        user
    }

    /// Logs somebody in by a one-time link.
    pub async fn log_in(&self, user_id: &UserId) -> Person {
        let link = hoopoe::auth::links::login_link(&self.app, user_id)
            .await
            .unwrap();
        let token = link.split_once("#link=").unwrap().1;
        let body = serde_json::json!({ "token": token });
        let answer = self
            .anonymous("POST", "/api/v1/auth/link", Some(body))
            .await;
        Person::from_session(self, answer.expect(200))
    }
}
