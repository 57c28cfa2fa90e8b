//! Who may see an account.

use super::get_account;
use crate::{
    Db, DbError, DbResult, Tx,
    event::{Audience, Draft, Event, MembershipChanged},
    ids::{AccountId, TenantId, UserId},
    sql::{Rows, batch, execute, fetch_all, id_rows},
};

/// Who was made a member of an account. Admins and managers see it anyway.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account.
pub async fn list_members(db: &Db, tenant_id: &TenantId, id: &AccountId) -> DbResult<Vec<UserId>> {
    get_account(db, tenant_id, id).await?;
    let mut reader = db.read().await?;
    let members = fetch_all!(
        &mut reader,
        (UserId,),
        "SELECT user_id FROM account_members WHERE tenant_id = $1 AND account_id = $2 ORDER BY user_id",
        tenant_id,
        id
    )?;
    Ok(members.into_iter().map(|(user_id,)| user_id).collect())
}

/// Says who the members of an account are. Returns those for whom that is news; each is told on their own stream.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such account; unknown users are left out.
pub async fn replace_members(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
    members: &[UserId],
) -> DbResult<Vec<UserId>> {
    batch!(
        REMOVE,
        "DELETE FROM account_members WHERE tenant_id = $2 AND account_id = $3
           AND user_id NOT IN (SELECT r.id FROM {rows: id TEXT}) RETURNING user_id"
    );
    batch!(
        ADD,
        "INSERT INTO account_members (account_id, user_id, tenant_id)
         SELECT $3, u.id, $2 FROM {rows: id TEXT} JOIN users u ON u.id = r.id AND u.tenant_id = $2 WHERE true
         ON CONFLICT DO NOTHING RETURNING user_id"
    );
    lock_account(tx, tenant_id, id).await?;
    let rows = id_rows(members);
    let removed = fetch_all!(tx, (UserId,), &REMOVE, Rows(&rows), tenant_id, id)?;
    let added = fetch_all!(tx, (UserId,), &ADD, Rows(&rows), tenant_id, id)?;
    let changed: Vec<UserId> = removed.into_iter().chain(added).map(|(id,)| id).collect();
    announce_memberships(tx, tenant_id, &changed).await?;
    Ok(changed)
}

async fn lock_account(tx: &mut Tx, tenant_id: &TenantId, id: &AccountId) -> DbResult<()> {
    let found = execute!(
        tx,
        "UPDATE accounts SET name = name WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL",
        tenant_id,
        id
    )?;
    if found == 0 {
        return Err(DbError::NotFound);
    }
    Ok(())
}

/// Tells users, each on their own stream, which accounts they may see as things stand in this transaction.
pub async fn announce_memberships(
    tx: &mut Tx,
    tenant_id: &TenantId,
    users: &[UserId],
) -> DbResult<()> {
    batch!(
        VISIBLE,
        "SELECT u.id, a.id FROM {rows: id TEXT} JOIN users u ON u.id = r.id AND u.tenant_id = $2
         JOIN accounts a ON a.tenant_id = $2 AND a.removed_at IS NULL
         WHERE u.role <> 'agent' OR EXISTS (SELECT 1 FROM account_members m WHERE m.account_id = a.id AND m.user_id = u.id)
         ORDER BY u.id, a.id"
    );
    let visible = fetch_all!(
        tx,
        (UserId, AccountId),
        &VISIBLE,
        Rows(&id_rows(users)),
        tenant_id
    )?;
    for user_id in users {
        let account_ids = visible
            .iter()
            .filter(|(id, _)| id == user_id)
            .map(|(_, account_id)| account_id.clone())
            .collect();
        tx.record(Draft {
            tenant_id: tenant_id.clone(),
            audience: Audience::User(user_id.clone()),
            event: Event::MembershipChanged(MembershipChanged { account_ids }),
        });
    }
    Ok(())
}

/// Everybody for whom the appearance or disappearance of an account is news: admins, managers, and its members.
pub async fn list_audience(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &AccountId,
) -> DbResult<Vec<UserId>> {
    let users = fetch_all!(
        tx,
        (UserId,),
        "SELECT id FROM users WHERE tenant_id = $1 AND (role <> 'agent' OR id IN
           (SELECT user_id FROM account_members WHERE account_id = $2)) ORDER BY id",
        tenant_id,
        id
    )?;
    Ok(users.into_iter().map(|(id,)| id).collect())
}
