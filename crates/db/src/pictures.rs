//! Profile pictures of contacts: which there is, and the job that fetches it, in one row. The fetching is done by the node that has the account's
//! connection, so nothing is claimed.

use serde::Serialize;

use crate::{
    Db, DbResult, Millis, Tx, contacts,
    event::Event,
    ids::{AccountId, ContactId, TenantId},
    sql::{Rows, batch, execute, fetch_one, fetch_optional},
};

/// Whose picture is to be had, over which account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// Whose.
    pub tenant_id: TenantId,
    /// The account that told of them.
    pub account_id: AccountId,
    /// The contact.
    pub contact_id: ContactId,
    /// Their address, in WhatsApp's form.
    pub address: String,
}

/// A picture to be asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    /// Whose.
    pub tenant_id: TenantId,
    /// The contact.
    pub contact_id: ContactId,
    /// Their address, in WhatsApp's form.
    pub address: String,
    /// WhatsApp's id of the picture that we have.
    pub picture_id: Option<String>,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// Since when it is to be asked for. Unix milliseconds.
    pub due_at: Millis,
}

/// A picture as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// WhatsApp's id of it.
    pub id: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Where it is kept.
    pub object_key: String,
}

/// Where a picture is kept that is shown.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Shown {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Its key in the store.
    pub object_key: String,
}

/// Has pictures asked for of contacts that none was ever asked for. Returns whether there are any.
pub async fn want(tx: &mut Tx, wanted: &[Wanted], now: Millis) -> DbResult<bool> {
    batch!(
        WANT,
        "INSERT INTO contact_pictures (contact_id, tenant_id, account_id, address, due_at)
         SELECT r.contact_id, r.tenant_id, r.account_id, r.address, $2
         FROM {rows: contact_id TEXT, tenant_id TEXT, account_id TEXT, address TEXT} WHERE true
         ON CONFLICT DO NOTHING"
    );
    Ok(!wanted.is_empty() && execute!(tx, &WANT, Rows(wanted), now)? > 0)
}

/// Somebody has another picture: has it asked for, unless it is the one that we have. Returns whether it is to be.
pub async fn want_other(
    tx: &mut Tx,
    wanted: &Wanted,
    picture_id: &str,
    now: Millis,
) -> DbResult<bool> {
    let due = execute!(
        tx,
        "INSERT INTO contact_pictures (contact_id, tenant_id, account_id, address, due_at) VALUES ($1, $2, $3, $4, $6)
         ON CONFLICT (contact_id) DO UPDATE SET account_id = excluded.account_id, address = excluded.address, due_at = excluded.due_at, attempts = 0
         WHERE contact_pictures.tenant_id = excluded.tenant_id AND contact_pictures.picture_id IS DISTINCT FROM $5",
        &wanted.contact_id,
        &wanted.tenant_id,
        &wanted.account_id,
        &wanted.address,
        picture_id,
        now
    )?;
    Ok(due > 0)
}

/// The picture of an account that is to be asked for first; it may be due later.
pub async fn find_next(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<Option<Due>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Due,
        "SELECT tenant_id, contact_id, address, picture_id, attempts, due_at FROM contact_pictures
         WHERE tenant_id = $1 AND account_id = $2 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1",
        tenant_id,
        account_id
    )
}

/// Notes what was found (`None`: no picture, or not for us), and `contact:updated` where it is another one. What became due meanwhile stays so.
pub async fn settle(tx: &mut Tx, due: &Due, found: Option<&Picture>, now: Millis) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE contact_pictures SET picture_id = $4, object_key = $5, attempts = 0, due_at = CASE WHEN due_at = $3 THEN NULL ELSE due_at END
         WHERE contact_id = $1 AND tenant_id = $2",
        &due.contact_id,
        &due.tenant_id,
        due.due_at,
        found.map(|picture| picture.id.as_str()),
        found.map(|picture| picture.object_key.as_str())
    )?;
    let sha256 = found.map(|picture| picture.sha256.as_str());
    show(tx, &due.tenant_id, &due.contact_id, sha256, now).await
}

/// Somebody has no picture any more: it is shown no longer, and `contact:updated` is noted.
pub async fn remove(
    tx: &mut Tx,
    tenant_id: &TenantId,
    contact_id: &ContactId,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE contact_pictures SET picture_id = NULL, object_key = NULL, attempts = 0, due_at = NULL WHERE contact_id = $1 AND tenant_id = $2",
        contact_id,
        tenant_id
    )?;
    show(tx, tenant_id, contact_id, None, now).await
}

async fn show(
    tx: &mut Tx,
    tenant_id: &TenantId,
    contact_id: &ContactId,
    sha256: Option<&str>,
    now: Millis,
) -> DbResult<()> {
    let changed = execute!(
        tx,
        "UPDATE contacts SET picture = $3, updated_at = $4 WHERE id = $1 AND tenant_id = $2 AND picture IS DISTINCT FROM $3",
        contact_id,
        tenant_id,
        sha256,
        now
    )?;
    if changed == 0 {
        return Ok(());
    }
    // One that was merged away meanwhile is nobody's to be told of.
    let held = contacts::load(tx, tenant_id, std::slice::from_ref(contact_id)).await?;
    let (is_live,) = fetch_one!(
        tx,
        (bool,),
        "SELECT merged_into IS NULL FROM contacts WHERE id = $1 AND tenant_id = $2",
        contact_id,
        tenant_id
    )?;
    if let Some(contact) = held.first().filter(|_| is_live) {
        contacts::announce(tx, tenant_id, Event::ContactUpdated, contact);
    }
    Ok(())
}

/// Tries again later; or never, until something is heard of it, where there is no time.
pub async fn postpone(db: &Db, due: &Due, until: Option<Millis>, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE contact_pictures SET attempts = attempts + 1, due_at = $4 WHERE contact_id = $1 AND tenant_id = $2 AND due_at = $3",
        &due.contact_id,
        &due.tenant_id,
        due.due_at,
        until
    )?;
    tx.commit(now).await.map(drop)
}

/// Where the picture of a contact is kept, if it has one.
pub async fn find_shown(
    db: &Db,
    tenant_id: &TenantId,
    contact_id: &ContactId,
) -> DbResult<Option<Shown>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Shown,
        "SELECT c.picture AS sha256, p.object_key FROM contacts c JOIN contact_pictures p ON p.contact_id = c.id
         WHERE c.id = $1 AND c.tenant_id = $2 AND c.merged_into IS NULL AND c.picture IS NOT NULL AND p.object_key IS NOT NULL",
        contact_id,
        tenant_id
    )
}
