//! What every handler and every task has at hand, and how what they change is committed and announced. (What comes in by webhooks is
//! committed in batches and announced by `inbound::commit`.)

use std::{ops::Deref, sync::Arc, time::Duration};

use anyhow::Context as _;
use hoopoe_db::{Db, Tx, streams};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    accounts::{Touched, hooks::HookCache},
    auth::{Limits, cache::GrantCache, passwords::Passwords},
    clock::Clock,
    config::Config,
    error::ApiResult,
    inbound::Inbound,
    linked::Linked,
    media::MediaStore,
    outbox::Outbox,
    realtime::Hub,
    secrets::{Secrets, random_token},
    webhooks::Webhooks,
};

/// The running server; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The settings.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// Seals what is stored in secret.
    pub secrets: Secrets,
    /// Where committed events leave for those who may see them.
    pub hub: Hub,
    /// When accounts last heard and sent something, until it is written down.
    pub touched: Touched,
    /// Handle to the task that stores what comes in.
    pub inbound: Inbound,
    /// Where media is kept.
    pub media: MediaStore,
    /// What is being sent.
    pub outbox: Outbox,
    /// The linked devices that this node has.
    pub linked: Linked,
    /// Webhooks out.
    pub webhooks: Webhooks,
    /// What users may do, as of a moment ago.
    pub grants: GrantCache,
    /// Webhook paths, with the secrets and numbers behind them.
    pub hooks: HookCache,
    /// Hashes and checks passwords, a few at a time.
    pub passwords: Passwords,
    /// How often somebody may try.
    pub limits: Limits,
    /// Background tasks; [`App::stop`] waits for them.
    pub tasks: Tasks,
    /// This process among all nodes.
    pub node_id: String,
    /// The life of the event log: cursors of another one are void.
    pub epoch: String,
    /// When the server started. Unix milliseconds.
    pub started_at: hoopoe_db::Millis,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("node_id", &self.node_id)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Opens and migrates the database and puts the server together, without starting its tasks.
    ///
    /// # Errors
    /// When the data folder, the key, the database or the media store can't be had.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let db = open_database(&config).await?;
        db.migrate().await?;
        Self::assemble(config, clock, db).await
    }

    /// As [`open`](Self::open) for a command that may run beside a server: the database stays as it is.
    ///
    /// # Errors
    /// Also when the database is not at this program's migration.
    pub async fn open_beside(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let db = open_database(&config).await?;
        anyhow::ensure!(
            db.is_current().await?,
            "the database is not at this program's version: run `hoopoe migrate`"
        );
        Self::assemble(config, clock, db).await
    }

    async fn assemble(config: Config, clock: Clock, db: Db) -> anyhow::Result<Self> {
        if !Secrets::exist(&config.data_dir) && hoopoe_db::meta_apps::has_any(&db).await? {
            anyhow::bail!(
                "the database holds sealed secrets, but their key is missing: put hoopoe.key back into {}, or set HOOPOE_SECRET_KEY",
                config.data_dir.display()
            );
        }
        let secrets = Secrets::load(&config.data_dir)?;
        choose_cryptography();
        let epoch = streams::ensure_epoch(&db, &random_token(), clock.now()).await?;
        let config = Arc::new(config);
        Ok(Self(Arc::new(Parts {
            hub: Hub::default(),
            touched: Touched::default(),
            inbound: Inbound::default(),
            media: MediaStore::open(&config)?,
            outbox: Outbox::new(clock.clone()),
            linked: Linked::default(),
            webhooks: Webhooks::new(&config.webhooks)?,
            grants: GrantCache::new(db.clone()),
            hooks: HookCache::new(db.clone(), secrets.clone()),
            passwords: Passwords::default(),
            limits: Limits::new(&config),
            tasks: Tasks::default(),
            node_id: format!("node_{}", random_token()),
            epoch,
            started_at: clock.now(),
            db,
            config,
            clock,
            secrets,
        })))
    }

    /// Starts the background tasks of all features.
    pub fn start(&self) {
        crate::realtime::start(self);
        crate::accounts::start(self);
        crate::inbound::start(self);
        crate::media::start(self);
        crate::outbox::start(self);
        crate::linked::start(self);
        crate::webhooks::start(self);
        crate::auth::start(self);
        crate::conversations::start(self);
    }

    /// Tells all tasks to end, waits for them, and closes the database.
    pub async fn stop(&self) {
        self.tasks.stop().await;
        self.touched.write(self).await;
        self.db.close().await;
    }

    /// Commits, and only then tells those who may see it what happened.
    ///
    /// # Errors
    /// When the commit fails; then nothing was written and nobody is told.
    pub async fn commit(&self, tx: Tx) -> ApiResult<()> {
        let events = tx.commit(self.clock.now()).await?;
        // Before the sockets hear of it, so that they are checked against what holds now.
        crate::auth::heed(self, &events);
        crate::linked::heed(self, &events);
        self.hub.publish(events);
        Ok(())
    }
}

async fn open_database(config: &Config) -> anyhow::Result<Db> {
    config.create_data_dir()?;
    Db::open(&config.database_url(), config.database.max_connections)
        .await
        .context("database.url can't be opened")
}

/// TLS by the same library everywhere: the client of linked devices would choose another one, for the whole process.
fn choose_cryptography() {
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    // Chosen already, by an earlier server of the same process.
    drop(provider.install_default());
}

/// Background tasks and the signal that ends them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Runs a future that watches [`stopping`](Self::stopping) and ends by itself.
    pub fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(future);
    }

    /// Calls a step again and again with a pause in between, until the server stops.
    pub fn every<F, S>(&self, pause: Duration, mut step: S)
    where
        F: Future<Output = ()> + Send + 'static,
        S: FnMut() -> F + Send + 'static,
    {
        let stopping = self.stopping.clone();
        self.spawn(async move {
            while stopping
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_some()
            {
                step().await;
            }
        });
    }

    /// Is cancelled when the server stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Gives the signal and waits until all tasks have ended.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
