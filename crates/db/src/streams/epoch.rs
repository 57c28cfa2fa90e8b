//! The life of the log: kept in the database, begun anew after a restored backup.

use super::{Since, heads};
use crate::{
    Db, DbResult, Millis, Tx,
    ids::TenantId,
    sql::{execute, fetch_optional},
};

/// What every stream of a client whose cursors are of another life of the log is answered: load again, and go on from the head.
pub async fn reset(db: &Db, tenant_id: &TenantId, streams: &[String]) -> DbResult<Vec<Since>> {
    let heads = heads(db, tenant_id, streams).await?;
    let reset = heads.into_iter().map(|(stream_id, head)| Since {
        stream_id,
        events: Vec::new(),
        head,
        more: false,
        reset: true,
    });
    Ok(reset.collect())
}

/// The life of the log, made where there is none yet. Numbers of one life mean nothing in another.
pub async fn ensure_epoch(db: &Db, fresh: &str, now: Millis) -> DbResult<String> {
    if let Some(epoch) = find_epoch(db).await? {
        return Ok(epoch);
    }
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "INSERT INTO log_epoch (id, epoch, since) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
        fresh,
        now
    )?;
    tx.commit(now).await?;
    find_epoch(db).await?.ok_or(crate::DbError::NotFound)
}

async fn find_epoch(db: &Db) -> DbResult<Option<String>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (String,),
        "SELECT epoch FROM log_epoch WHERE id = 1"
    )?;
    Ok(found.map(|(epoch,)| epoch))
}

/// Begins a new life of the log: whoever comes with a cursor of an older one loads again. For a database that was restored from a backup.
pub async fn replace_epoch(tx: &mut Tx, fresh: &str, now: Millis) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO log_epoch (id, epoch, since) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, since = excluded.since",
        fresh,
        now
    )
    .map(drop)
}
