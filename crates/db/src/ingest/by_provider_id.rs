//! Messages that are there already, found by the provider's ids: for quotes, amendments and statuses.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Serialize;
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};

use super::{IngestError, Round};
use crate::{
    ids::{AccountId, TenantId},
    sql::{Batch, Rows, fetch_all},
};

/// A message as the provider names it.
pub(super) type MessageKey = (TenantId, AccountId, String);

/// One row of a look-up by the provider's id.
#[derive(Serialize)]
pub(super) struct ProviderKeyRow<'a> {
    pub tenant_id: &'a TenantId,
    pub account_id: &'a AccountId,
    pub provider_id: &'a str,
}

/// Declares the statement that finds these columns of `m`, the messages: `by_provider_id!(FIND, "m.id, m.text")`.
macro_rules! by_provider_id {
    ($name:ident, $columns:literal) => {
        $crate::sql::batch!(
            $name,
            concat!(
                "SELECT r.n, ",
                $columns,
                " FROM {rows: n BIGINT, tenant_id TEXT, account_id TEXT, provider_id TEXT}
                  JOIN messages m ON m.account_id = r.account_id AND m.provider_id = r.provider_id AND m.tenant_id = r.tenant_id"
            )
        );
    };
}
pub(super) use by_provider_id;

#[derive(Serialize)]
struct Question<'a> {
    n: i64,
    tenant_id: &'a TenantId,
    account_id: &'a AccountId,
    provider_id: &'a str,
}

#[derive(FromRow)]
struct Answer<T> {
    n: i64,
    #[sqlx(flatten)]
    found: T,
}

/// What a statement of [`by_provider_id`] finds, by key. Keys that are not found are left out.
pub(super) async fn find<T>(
    round: &mut Round<'_>,
    statement: &'static LazyLock<Batch>,
    keys: impl IntoIterator<Item = &MessageKey>,
) -> Result<BTreeMap<MessageKey, T>, IngestError>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let keys: Vec<&MessageKey> = keys.into_iter().collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let questions: Vec<Question> = (0..)
        .zip(&keys)
        .map(|(n, (tenant_id, account_id, provider_id))| Question {
            n,
            tenant_id,
            account_id,
            provider_id,
        })
        .collect();
    let answers = fetch_all!(round.tx, Answer<T>, statement, Rows(&questions))?;
    let keyed = answers.into_iter().filter_map(|answer| {
        let key = keys.get(usize::try_from(answer.n).ok()?)?;
        Some(((*key).clone(), answer.found))
    });
    Ok(keyed.collect())
}
