//! Which node delivers for a webhook: one at a time, under a lease. On SQLite there is one node, and it has them all.

use super::row::{Row, SealedWebhook, columns};
use crate::{
    Db, DbResult, Engine, Millis,
    sql::{execute, fetch_all},
};

/// Takes the enabled webhooks that no node has, renews the leases of those that this one has, and lists all that are this node's now.
pub async fn claim(
    db: &Db,
    node_id: &str,
    now: Millis,
    until: Millis,
) -> DbResult<Vec<SealedWebhook>> {
    let rows = if db.engine() == Engine::Sqlite {
        let mut reader = db.read().await?;
        fetch_all!(
            &mut reader,
            Row,
            concat!("SELECT ", columns!(), " FROM webhooks WHERE enabled")
        )?
    } else {
        let mut tx = db.begin().await?;
        // Locked in one order: nodes that look at the same time don't stand in each other's way.
        execute!(
            &mut tx,
            "UPDATE webhooks SET claimed_by = $1, lease_until = $2 WHERE id IN (
               SELECT id FROM webhooks WHERE enabled AND (claimed_by = $1 OR claimed_by IS NULL OR lease_until <= $3) ORDER BY id FOR UPDATE)",
            node_id,
            until,
            now
        )?;
        let rows = fetch_all!(
            &mut tx,
            Row,
            concat!(
                "SELECT ",
                columns!(),
                " FROM webhooks WHERE enabled AND claimed_by = $1"
            ),
            node_id
        )?;
        tx.commit(now).await?;
        rows
    };
    rows.into_iter().map(SealedWebhook::try_from).collect()
}

/// Lets other nodes have all that this one has.
pub async fn release_all(db: &Db, node_id: &str, now: Millis) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "UPDATE webhooks SET claimed_by = NULL, lease_until = NULL WHERE claimed_by = $1",
        node_id
    )?;
    tx.commit(now).await.map(drop)
}
