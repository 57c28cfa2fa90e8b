//! The common case on PostgreSQL: nobody has asked for any of the messages before. What follows from them is written by the statement that stores
//! them. Where one is there already, the batch is rolled back and accepted step by step.

use std::sync::LazyLock;

use sqlx::Postgres;

use super::{
    Accepted, Accepting, ENQUEUE, INSERT, NewMessage, QueueRow, announce,
    count::{COUNT, COUNT_CONTACTS, count_rows, load_threads},
    insert_files, insert_rows, prepare,
};
use crate::{
    Db, DbError, DbResult, Millis, Tx,
    columns::{Bind as _, Parameters},
    ids::TenantId,
    ingest::{BY_ID, CONTACTS_OF},
    sql::{Conn, Lend as _, Rows, id_rows},
    together::Together,
};

static STORE: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[
            ("stored", &INSERT),
            ("queued", &ENQUEUE),
            ("held_people", &CONTACTS_OF),
            ("held_threads", &BY_ID),
            ("counted_people", &COUNT_CONTACTS),
            ("counted", &COUNT),
        ],
        "SELECT (SELECT count(*) FROM stored), (SELECT count(*) FROM counted)",
    )
});

/// `None`, and nothing written, where a message is there already.
pub(super) async fn write(
    db: &Db,
    batch: &[(&TenantId, NewMessage<'_>)],
    now: Millis,
) -> DbResult<Option<Accepted>> {
    let all = prepare(batch, now)?;
    let mut tx = db.begin_unflushed().await?;
    if !store(&mut tx, &all, now).await? {
        return Ok(None);
    }
    let events = tx.commit_unflushed(now).await?;
    let messages = all.into_iter().map(|one| Some(one.message)).collect();
    Ok(Some(Accepted { messages, events }))
}

/// Whether all were new.
async fn store(tx: &mut Tx, all: &[Accepting<'_>], now: Millis) -> DbResult<bool> {
    let threads = count_rows(all.iter(), now);
    let ids = id_rows(threads.iter().map(|row| row.id));
    let queued: Vec<QueueRow> = all.iter().map(|one| one.queue_row(now)).collect();
    let mut parameters = Parameters::<Postgres>::default();
    Rows(&insert_rows(all)?).bind(&mut parameters, &&INSERT)?;
    Rows(&queued).bind(&mut parameters, &&ENQUEUE)?;
    Rows(&ids).bind(&mut parameters, &&CONTACTS_OF)?;
    Rows(&ids).bind(&mut parameters, &&BY_ID)?;
    Rows(&threads).bind(&mut parameters, &&COUNT_CONTACTS)?;
    Rows(&threads).bind(&mut parameters, &&COUNT)?;
    let Conn::Postgres(conn) = tx.conn() else {
        return Ok(false);
    };
    let counts: Vec<(i64, i64)> = STORE.fetch_all(conn, parameters).await?;
    let (stored, counted) = counts.first().copied().unwrap_or_default();
    if usize::try_from(stored).ok() != Some(all.len()) {
        return Ok(false);
    }
    if usize::try_from(counted).ok() != Some(threads.len()) {
        return Err(DbError::NotFound);
    }
    let new: Vec<&Accepting> = all.iter().collect();
    insert_files(tx, &new, now).await?;
    let threads = load_threads(tx, &threads).await?;
    announce(tx, &new, &threads)?;
    Ok(true)
}
