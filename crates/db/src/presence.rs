//! Who is online and what they look at, over all nodes: one row per open connection, with an expiry, so that a node that dies takes nobody
//! along for long.

use serde::Serialize;

use crate::{
    Db, DbResult, Millis,
    ids::{AccountId, ConversationId, TenantId, UserId},
    sql::{Rows, batch, execute, fetch_all},
};

/// An open connection.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its id, unique over all nodes.
    pub connection_id: String,
    /// The node it is open on.
    pub node_id: String,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub user_id: UserId,
    /// The account of the conversation that it looks at.
    pub account_id: Option<AccountId>,
    /// The conversation that it looks at.
    pub conversation_id: Option<ConversationId>,
    /// Until when this holds, unless it is renewed. Unix milliseconds.
    pub expires_at: Millis,
}

/// A connection that is no more, because its node died.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Lost {
    /// Whose it was.
    pub tenant_id: TenantId,
    /// Whose it was.
    pub user_id: UserId,
    /// The account of the conversation that it looked at.
    pub account_id: Option<AccountId>,
    /// The conversation that it looked at.
    pub conversation_id: Option<ConversationId>,
}

batch!(
    UPSERT,
    "INSERT INTO presence (connection_id, node_id, tenant_id, user_id, account_id, conversation_id, expires_at)
     SELECT r.connection_id, r.node_id, r.tenant_id, r.user_id, r.account_id, r.conversation_id, r.expires_at
     FROM {rows: connection_id TEXT, node_id TEXT, tenant_id TEXT, user_id TEXT, account_id TEXT, conversation_id TEXT, expires_at BIGINT}
     WHERE true
     ON CONFLICT (connection_id) DO UPDATE SET node_id = excluded.node_id, account_id = excluded.account_id,
       conversation_id = excluded.conversation_id, expires_at = excluded.expires_at"
);

batch!(
    CLOSE,
    "DELETE FROM presence WHERE node_id = $2 AND connection_id NOT IN (SELECT r.connection_id FROM {rows: connection_id TEXT})"
);

/// Makes the rows the node's only ones, new and renewed alike, and deletes what has expired on other nodes. Returns the latter.
pub async fn replace_node(
    db: &Db,
    node_id: &str,
    rows: &[Row],
    now: Millis,
) -> DbResult<Vec<Lost>> {
    let mut tx = db.begin().await?;
    if !rows.is_empty() {
        execute!(&mut tx, &UPSERT, Rows(rows))?;
    }
    execute!(&mut tx, &CLOSE, Rows(rows), node_id)?;
    let lost = fetch_all!(
        &mut tx,
        Lost,
        "DELETE FROM presence WHERE expires_at <= $1 RETURNING tenant_id, user_id, account_id, conversation_id",
        now
    )?;
    tx.commit(now).await?;
    Ok(lost)
}

/// Notes a connection as it is now: that it is open, and what it looks at.
pub async fn upsert(db: &Db, row: &Row, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(&mut tx, &UPSERT, Rows(std::slice::from_ref(row)))?;
    tx.commit(now).await.map(drop)
}

/// Forgets a connection that was closed.
pub async fn delete(db: &Db, connection_id: &str, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "DELETE FROM presence WHERE connection_id = $1",
        connection_id
    )?;
    tx.commit(now).await.map(drop)
}

/// Users of a tenant with an open connection on any node but one (a node knows its own better), each once, in order.
pub async fn list_online(
    db: &Db,
    tenant_id: &TenantId,
    except_node: &str,
    now: Millis,
) -> DbResult<Vec<UserId>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        (UserId,),
        "SELECT DISTINCT user_id FROM presence WHERE tenant_id = $1 AND expires_at > $2 AND node_id <> $3 ORDER BY user_id",
        tenant_id,
        now,
        except_node
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Users who look at a conversation on any node but one, each once, in order.
pub async fn list_viewers(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    except_node: &str,
    now: Millis,
) -> DbResult<Vec<UserId>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        (UserId,),
        "SELECT DISTINCT user_id FROM presence
         WHERE tenant_id = $1 AND conversation_id = $2 AND expires_at > $3 AND node_id <> $4 ORDER BY user_id",
        tenant_id,
        conversation_id,
        now,
        except_node
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Conversations of an account that somebody looks at on any node but one, each once, in order.
pub async fn list_viewed(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    except_node: &str,
    now: Millis,
) -> DbResult<Vec<ConversationId>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        (ConversationId,),
        "SELECT DISTINCT conversation_id FROM presence
         WHERE tenant_id = $1 AND account_id = $2 AND conversation_id IS NOT NULL AND expires_at > $3 AND node_id <> $4
         ORDER BY conversation_id",
        tenant_id,
        account_id,
        now,
        except_node
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
