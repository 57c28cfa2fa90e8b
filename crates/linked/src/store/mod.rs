//! The protocol's memory: what `whatsapp-rust` wants kept, as sealed rows of one account. A row is sealed to its address, so that rows can't change
//! places; the address (people's numbers, ids of messages) is readable, as contacts and messages are.
//!
//! One file per trait of the client's: `signal` (sessions and keys), `protocol` (devices, LIDs, messages under way), `settings` (the phone's
//! settings, the device itself, secrets of messages).

mod history;
mod protocol;
mod settings;
mod signal;

use std::{collections::BTreeMap, sync::Arc};

use hoopoe_db::{
    Db,
    linked::{
        Holder,
        values::{self, Value},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use whatsapp_rust::wacore::store::error::{Result, StoreError};

use crate::Host;

/// Parts a name's parts: it is in no address and no id.
const PART: char = '\u{1f}';

/// The keys and sessions of one account.
pub struct Store {
    db: Db,
    holder: Holder,
    host: Arc<dyn Host>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

/// A value that is to be kept: name, value, stamp.
type Entry<'a> = (String, &'a [u8], i64);

fn database(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Database(Box::new(error))
}

fn form(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Serialization(Box::new(error))
}

/// A name of several parts.
fn name(parts: &[&str]) -> String {
    parts.join(&PART.to_string())
}

/// How many rows went, for those who count in 32 bits.
fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

impl Store {
    /// The store of an account, as one node has it.
    pub fn new(db: Db, holder: Holder, host: Arc<dyn Host>) -> Self {
        Self { db, holder, host }
    }

    /// As whom it writes.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Unix seconds: the unit of the protocol.
    fn seconds(&self) -> i64 {
        self.host.now() / 1000
    }

    fn place(&self, kind: &str, name: &str) -> String {
        let (tenant, account) = (&self.holder.tenant_id, &self.holder.account_id);
        format!("linked/{tenant}/{account}/{kind}/{name}")
    }

    fn open(&self, kind: &str, name: &str, sealed: &str) -> Result<Vec<u8>> {
        self.host
            .open(&self.place(kind, name), sealed)
            .map_err(|error| StoreError::Validation(format!("{error:#}")))
    }

    async fn get(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>> {
        let found = values::find(&self.db, &self.holder, kind, name).await;
        found
            .map_err(database)?
            .map(|sealed| self.open(kind, name, &sealed))
            .transpose()
    }

    async fn get_json<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>> {
        let found = self.get(kind, name).await?;
        let parsed = found.map(|plain| serde_json::from_slice(&plain));
        parsed.transpose().map_err(form)
    }

    /// All of a kind whose names begin so.
    async fn list(&self, kind: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let rows = values::list(&self.db, &self.holder, kind, prefix).await;
        let rows = rows.map_err(database)?.into_iter();
        rows.map(|(name, sealed)| {
            let plain = self.open(kind, &name, &sealed)?;
            Ok((name, plain))
        })
        .collect()
    }

    async fn put_all(&self, kind: &str, entries: &[Entry<'_>]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        // The last one of a name counts.
        let mut sealed = BTreeMap::new();
        for (name, plain, stamp) in entries {
            let value = self.host.seal(&self.place(kind, name), plain);
            let value = value.map_err(|error| StoreError::Validation(format!("{error:#}")))?;
            sealed.insert(name.as_str(), (value, *stamp));
        }
        let rows: Vec<Value<'_>> = sealed
            .iter()
            .map(|(name, (value, stamp))| Value {
                name,
                value,
                stamp: *stamp,
            })
            .collect();
        let now = self.host.now();
        values::put(&self.db, &self.holder, kind, &rows, now)
            .await
            .map_err(database)
    }

    async fn put(&self, kind: &str, name: &str, plain: &[u8]) -> Result<()> {
        let stamp = self.seconds();
        self.put_all(kind, &[(name.to_owned(), plain, stamp)]).await
    }

    async fn put_json<T: Serialize + Sync>(&self, kind: &str, name: &str, value: &T) -> Result<()> {
        let plain = serde_json::to_vec(value).map_err(form)?;
        self.put(kind, name, &plain).await
    }

    async fn delete(&self, kind: &str, name: &str) -> Result<()> {
        let now = self.host.now();
        values::delete(&self.db, &self.holder, kind, &[name], now)
            .await
            .map_err(database)
    }

    async fn delete_prefix(&self, kind: &str, prefix: &str) -> Result<()> {
        let now = self.host.now();
        values::delete_prefix(&self.db, &self.holder, kind, prefix, now)
            .await
            .map_err(database)
    }

    /// Removes those with a lower stamp.
    async fn delete_before(&self, kind: &str, stamp: i64) -> Result<u32> {
        let now = self.host.now();
        let gone = values::delete_before(&self.db, &self.holder, kind, stamp, now).await;
        gone.map(count).map_err(database)
    }

    async fn take(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>> {
        let now = self.host.now();
        let taken = values::take(&self.db, &self.holder, kind, name, now).await;
        taken
            .map_err(database)?
            .map(|sealed| self.open(kind, name, &sealed))
            .transpose()
    }

    /// The name with the highest stamp.
    async fn last(&self, kind: &str) -> Result<Option<String>> {
        values::find_last(&self.db, &self.holder, kind)
            .await
            .map_err(database)
    }
}
