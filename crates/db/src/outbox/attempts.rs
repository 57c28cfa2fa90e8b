//! What was tried to send a message, and to change it afterwards.

use crate::{
    Db, DbResult, Millis,
    ids::{MessageId, TenantId},
    model::{Attempt, AttemptOutcome, MessageChange},
    sql::fetch_all,
};

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    started_at: Millis,
    change: Option<String>,
    #[sqlx(default)]
    ended_at: Option<Millis>,
    #[sqlx(default)]
    outcome: Option<String>,
    #[sqlx(default)]
    code: Option<i64>,
    #[sqlx(default)]
    title: Option<String>,
    #[sqlx(default)]
    detail: Option<String>,
    #[sqlx(default)]
    retry_at: Option<Millis>,
}

/// All attempts at sending a message and at changing it, those that are under way included, in the order in which they began. Reactions to it are not
/// among them.
pub async fn list_attempts(
    db: &Db,
    tenant_id: &TenantId,
    id: &MessageId,
) -> DbResult<Vec<Attempt>> {
    let mut reader = db.read().await?;
    let mut rows = fetch_all!(
        &mut reader,
        Row,
        "SELECT a.number, a.started_at, a.ended_at, a.outcome, a.code, a.title, a.detail, a.retry_at, o.change
         FROM outbox_attempts a LEFT JOIN outbox o ON o.message_id = a.message_id AND o.tenant_id = a.tenant_id
         WHERE a.tenant_id = $2 AND (a.message_id = $1
           OR a.message_id IN (SELECT c.message_id FROM outbox c WHERE c.target_id = $1 AND c.tenant_id = $2 AND c.change IS NOT NULL))",
        id,
        tenant_id
    )?;
    rows.extend(fetch_all!(
        &mut reader,
        Row,
        "SELECT attempt AS number, started_at, change FROM outbox
         WHERE tenant_id = $2 AND (message_id = $1 OR target_id = $1 AND change IS NOT NULL)
           AND state IN ('preparing', 'sending') AND started_at IS NOT NULL",
        id,
        tenant_id
    )?);
    rows.sort_by_key(|row| (row.started_at, row.number));
    rows.into_iter().map(Attempt::try_from).collect()
}

impl TryFrom<Row> for Attempt {
    type Error = crate::DbError;

    fn try_from(row: Row) -> DbResult<Self> {
        let change = row.change.as_deref();
        let change = change.map(serde_json::from_str::<MessageChange>);
        let outcome = row.outcome.map(AttemptOutcome::try_from).transpose();
        Ok(Self {
            number: row.number,
            change: change.transpose()?.map(|change| change.kind),
            started_at: row.started_at,
            ended_at: row.ended_at,
            outcome: outcome.map_err(crate::DbError::Corrupt)?,
            code: row.code,
            title: row.title,
            detail: row.detail,
            retry_at: row.retry_at,
        })
    }
}
