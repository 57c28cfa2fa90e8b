//! As whom an account sends, and where to.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hoopoe_cloud_api::graph::GraphClient;
use hoopoe_db::{
    DbError, DbResult, accounts,
    accounts::ProviderAccess,
    ids::{AccountId, TenantId},
};

use crate::app::App;

/// How long what was read of an account is good: another node may change it. What this one changes counts at once.
const HOLDS: Duration = Duration::from_secs(1);

/// As whom, and where.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub graph: GraphClient,
    pub token: String,
    pub phone_number_id: String,
}

impl Line {
    /// How the account reaches the provider, or why it can't.
    fn open(app: &App, account_id: &AccountId, access: &ProviderAccess) -> Result<Self, String> {
        let sealed = access.access_token.as_deref();
        let sealed =
            sealed.ok_or("The account has no access token: an administrator must enter one.")?;
        let number = access.phone_number_id.clone();
        let phone_number_id = number.ok_or("The account has no phone number id.")?;
        let place = crate::accounts::access_token_place(account_id);
        let token = app.secrets.open_text(&place, sealed).map_err(|error| {
            tracing::error!(%error, account = %account_id, "an access token can't be opened");
            "The account's access token can't be read: an administrator must enter it anew."
                .to_owned()
        })?;
        let settings = &app.config.graph;
        let url = access.graph_url.as_deref().unwrap_or(&settings.url);
        let graph = app.media.graph(url, &settings.version);
        let graph = graph.map_err(|error| error.to_string())?;
        Ok(Self {
            graph,
            token,
            phone_number_id,
        })
    }

    /// As [`open`](Self::open), reading the account first. `None` where it was removed.
    pub(crate) async fn find(
        app: &App,
        tenant_id: &TenantId,
        account_id: &AccountId,
    ) -> DbResult<Option<(ProviderAccess, Result<Arc<Self>, String>)>> {
        match accounts::get_provider_access(&app.db, tenant_id, account_id).await {
            Ok(access) => {
                let line = Self::open(app, account_id, &access).map(Arc::new);
                Ok(Some((access, line)))
            }
            Err(DbError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// How the account reached the provider a moment ago, or why it could not.
pub(super) struct KnownLine {
    pub line: Result<Arc<Line>, String>,
    version: u64,
    since: Instant,
}

impl KnownLine {
    pub(super) fn new(line: Result<Arc<Line>, String>, version: u64) -> Self {
        Self {
            line,
            version,
            since: Instant::now(),
        }
    }

    /// Whether it still holds, by the version of what this node has changed of accounts.
    pub(super) fn is_good(&self, version: u64) -> bool {
        self.version == version && self.since.elapsed() < HOLDS
    }
}
