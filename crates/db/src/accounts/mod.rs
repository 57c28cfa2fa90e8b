//! Connected numbers and who may see them. Changes are announced as `account:updated` and `account:deleted` on the tenant's stream, and as
//! `membership:changed` on the streams of the users concerned.

mod members;
mod state;
mod touch;

use crate::{
    Db, DbError, DbResult, Millis, Tx,
    event::{AccountChanged, AccountDeleted, Audience, Draft, Event},
    ids::{AccountId, MetaAppId, TenantId},
    model::{Account, AccountState, Channel},
    sql::{execute, fetch_all, fetch_one, fetch_optional},
};

pub use members::{announce_memberships, list_audience, list_members, replace_members};
pub use state::{Lease, StateChange, list_leases, update_state};
pub use touch::touch;

/// The columns of an [`Account`].
macro_rules! columns {
    () => {
        "id, channel, name, color, phone, phone_number_id, waba_id, meta_app_id, state, state_reason, state_since, \
         last_inbound_at, last_outbound_at, send_read_receipts, send_typing, enforce_window, rate_per_second, ignore_groups, \
         history_percent, history_conversations, history_at, created_at"
    };
}
pub(crate) use columns;

/// An account that is to be added. Its id is made by the caller, since sealed values are bound to it.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// Its id.
    pub id: AccountId,
    /// How it reaches WhatsApp.
    pub channel: Channel,
    /// Name as agents see it.
    pub name: &'a str,
    /// Colour as `#rrggbb`.
    pub color: &'a str,
    /// E.164.
    pub phone: Option<&'a str>,
    /// Meta's id of the number.
    pub phone_number_id: Option<&'a str>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<&'a str>,
    /// The Meta app whose webhook it uses.
    pub meta_app_id: Option<&'a MetaAppId>,
    /// Sealed.
    pub access_token: Option<&'a str>,
    /// Only for the simulator.
    pub graph_url: Option<&'a str>,
    /// Whether it works.
    pub state: AccountState,
}

/// What is to be changed of an account; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountChange<'a> {
    /// Name as agents see it.
    pub name: Option<&'a str>,
    /// Colour as `#rrggbb`.
    pub color: Option<&'a str>,
    /// E.164.
    pub phone: Option<&'a str>,
    /// Meta's id of the number.
    pub phone_number_id: Option<&'a str>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<&'a str>,
    /// The Meta app whose webhook it uses.
    pub meta_app_id: Option<&'a MetaAppId>,
    /// Sealed.
    pub access_token: Option<&'a str>,
    /// Whether customers see that their messages were read.
    pub send_read_receipts: Option<bool>,
    /// Whether customers see that somebody is typing.
    pub send_typing: Option<bool>,
    /// Whether free text is refused once the 24 hours are over.
    pub enforce_window: Option<bool>,
    /// Most messages that are sent per second.
    pub rate_per_second: Option<i64>,
    /// Whether messages of groups are left out (linked devices).
    pub ignore_groups: Option<bool>,
}

/// How to reach the provider on behalf of an account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ProviderAccess {
    /// How it reaches WhatsApp.
    #[sqlx(try_from = "String")]
    pub channel: Channel,
    /// Meta's id of the number.
    pub phone_number_id: Option<String>,
    /// Sealed, bound to `accounts/<id>/access_token`.
    pub access_token: Option<String>,
    /// Only for the simulator; `None` is the configured Graph API.
    pub graph_url: Option<String>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
    /// Whether it works.
    #[sqlx(try_from = "String")]
    pub state: AccountState,
    /// Whether customers see that their messages were read.
    pub send_read_receipts: bool,
    /// Whether customers see that somebody is typing.
    pub send_typing: bool,
    /// Most messages that are sent per second.
    pub rate_per_second: i64,
}

/// Adds an account and announces it.
///
/// # Errors
/// [`Conflict`](DbError::Conflict) when the tenant has connected the number before.
pub async fn insert_account(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &NewAccount<'_>,
    now: Millis,
) -> DbResult<Account> {
    let account = fetch_one!(
        tx,
        Account,
        concat!(
            "INSERT INTO accounts (id, tenant_id, channel, name, color, phone, phone_number_id, waba_id, meta_app_id, access_token, graph_url,
           state, state_since, created_at, rate_per_second)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)
         ON CONFLICT (tenant_id, phone_number_id) DO UPDATE SET channel = excluded.channel, name = excluded.name, color = excluded.color,
           phone = excluded.phone, waba_id = excluded.waba_id, meta_app_id = excluded.meta_app_id, access_token = excluded.access_token,
           graph_url = excluded.graph_url, state = excluded.state, state_reason = NULL, state_since = excluded.state_since,
           removed_at = NULL
         WHERE accounts.removed_at IS NOT NULL AND accounts.id = excluded.id
         RETURNING ",
            columns!()
        ),
        &new.id,
        tenant_id,
        new.channel.as_str(),
        new.name,
        new.color,
        new.phone,
        new.phone_number_id,
        new.waba_id,
        new.meta_app_id,
        new.access_token,
        new.graph_url,
        new.state.as_str(),
        now,
        new.channel.first_rate()
    )
    .map_err(|error| match error {
        // The number is there and was not removed.
        DbError::NotFound => DbError::Conflict("phone_number_id"),
        error => error.naming("phone_number_id"),
    })?;
    announce(tx, tenant_id, &account);
    Ok(account)
}

pub(crate) fn announce(tx: &mut Tx, tenant_id: &TenantId, account: &Account) {
    let account = account.clone();
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::AccountUpdated(AccountChanged { account }),
    });
}

/// Changes an account and announces it. With a new token it counts as connected until the provider says otherwise.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account, [`Conflict`](DbError::Conflict) when the number is taken.
pub async fn update_account(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
    change: &AccountChange<'_>,
    now: Millis,
) -> DbResult<Account> {
    let account = fetch_one!(
        tx,
        Account,
        concat!(
            "UPDATE accounts SET name = COALESCE($3, name), color = COALESCE($4, color), phone = COALESCE($5, phone),
           phone_number_id = COALESCE($6, phone_number_id), waba_id = COALESCE($7, waba_id), meta_app_id = COALESCE($8, meta_app_id),
           access_token = COALESCE($9, access_token), send_read_receipts = COALESCE($11, send_read_receipts),
           send_typing = COALESCE($12, send_typing), enforce_window = COALESCE($13, enforce_window),
           rate_per_second = COALESCE($14, rate_per_second), ignore_groups = COALESCE($15, ignore_groups),
           state = CASE WHEN CAST($9 AS TEXT) IS NULL THEN state ELSE 'connected' END,
           state_reason = CASE WHEN CAST($9 AS TEXT) IS NULL THEN state_reason ELSE NULL END,
           state_since = CASE WHEN CAST($9 AS TEXT) IS NULL OR state = 'connected' THEN state_since ELSE $10 END
         WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL
         RETURNING ",
            columns!()
        ),
        tenant_id,
        id,
        change.name,
        change.color,
        change.phone,
        change.phone_number_id,
        change.waba_id,
        change.meta_app_id,
        change.access_token,
        now,
        change.send_read_receipts,
        change.send_typing,
        change.enforce_window,
        change.rate_per_second,
        change.ignore_groups
    )
    .map_err(|error| error.naming("phone_number_id"))?;
    announce(tx, tenant_id, &account);
    Ok(account)
}

/// Removes an account and announces it. Its messages stay: a number that is connected again gets a new thread.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account.
pub async fn delete_account(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
    now: Millis,
) -> DbResult<()> {
    let gone = execute!(
        tx,
        "UPDATE accounts SET removed_at = $3, meta_app_id = NULL, access_token = NULL, device_jid = NULL, claimed_by = NULL, claimed_at = NULL,
           lease_until = NULL
         WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
        tenant_id,
        id,
        now
    )?;
    if gone == 0 {
        return Err(DbError::NotFound);
    }
    execute!(
        tx,
        "DELETE FROM account_members WHERE tenant_id = $1 AND account_id = $2",
        tenant_id,
        id
    )?;
    crate::linked::values::delete_all(tx, tenant_id, id).await?;
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::AccountDeleted(AccountDeleted {
            account_id: id.clone(),
        }),
    });
    Ok(())
}

/// The id of a number that was connected before and removed, to be connected again under it.
pub async fn find_removed(
    db: &Db,
    tenant_id: &TenantId,
    phone_number_id: &str,
) -> DbResult<Option<AccountId>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (AccountId,),
        "SELECT id FROM accounts WHERE tenant_id = $1 AND phone_number_id = $2 AND removed_at IS NOT NULL",
        tenant_id,
        phone_number_id
    )?;
    Ok(found.map(|(id,)| id))
}

/// How many accounts a tenant has.
pub async fn count_accounts(tx: &mut Tx, tenant_id: &TenantId) -> DbResult<i64> {
    let (accounts,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM accounts WHERE tenant_id = $1 AND removed_at IS NULL",
        tenant_id
    )?;
    Ok(accounts)
}

/// How many linked devices a tenant has.
pub async fn count_linked(tx: &mut Tx, tenant_id: &TenantId) -> DbResult<i64> {
    let (accounts,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM accounts WHERE tenant_id = $1 AND channel = 'linked' AND removed_at IS NULL",
        tenant_id
    )?;
    Ok(accounts)
}

/// All accounts of a tenant, in the order in which they were connected.
pub async fn list_accounts(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<Account>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Account,
        concat!(
            "SELECT ",
            columns!(),
            " FROM accounts WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY id"
        ),
        tenant_id
    )
}

/// An account of a tenant.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account.
pub async fn get_account(db: &Db, tenant_id: &TenantId, id: &AccountId) -> DbResult<Account> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Account,
        concat!(
            "SELECT ",
            columns!(),
            " FROM accounts WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL"
        ),
        tenant_id,
        id
    )
}

/// How to reach the provider on behalf of an account.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account.
pub async fn get_provider_access(
    db: &Db,
    tenant_id: &TenantId,
    id: &AccountId,
) -> DbResult<ProviderAccess> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        ProviderAccess,
        "SELECT channel, phone_number_id, access_token, graph_url, waba_id, state, send_read_receipts, send_typing, rate_per_second FROM accounts
         WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
        tenant_id,
        id
    )
}
