//! What the webhook must know before it can read an update: whose it is, the secret that signed it, and the numbers it may be for. Kept in
//! memory, since it is asked for with every delivery.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hoopoe_db::{
    Db,
    ids::{AccountId, MetaAppId, TenantId},
    meta_apps::{HookNumber, SealedMetaApp},
};

use crate::{
    error::{ApiError, ApiResult},
    secrets::Secrets,
};

/// How old an entry may be: changes made on other nodes are seen by then.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// How soon an entry may be read again because a number is missing in it.
const RELOAD_AFTER: Duration = Duration::from_millis(500);

/// Length of a hook; what is not one never reaches the database.
const HOOK_LENGTH: usize = 32;

/// Most entries; beyond, those that are stale are thrown out.
const MAX_ENTRIES: usize = 10_000;

/// The webhook of a Meta app.
#[derive(Clone)]
pub struct Hook {
    /// Random part of the webhook's path.
    pub hook: String,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The Meta app.
    pub meta_app_id: MetaAppId,
    /// Signs deliveries (HMAC-SHA256).
    pub app_secret: Vec<u8>,
    /// For Meta's handshake.
    pub verify_token: String,
    /// Scope of business-scoped user ids, where known; else the WABA stands in.
    pub portfolio_id: Option<String>,
    /// The numbers it may be for, by `phone_number_id`.
    pub accounts: HashMap<String, HookAccount>,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook")
            .field("tenant_id", &self.tenant_id)
            .field("meta_app_id", &self.meta_app_id)
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

/// A number behind a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAccount {
    /// The account.
    pub id: AccountId,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
}

/// Where an app's secret is sealed to.
pub fn secret_place(id: &MetaAppId) -> String {
    format!("meta_apps/{id}/app_secret")
}

/// Where an app's verify token is sealed to.
pub fn verify_place(id: &MetaAppId) -> String {
    format!("meta_apps/{id}/verify_token")
}

/// The cache; cheap to clone.
#[derive(Debug, Clone)]
pub struct HookCache {
    db: Db,
    secrets: Secrets,
    entries: Arc<RwLock<HashMap<String, Entry>>>,
    /// Rises with every change: what was read before it is not kept.
    changes: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
struct Entry {
    hook: Arc<Hook>,
    read_at: Instant,
}

impl HookCache {
    /// An empty one.
    pub fn new(db: Db, secrets: Secrets) -> Self {
        Self {
            db,
            secrets,
            entries: Arc::default(),
            changes: Arc::default(),
        }
    }

    /// The webhook behind the random part of its path, or `None`.
    ///
    /// # Errors
    /// `unavailable` when the database can't be asked.
    pub async fn find(&self, hook: &str) -> ApiResult<Option<Arc<Hook>>> {
        match self.kept(hook, STALE_AFTER) {
            Some(kept) => Ok(Some(kept)),
            None => self.read(hook).await,
        }
    }

    /// As [`find`](Self::find) for a webhook that does not know a number as it should: reads it again, unless that was done a moment ago.
    ///
    /// # Errors
    /// `unavailable` when the database can't be asked.
    pub async fn reload(&self, hook: &str) -> ApiResult<Option<Arc<Hook>>> {
        match self.kept(hook, RELOAD_AFTER) {
            Some(kept) => Ok(Some(kept)),
            None => self.read(hook).await,
        }
    }

    fn kept(&self, hook: &str, at_most: Duration) -> Option<Arc<Hook>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(hook)?;
        (entry.read_at.elapsed() < at_most).then(|| Arc::clone(&entry.hook))
    }

    async fn read(&self, hook: &str) -> ApiResult<Option<Arc<Hook>>> {
        if hook.len() != HOOK_LENGTH {
            return Ok(None);
        }
        let changes = self.changes.load(Ordering::SeqCst);
        let read_at = Instant::now();
        let Some((app, numbers)) = hoopoe_db::meta_apps::find_by_hook(&self.db, hook).await? else {
            return Ok(None);
        };
        let found = Arc::new(self.open(app, numbers).map_err(ApiError::internal)?);
        let entry = Entry {
            hook: Arc::clone(&found),
            read_at,
        };
        self.keep(hook, entry, changes);
        Ok(Some(found))
    }

    fn open(&self, app: SealedMetaApp, numbers: Vec<HookNumber>) -> anyhow::Result<Hook> {
        let accounts = numbers.into_iter().map(|number| {
            let account = HookAccount {
                id: number.id,
                waba_id: number.waba_id,
            };
            (number.phone_number_id, account)
        });
        Ok(Hook {
            app_secret: self.secrets.open(&secret_place(&app.id), &app.app_secret)?,
            verify_token: self
                .secrets
                .open_text(&verify_place(&app.id), &app.verify_token)?,
            accounts: accounts.collect(),
            hook: app.hook,
            tenant_id: app.tenant_id,
            meta_app_id: app.id,
            portfolio_id: app.portfolio_id,
        })
    }

    fn keep(&self, hook: &str, entry: Entry, changes: u64) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::SeqCst) != changes {
            return;
        }
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, entry| entry.read_at.elapsed() < STALE_AFTER);
        }
        entries.insert(hook.to_owned(), entry);
    }

    /// Makes the next look-up of a tenant's webhooks ask the database. Called after a change of its apps or accounts is committed.
    pub fn forget_tenant(&self, tenant_id: &TenantId) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        entries.retain(|_, entry| entry.hook.tenant_id != *tenant_id);
    }
}
