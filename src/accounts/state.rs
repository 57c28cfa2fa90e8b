//! Whether an account works, as calls to its provider show: a refused token is a state that everybody sees, and the next success ends it.
//! Called by whatever calls the provider on an account's behalf.

use hoopoe_cloud_api::{
    errors,
    graph::{FailureClass, GraphError},
};
use hoopoe_db::{
    DbError,
    accounts::{self, StateChange},
    ids::{AccountId, TenantId},
    model::AccountState,
};

use crate::{app::App, error::ApiResult};

/// What a call showed of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The provider did what it was asked for.
    Works,
    /// It refuses the account's token, or the account; in words.
    Refused(String),
}

impl Seen {
    /// What a failed call shows; `None` where it shows nothing of the account.
    pub fn of(error: &GraphError) -> Option<Self> {
        if error.class() != FailureClass::Auth {
            return None;
        }
        let code = match error {
            GraphError::Refused(refusal) => refusal.error.code,
            _ => None,
        };
        // A refusal without a code that is known (a bare 401) is about the token.
        let code = code.filter(|code| errors::classify(*code) != errors::ErrorClass::Unknown);
        Some(Self::Refused(
            errors::plain_words(code.unwrap_or(190)).to_owned(),
        ))
    }
}

/// Notes what a call showed of its account, and tells everybody if that is news. `sealed_token` is the stored token that was used: what an
/// old one showed says nothing of the account that has a new one.
///
/// # Errors
/// When the database can't be asked.
pub async fn report(
    app: &App,
    tenant_id: &TenantId,
    id: &AccountId,
    seen: &Seen,
    sealed_token: Option<&str>,
) -> ApiResult<()> {
    let account = match accounts::get_account(&app.db, tenant_id, id).await {
        Err(DbError::NotFound) => return Ok(()),
        found => found?,
    };
    let (state, reason) = match seen {
        Seen::Works => (AccountState::Connected, None),
        Seen::Refused(reason) => (AccountState::Error, Some(reason.as_str())),
    };
    // Nearly always nothing is new, and then nothing is written.
    if account.state == state && account.state_reason.as_deref() == reason {
        return Ok(());
    }
    let change = StateChange {
        state,
        reason,
        access_token: sealed_token,
        claimed_by: None,
    };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    accounts::update_state(&mut tx, tenant_id, id, &change, now).await?;
    app.commit(tx).await
}
