//! Wakes snoozed conversations when their time has come.

use std::time::Duration;

use hoopoe_db::conversations;

use crate::{app::App, error::ApiResult};

/// How often is looked: a snooze is a matter of hours, half a minute does not count.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(super) fn start(app: &App) {
    let app = app.clone();
    app.clone().tasks.every(LOOK_EVERY, move || {
        let app = app.clone();
        async move {
            if let Err(error) = wake_due(&app).await {
                tracing::warn!(%error, "snoozed conversations could not be woken; it is tried again");
            }
        }
    });
}

async fn wake_due(app: &App) -> ApiResult<()> {
    let now = app.clock.now();
    if conversations::next_snooze(&app.db)
        .await?
        .is_none_or(|due| due > now)
    {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    conversations::wake_snoozed(&mut tx, now).await?;
    app.commit(tx).await
}
