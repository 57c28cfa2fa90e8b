//! How far the past that a phone shares has been taken over.

use super::Holder;
use crate::{
    DbError, DbResult, Millis, Tx,
    accounts::{announce, columns},
    model::Account,
    sql::fetch_optional,
};

/// Notes how far the past that the phone shares has come: percent, where they are known, never fall, and conversations are added to those before. Only where
/// it `is_news` it is announced; whoever wants to know more often is told in passing.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the node has the account no more.
pub async fn note_history(
    tx: &mut Tx,
    holder: &Holder,
    percent: Option<i64>,
    conversations: i64,
    is_news: bool,
    now: Millis,
) -> DbResult<Account> {
    let account = fetch_optional!(
        tx,
        Account,
        concat!(
            "UPDATE accounts SET history_percent = CASE WHEN COALESCE(history_percent, 0) < $4 THEN $4 ELSE COALESCE(history_percent, 0) END,
               history_conversations = COALESCE(history_conversations, 0) + $5, history_at = $6
             WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3 RETURNING ",
            columns!()
        ),
        &holder.tenant_id,
        &holder.account_id,
        &holder.node_id,
        percent.unwrap_or_default(),
        conversations,
        now
    )?
    .ok_or(DbError::NotFound)?;
    if is_news {
        announce(tx, &holder.tenant_id, &account);
    }
    Ok(account)
}
