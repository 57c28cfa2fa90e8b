//! The slow sweep behind the fast path: leases of nodes that died, outcomes that nobody told, retries and scheduled messages that are due,
//! and what is forgotten by age.

use std::time::Duration;

use hoopoe_db::{
    DbResult, Engine, Millis,
    ids::{AccountId, TenantId},
    outbox::{self, Words},
    uploads,
};

use super::lane;
use crate::{app::App, error::ApiResult};

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// How often what is old is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// How long a message can be sent again by hand. Milliseconds.
const KEPT_MS: Millis = 30 * 24 * 60 * 60 * 1000;

/// How long a file waits to be sent. Milliseconds.
const UPLOADS_KEPT_MS: Millis = 7 * 24 * 60 * 60 * 1000;

/// Ours, for what ends without a word of the provider.
const WORDS: Words<'static> = Words {
    interrupted: "The server stopped while the message was on its way.",
    unknown: "WhatsApp did not say whether it took the message. It may or may not have reached the customer: look before you send it again.",
};

pub(super) fn start(app: &App) {
    let sweeping = app.clone();
    app.tasks.spawn(async move {
        if let Err(error) = take_over(&sweeping).await {
            tracing::warn!(%error, "what an earlier run left is found when its leases end");
        }
    });
    let sweeping = app.clone();
    app.tasks.every(EVERY, move || {
        let app = sweeping.clone();
        async move {
            if let Err(error) = sweep(&app).await {
                tracing::warn!(%error, "the outbox could not be swept");
            }
        }
    });
    let forgetting = app.clone();
    app.tasks.every(FORGET_EVERY, move || {
        let app = forgetting.clone();
        async move {
            if let Err(error) = forget(&app).await {
                tracing::warn!(%error, "old rows of the outbox could not be removed");
            }
        }
    });
}

/// An embedded database has one process: what is under way when it starts, nobody holds.
async fn take_over(app: &App) -> ApiResult<()> {
    if app.db.engine() == Engine::Sqlite {
        outbox::abandon_leases(&app.db, app.clock.now()).await?;
    }
    sweep(app).await
}

/// This node has an account's connection now: whatever another one had under way over it, that can't end any more. The next sweep finds it, and it goes
/// once more under its id.
///
/// # Errors
/// When the database is away.
pub(crate) async fn take_over_account(
    app: &App,
    tenant_id: &TenantId,
    account_id: &AccountId,
) -> DbResult<()> {
    let whose = (tenant_id, account_id);
    let left = outbox::abandon_others(&app.db, whose, &app.node_id, app.clock.now()).await?;
    if left > 0 {
        tracing::info!(account = %account_id, left, "what another node had under way is sent once more");
    }
    Ok(())
}

/// One sweep; also for tests that have moved the clock.
///
/// # Errors
/// When the database is away.
pub async fn sweep(app: &App) -> ApiResult<()> {
    let unknown_after_ms = app.config.outbox.unknown_after_ms();
    let mut more = true;
    while more {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        more = outbox::expire(&mut tx, now, unknown_after_ms, WORDS).await?;
        app.commit(tx).await?;
    }
    let due = outbox::list_due_accounts(&app.db, app.clock.now()).await?;
    for (tenant_id, account_id) in due {
        if let Some(lane) = lane(app, &tenant_id, &account_id) {
            lane.wake();
        }
    }
    app.outbox.pairs.forget_idle();
    Ok(())
}

async fn forget(app: &App) -> DbResult<()> {
    let now = app.clock.now();
    while outbox::prune(&app.db, now - KEPT_MS).await? > 0 {}
    outbox::prune_lanes(&app.db, now - KEPT_MS).await?;
    uploads::prune_uploads(&app.db, now - UPLOADS_KEPT_MS).await?;
    uploads::prune_provider_media(&app.db, now).await?;
    Ok(())
}
