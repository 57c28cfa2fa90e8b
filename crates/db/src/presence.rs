//! Who is online, over all nodes: one row per open connection, with an expiry, so that a node that dies takes nobody along for long.

use serde::Serialize;

use crate::{
    Db, DbResult, Millis,
    ids::{TenantId, UserId},
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
    /// Until when this holds, unless it is renewed. Unix milliseconds.
    pub expires_at: Millis,
}

batch!(
    UPSERT,
    "INSERT INTO presence (connection_id, node_id, tenant_id, user_id, expires_at)
     SELECT r.connection_id, r.node_id, r.tenant_id, r.user_id, r.expires_at
     FROM {rows: connection_id TEXT, node_id TEXT, tenant_id TEXT, user_id TEXT, expires_at BIGINT} WHERE true
     ON CONFLICT (connection_id) DO UPDATE SET node_id = excluded.node_id, expires_at = excluded.expires_at"
);

batch!(
    CLOSE,
    "DELETE FROM presence WHERE expires_at <= $3 OR (node_id = $2 AND connection_id NOT IN
       (SELECT r.connection_id FROM {rows: connection_id TEXT}))"
);

/// Makes the rows the node's only ones, new and renewed alike, and deletes what has expired on any node: two statements.
pub async fn replace_node(db: &Db, node_id: &str, rows: &[Row], now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    if !rows.is_empty() {
        execute!(&mut tx, &UPSERT, Rows(rows))?;
    }
    execute!(&mut tx, &CLOSE, Rows(rows), node_id, now)?;
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
