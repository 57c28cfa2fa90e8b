//! When accounts last heard or sent something. Their rows are hot, so it is noted now and then, not per batch.

use serde::Serialize;

use crate::{
    Db, DbResult, Millis,
    ids::{AccountId, TenantId},
    model::Direction,
    sql::{Rows, batch, execute},
};

batch!(
    HEARD,
    "UPDATE accounts SET last_inbound_at = r.at FROM {rows: tenant_id TEXT, id TEXT, at BIGINT}
     WHERE accounts.id = r.id AND accounts.tenant_id = r.tenant_id AND (last_inbound_at IS NULL OR last_inbound_at < r.at)"
);

batch!(
    SENT,
    "UPDATE accounts SET last_outbound_at = r.at FROM {rows: tenant_id TEXT, id TEXT, at BIGINT}
     WHERE accounts.id = r.id AND accounts.tenant_id = r.tenant_id AND (last_outbound_at IS NULL OR last_outbound_at < r.at)"
);

#[derive(Serialize)]
struct Row<'a> {
    tenant_id: &'a TenantId,
    id: &'a AccountId,
    at: Millis,
}

/// Notes when each account last heard ([`Direction::In`]) or sent something; what is older than what is known is left out.
pub async fn touch(
    db: &Db,
    direction: Direction,
    touched: &[(TenantId, AccountId, Millis)],
) -> DbResult<()> {
    let rows = touched.iter().map(|(tenant_id, id, at)| Row {
        tenant_id,
        id,
        at: *at,
    });
    let rows: Vec<Row> = rows.collect();
    let statement = match direction {
        Direction::In => &HEARD,
        Direction::Out => &SENT,
    };
    let mut tx = db.begin().await?;
    execute!(&mut tx, statement, Rows(&rows))?;
    tx.commit(0).await.map(drop)
}
