//! The nodes that serve one database: each says so again and again, and names the media store it uses. Read at a node's start, and by the
//! commands that want nobody to serve.

use crate::{
    Db, DbResult, Millis,
    sql::{execute, fetch_all, fetch_optional},
};

/// A node that serves.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Node {
    /// This process among all nodes.
    pub id: String,
    /// Which media store it uses: nodes of one database have to use the same.
    pub media_store: String,
    /// When it started. Unix milliseconds.
    pub started_at: Millis,
    /// Until when this holds, unless it is renewed. Unix milliseconds.
    pub expires_at: Millis,
}

/// Notes that a node serves, or still does, and forgets those that have not said so for long.
pub async fn upsert(db: &Db, node: &Node, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "INSERT INTO nodes (id, media_store, started_at, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at",
        &node.id,
        &node.media_store,
        node.started_at,
        node.expires_at
    )?;
    execute!(&mut tx, "DELETE FROM nodes WHERE expires_at <= $1", now)?;
    tx.commit(now).await.map(drop)
}

/// Forgets a node that stopped.
pub async fn delete(db: &Db, id: &str, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(&mut tx, "DELETE FROM nodes WHERE id = $1", id)?;
    tx.commit(now).await.map(drop)
}

/// The nodes that serve now, those that began first at the front.
pub async fn list_live(db: &Db, now: Millis) -> DbResult<Vec<Node>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Node,
        "SELECT id, media_store, started_at, expires_at FROM nodes WHERE expires_at > $1 ORDER BY started_at, id",
        now
    )
}

/// A node that serves already with another media store, of those that began before this one: of two that begin at once, one stays.
pub async fn find_other_store(db: &Db, node: &Node, now: Millis) -> DbResult<Option<Node>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        Node,
        "SELECT id, media_store, started_at, expires_at FROM nodes
         WHERE expires_at > $1 AND media_store <> $2 AND (started_at, id) < ($3, $4) ORDER BY started_at, id LIMIT 1",
        now,
        &node.media_store,
        node.started_at,
        &node.id
    )
}
