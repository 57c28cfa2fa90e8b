//! Linked devices: which node keeps which account connected, which phone an account is, who it tells of (`people`), what its phone read (`reads`) and shared of its past (`history`), and (in [`values`]) what the protocol keeps. Whether
//! an account works is noted by [`accounts::update_state`](crate::accounts::update_state), as for all accounts.
//!
//! A node has an account while it holds its lease. Everything that a node writes of an account it writes as its [`Holder`]: after the lease
//! went to another node, or the account was reset, nothing of it arrives any more. So two nodes never write into one device's keys.

mod history;
mod people;
mod reads;
pub mod values;

pub use history::note_history;
pub use people::{Known, find_known};
pub use reads::{ReadMark, mark_read};

use serde::Serialize;

use crate::{
    Db, DbError, DbResult, Millis, Tx,
    accounts::{announce, columns},
    ids::{AccountId, TenantId},
    model::{Account, AccountState},
    sql::{Rows, batch, execute, fetch_all, fetch_optional},
};

/// A node, as the one that has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Whose account.
    pub tenant_id: TenantId,
    /// Which.
    pub account_id: AccountId,
    /// The node.
    pub node_id: String,
}

/// An account and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, sqlx::FromRow)]
pub struct Owned {
    /// Whose.
    pub tenant_id: TenantId,
    /// Which.
    pub id: AccountId,
}

/// What is known of an account's link.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Device {
    /// The phone, E.164, once one was linked.
    pub phone: Option<String>,
    /// The companion's address, while it is linked.
    pub device_jid: Option<String>,
    /// Whether it works.
    #[sqlx(try_from = "String")]
    pub state: AccountState,
    /// When WhatsApp was last heard of.
    pub last_traffic_at: Option<Millis>,
    /// The node that has it, where its lease holds.
    pub claimed_by: Option<String>,
}

impl Device {
    /// Whether a node is to keep it connected: it is linked, and not at an end that only a person can undo.
    pub fn is_kept(&self) -> bool {
        use AccountState::{Connected, Connecting, Disconnected};
        self.device_jid.is_some() && matches!(self.state, Connected | Connecting | Disconnected)
    }

    /// Whether it is at an end after which its link may still be good.
    pub fn may_resume(&self) -> bool {
        use AccountState::{Banned, Error, Outdated, Replaced};
        self.device_jid.is_some() && matches!(self.state, Banned | Error | Outdated | Replaced)
    }
}

/// What a phone that was linked is to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// The account's phone from now on; other accounts that had it before are marked as replaced.
    Yes {
        /// Those accounts.
        replaced: Vec<AccountId>,
    },
    /// The account is another phone, whose conversations it has: the link was not noted.
    OtherPhone {
        /// The account's phone, E.164.
        phone: String,
    },
}

/// Claims an account for a node, which may have it already. `false` where another node has it, or there is no such linked account.
pub async fn claim(db: &Db, holder: &Holder, now: Millis, until: Millis) -> DbResult<bool> {
    let mut tx = db.begin().await?;
    let claimed = execute!(
        &mut tx,
        "UPDATE accounts SET claimed_at = CASE WHEN claimed_by = $3 THEN claimed_at ELSE $4 END, claimed_by = $3, lease_until = $5
         WHERE tenant_id = $1 AND id = $2 AND channel = 'linked' AND removed_at IS NULL
           AND (claimed_by IS NULL OR claimed_by = $3 OR lease_until <= $4)",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        now,
        until
    )?;
    tx.commit(now).await?;
    Ok(claimed > 0)
}

/// Keeps a node's claims. Returns the accounts that it still has: of the others it lets go.
pub async fn renew(
    db: &Db,
    node_id: &str,
    accounts: &[Owned],
    now: Millis,
    until: Millis,
) -> DbResult<Vec<AccountId>> {
    batch!(
        RENEW,
        "UPDATE accounts SET lease_until = $3 FROM {rows: tenant_id TEXT, id TEXT}
         WHERE accounts.tenant_id = r.tenant_id AND accounts.id = r.id AND claimed_by = $2 RETURNING accounts.id"
    );
    let mut tx = db.begin().await?;
    let kept = fetch_all!(
        &mut tx,
        (AccountId,),
        &RENEW,
        Rows(accounts),
        node_id,
        until
    )?;
    tx.commit(now).await?;
    Ok(kept.into_iter().map(|(id,)| id).collect())
}

/// Gives an account back, so that another node may have it at once.
pub async fn release(db: &Db, holder: &Holder, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE accounts SET claimed_by = NULL, claimed_at = NULL, lease_until = NULL WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id
    )?;
    tx.commit(now).await.map(drop)
}

/// LIDs of people by their phones (digits), as far as they are known.
pub async fn find_lids(
    db: &Db,
    tenant_id: &TenantId,
    phones: &[String],
) -> DbResult<Vec<(String, String)>> {
    batch!(
        FIND_LIDS,
        "SELECT phone.value, lid.value FROM {rows: phone TEXT}
         JOIN identities AS phone ON phone.tenant_id = $2 AND phone.kind = 'phone' AND phone.scope = '' AND phone.value = r.phone
         JOIN identities AS lid ON lid.group_id = phone.group_id AND lid.tenant_id = $2 AND lid.kind = 'lid' AND lid.is_current"
    );
    #[derive(Serialize)]
    struct Row<'a> {
        phone: &'a str,
    }
    let rows: Vec<Row<'_>> = phones.iter().map(|phone| Row { phone }).collect();
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        (String, String),
        &FIND_LIDS,
        Rows(&rows),
        tenant_id
    )
}

/// Ends the leases of all nodes. For the one node of an embedded database, whose former life may have had some when it was killed.
pub async fn release_all(db: &Db, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE accounts SET claimed_by = NULL, claimed_at = NULL, lease_until = NULL WHERE claimed_by IS NOT NULL"
    )?;
    tx.commit(now).await.map(drop)
}

/// The linked accounts of all tenants that no node has and that are not at an end which only a person can undo.
pub async fn list_waiting(db: &Db, now: Millis) -> DbResult<Vec<Owned>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Owned,
        "SELECT tenant_id, id FROM accounts
         WHERE device_jid IS NOT NULL AND removed_at IS NULL AND state IN ('connected', 'connecting', 'disconnected')
           AND (lease_until IS NULL OR lease_until <= $1)
         ORDER BY id",
        now
    )
}

/// What is known of an account's link.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such linked account.
pub async fn get_device(
    db: &Db,
    tenant_id: &TenantId,
    id: &AccountId,
    now: Millis,
) -> DbResult<Device> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Device,
        "SELECT phone, device_jid, state, last_traffic_at, CASE WHEN lease_until > $3 THEN claimed_by END AS claimed_by FROM accounts
         WHERE tenant_id = $1 AND id = $2 AND channel = 'linked' AND removed_at IS NULL",
        tenant_id,
        id,
        now
    )?
    .ok_or(DbError::NotFound)
}

/// Notes which phone an account was linked to. Of several accounts of one phone the last one stays: the others are marked as
/// [replaced](AccountState::Replaced), lose their keys, and are let go.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the node has the account no more.
pub async fn link(
    tx: &mut Tx,
    holder: &Holder,
    phone: &str,
    device_jid: &str,
    now: Millis,
) -> DbResult<Linked> {
    let (before,) = fetch_optional!(
        tx,
        (Option<String>,),
        "SELECT phone FROM accounts WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id
    )?
    .ok_or(DbError::NotFound)?;
    if let Some(phone) = before.filter(|before| before != phone) {
        return Ok(Linked::OtherPhone { phone });
    }
    let replaced = replace_others(tx, holder, phone, now).await?;
    let account = fetch_optional!(
        tx,
        Account,
        concat!(
            "UPDATE accounts SET phone = $4, device_jid = $5, history_percent = NULL, history_conversations = NULL, history_at = NULL WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3 RETURNING ",
            columns!()
        ),
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        phone,
        device_jid
    )?
    .ok_or(DbError::NotFound)?;
    announce(tx, &holder.tenant_id, &account);
    Ok(Linked::Yes { replaced })
}

/// Ends the links of some accounts of a tenant (`$1`), at a time (`$2`): their reason, and which. They lose their phones and their nodes.
macro_rules! replace {
    ($reason:literal, $which:literal) => {
        concat!(
            "UPDATE accounts SET state = 'replaced', state_reason = '",
            $reason,
            "', state_since = $2, device_jid = NULL, claimed_by = NULL, claimed_at = NULL, lease_until = NULL
             WHERE tenant_id = $1 AND ",
            $which,
            " RETURNING ",
            columns!()
        )
    };
}

async fn replace_others(
    tx: &mut Tx,
    holder: &Holder,
    phone: &str,
    now: Millis,
) -> DbResult<Vec<AccountId>> {
    let others = fetch_all!(
        tx,
        Account,
        replace!(
            "This phone was linked to another account of this organisation.",
            "id <> $3 AND phone = $4 AND device_jid IS NOT NULL"
        ),
        &holder.tenant_id,
        now,
        &holder.account_id,
        phone
    )?;
    let_go(tx, &holder.tenant_id, &others).await
}

/// Several accounts of one phone: the one that is linked stays, without one the newest; the others are marked as
/// [replaced](AccountState::Replaced), lose their keys, and are let go. Returns those.
pub async fn replace_duplicates(
    tx: &mut Tx,
    tenant_id: &TenantId,
    now: Millis,
) -> DbResult<Vec<AccountId>> {
    let replaced = fetch_all!(
        tx,
        Account,
        replace!(
            "Another account of this organisation is this phone.",
            "channel = 'linked' AND removed_at IS NULL AND state <> 'replaced' AND EXISTS (
               SELECT 1 FROM accounts AS other
               WHERE other.tenant_id = $1 AND other.channel = 'linked' AND other.removed_at IS NULL AND other.state <> 'replaced'
                 AND other.phone = accounts.phone AND other.id <> accounts.id
                 AND (other.device_jid IS NOT NULL OR accounts.device_jid IS NULL AND other.id > accounts.id))"
        ),
        tenant_id,
        now
    )?;
    let_go(tx, tenant_id, &replaced).await
}

async fn let_go(
    tx: &mut Tx,
    tenant_id: &TenantId,
    accounts: &[Account],
) -> DbResult<Vec<AccountId>> {
    for account in accounts {
        values::delete_all(tx, tenant_id, &account.id).await?;
        announce(tx, tenant_id, account);
    }
    Ok(accounts.iter().map(|account| account.id.clone()).collect())
}

/// Notes when WhatsApp was last heard of. Nobody is told: it is for those who look.
pub async fn update_traffic(db: &Db, holder: &Holder, at: Millis, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE accounts SET last_traffic_at = $4 WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3",
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        at
    )?;
    tx.commit(now).await.map(drop)
}

/// Forgets an account's link: its keys, its device, and the node that has it, which finds out by its next write. The phone stays, since the
/// account's conversations are that phone's.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such linked account.
pub async fn reset(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
    now: Millis,
) -> DbResult<Account> {
    let account = fetch_optional!(
        tx,
        Account,
        concat!(
            "UPDATE accounts SET state_since = CASE WHEN state = 'needs_qr' THEN state_since ELSE $3 END, state = 'needs_qr', state_reason = NULL,
               device_jid = NULL, claimed_by = NULL, claimed_at = NULL, lease_until = NULL
             WHERE tenant_id = $1 AND id = $2 AND channel = 'linked' AND removed_at IS NULL RETURNING ",
            columns!()
        ),
        tenant_id,
        id,
        now
    )?
    .ok_or(DbError::NotFound)?;
    values::delete_all(tx, tenant_id, id).await?;
    announce(tx, tenant_id, &account);
    Ok(account)
}
