//! The detailed report for admins.

use std::{collections::BTreeMap, time::Instant};

use axum::extract::State;
use hoopoe_db::{
    Engine, Millis, accounts,
    ids::AccountId,
    model::{Account, AccountState, Channel, Role},
    tenants,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{app::App, auth::Access, error::ApiResult, extract::Json};

/// How the server is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// `ok`, or `degraded` when something needs somebody's eyes.
    pub status: HealthStatus,
    /// Version of the program.
    pub version: String,
    /// Commit that it was built from.
    pub commit: String,
    /// This process among all nodes.
    pub node_id: String,
    /// `single` (SQLite) or `cluster` (PostgreSQL, any number of nodes).
    pub mode: Mode,
    /// When this node started. Unix milliseconds.
    pub started_at: Millis,
    /// Seconds since then.
    pub uptime_s: i64,
    /// The database.
    pub storage: Storage,
    /// The organisation's numbers.
    pub accounts: Accounts,
    /// What waits to be done.
    pub queues: Queues,
    /// Open sockets on this node.
    pub sockets: u64,
    /// Dead letters that nobody has looked after.
    pub dead_letters_open: i64,
}

/// Whether all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It is.
    Ok,
    /// A number or a webhook does not work, or letters are dead.
    Degraded,
}

/// One node, or any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One: the database is embedded.
    Single,
    /// Any number: the database is a server.
    Cluster,
}

/// The database.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// One round trip in milliseconds.
    pub latency_ms: f64,
    /// Number of the newest migration that it has.
    pub migration: i64,
    /// Events in the log.
    pub events: i64,
}

/// The organisation's numbers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Accounts {
    /// How many are in which state.
    pub by_state: BTreeMap<String, u32>,
    /// How many there may be.
    pub max: u32,
    /// How many of them may be linked devices.
    pub max_linked: u32,
    /// Linked devices that this node keeps connected, of all organisations.
    pub linked_here: u64,
    /// Each of them.
    pub items: Vec<AccountHealth>,
}

/// One number.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountHealth {
    /// The account.
    pub id: AccountId,
    /// How it reaches WhatsApp.
    pub channel: Channel,
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub state: AccountState,
    /// Why not, in words.
    pub state_reason: Option<String>,
    /// When the last message came in. Unix milliseconds.
    pub last_inbound_at: Option<Millis>,
    /// The node that keeps it connected, for linked devices.
    pub lease_owner: Option<String>,
    /// Until when it does, unless it says so again. Unix milliseconds.
    pub lease_until: Option<Millis>,
    /// When WhatsApp was last heard of on its connection, for linked devices. Unix milliseconds.
    pub last_traffic_at: Option<Millis>,
}

/// What waits to be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Queues {
    /// Updates that wait to be stored, on this node.
    pub inbound: u64,
    /// Media that are still to be fetched.
    pub media_pending: i64,
    /// Media that could not be fetched.
    pub media_failed: i64,
    /// Deliveries that wait for webhooks.
    pub webhooks_waiting: i64,
    /// When the oldest of them happened. Unix milliseconds.
    pub webhooks_waiting_since: Option<Millis>,
    /// Webhooks to which nothing arrives, or that were switched off for that.
    pub webhooks_failing: i64,
}

/// How the server is, in detail (admin).
#[utoipa::path(get, path = "/health", tag = "health", responses((status = OK, body = Report)))]
pub async fn get_health(State(app): State<App>, access: Access) -> ApiResult<Json<Report>> {
    access.require(Role::Admin)?;
    let storage = inspect_storage(&app).await?;
    let accounts = inspect_accounts(&app, &access).await?;
    let backlog = tenants::get_backlog(&app.db, &access.tenant_id).await?;
    let webhooks = hoopoe_db::webhooks::count_waiting(&app.db, Some(&access.tenant_id)).await?;
    let is_degraded = backlog.dead_letters_open > 0
        || webhooks.failing > 0
        || accounts
            .items
            .iter()
            .any(|account| account.state != AccountState::Connected);
    Ok(Json(Report {
        status: if is_degraded {
            HealthStatus::Degraded
        } else {
            HealthStatus::Ok
        },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("BUILD_COMMIT_OF_HOOPOE").to_owned(),
        node_id: app.node_id.clone(),
        mode: match app.db.engine() {
            Engine::Sqlite => Mode::Single,
            Engine::Postgres => Mode::Cluster,
        },
        started_at: app.started_at,
        uptime_s: (app.clock.now() - app.started_at) / 1000,
        storage,
        accounts,
        queues: Queues {
            inbound: u64::try_from(app.inbound.waiting()).unwrap_or(u64::MAX),
            media_pending: backlog.media_pending,
            media_failed: backlog.media_failed,
            webhooks_waiting: webhooks.deliveries,
            webhooks_waiting_since: webhooks.since,
            webhooks_failing: webhooks.failing,
        },
        sockets: u64::try_from(app.hub.sockets()).unwrap_or(u64::MAX),
        dead_letters_open: backlog.dead_letters_open,
    }))
}

async fn inspect_storage(app: &App) -> ApiResult<Storage> {
    let asked = Instant::now();
    app.db.ping().await?;
    let latency_ms = asked.elapsed().as_secs_f64() * 1000.0;
    Ok(Storage {
        engine: app.db.engine().name().to_owned(),
        latency_ms,
        migration: app.db.schema_version().await?.unwrap_or_default(),
        events: hoopoe_db::streams::count(&app.db).await?,
    })
}

async fn inspect_accounts(app: &App, access: &Access) -> ApiResult<Accounts> {
    let accounts = accounts::list_accounts(&app.db, &access.tenant_id).await?;
    let mut leases: BTreeMap<AccountId, accounts::Lease> =
        accounts::list_leases(&app.db, &access.tenant_id)
            .await?
            .into_iter()
            .map(|lease| (lease.id.clone(), lease))
            .collect();
    let mut by_state = BTreeMap::new();
    for account in &accounts {
        *by_state
            .entry(account.state.as_str().to_owned())
            .or_default() += 1;
    }
    let items = accounts.into_iter().map(|account| {
        let lease = leases.remove(&account.id);
        describe(account, lease)
    });
    Ok(Accounts {
        by_state,
        max: app.config.limits.max_accounts,
        max_linked: app.config.linked.max_accounts,
        linked_here: u64::try_from(app.linked.count()).unwrap_or(u64::MAX),
        items: items.collect(),
    })
}

fn describe(account: Account, lease: Option<accounts::Lease>) -> AccountHealth {
    let (lease_owner, lease_until, last_traffic_at) = lease.map_or((None, None, None), |lease| {
        (lease.claimed_by, lease.lease_until, lease.last_traffic_at)
    });
    AccountHealth {
        id: account.id,
        channel: account.channel,
        name: account.name,
        state: account.state,
        state_reason: account.state_reason,
        last_inbound_at: account.last_inbound_at,
        lease_owner,
        lease_until,
        last_traffic_at,
    }
}
