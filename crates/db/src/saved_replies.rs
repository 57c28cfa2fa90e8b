//! Texts that are often needed, shared by a tenant. Changes are announced as `saved_reply:changed` on the tenant's stream.

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    event::{Audience, Draft, Event, SavedReplyChanged},
    ids::{SavedReplyId, TenantId},
    model::SavedReply,
    sql::{execute, fetch_all, fetch_one},
};

/// What is to be changed of a saved reply; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changes<'a> {
    /// What is typed to find it.
    pub shortcut: Option<&'a str>,
    /// Its name.
    pub title: Option<&'a str>,
    /// Its text.
    pub text: Option<&'a str>,
}

/// All saved replies of a tenant, by shortcut.
pub async fn list_saved_replies(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<SavedReply>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        SavedReply,
        "SELECT id, shortcut, title, text, updated_at FROM saved_replies WHERE tenant_id = $1 ORDER BY shortcut",
        tenant_id
    )
}

/// Adds a saved reply and announces it.
///
/// # Errors
/// [`Conflict`](DbError::Conflict) when the shortcut is taken.
pub async fn insert_saved_reply(
    tx: &mut Tx,
    tenant_id: &TenantId,
    (shortcut, title, text): (&str, &str, &str),
    now: Millis,
) -> DbResult<SavedReply> {
    let reply = fetch_one!(
        tx,
        SavedReply,
        "INSERT INTO saved_replies (id, tenant_id, shortcut, title, text, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING id, shortcut, title, text, updated_at",
        SavedReplyId::new(now),
        tenant_id,
        shortcut,
        title,
        text,
        now
    )
    .map_err(|error| error.naming("shortcut"))?;
    announce(tx, tenant_id, &reply.id, Some(reply.clone()));
    Ok(reply)
}

/// Changes a saved reply and announces it.
///
/// # Errors
/// [`NotFound`](DbError::NotFound); [`Conflict`](DbError::Conflict) when the shortcut is taken.
pub async fn update_saved_reply(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &SavedReplyId,
    changes: &Changes<'_>,
    now: Millis,
) -> DbResult<SavedReply> {
    let reply = fetch_one!(
        tx,
        SavedReply,
        "UPDATE saved_replies SET shortcut = COALESCE($3, shortcut), title = COALESCE($4, title), text = COALESCE($5, text),
           updated_at = $6
         WHERE id = $1 AND tenant_id = $2 RETURNING id, shortcut, title, text, updated_at",
        id,
        tenant_id,
        changes.shortcut,
        changes.title,
        changes.text,
        now
    )
    .map_err(|error| error.naming("shortcut"))?;
    announce(tx, tenant_id, &reply.id, Some(reply.clone()));
    Ok(reply)
}

/// Removes a saved reply and announces it.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn delete_saved_reply(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &SavedReplyId,
) -> DbResult<()> {
    let gone = execute!(
        tx,
        "DELETE FROM saved_replies WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )?;
    if gone == 0 {
        return Err(DbError::NotFound);
    }
    announce(tx, tenant_id, id, None);
    Ok(())
}

fn announce(tx: &mut Tx, tenant_id: &TenantId, id: &SavedReplyId, reply: Option<SavedReply>) {
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::SavedReplyChanged(SavedReplyChanged {
            id: id.clone(),
            reply,
        }),
    });
}
