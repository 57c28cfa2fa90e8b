//! Deletes stored objects that no row names: a server that was killed between storing a file and writing that down leaves one. Slow, and only
//! what is older than a day: a file is stored before its row says so.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use hoopoe_db::{Id as _, Millis, ids::TenantId, media};
use object_store::path::Path;

use crate::app::App;

/// How often all objects are looked over.
const EVERY: Duration = Duration::from_hours(6);

/// Younger objects stay, named or not.
const KEPT_MS: Millis = 24 * 60 * 60 * 1000;

/// Objects that are looked up at once, and the pause after them.
const AT_ONCE: usize = 500;
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn start(app: &App) {
    if !app.config.media.delete_unnamed {
        return;
    }
    let app = app.clone();
    app.clone().tasks.every(EVERY, move || {
        let app = app.clone();
        async move {
            let stopping = app.tasks.stopping().clone();
            match stopping.run_until_cancelled(sweep(&app)).await {
                Some(Ok(0)) | None => {}
                Some(Ok(gone)) => {
                    tracing::info!(gone, "stored files that nothing named were deleted");
                }
                Some(Err(error)) => tracing::warn!(%error, "stored files could not be looked over"),
            }
        }
    });
}

/// Looks over all objects once. Returns how many were deleted.
///
/// # Errors
/// When the store or the database can't be asked; what was not looked at is next time.
pub async fn sweep(app: &App) -> anyhow::Result<u64> {
    let before = app.clock.now() - KEPT_MS;
    let old = app.media.list().try_filter_map(async |object| {
        let is_old = object.last_modified.timestamp_millis() < before;
        Ok((is_old && is_ours(&object.location)).then_some(object.location))
    });
    let mut parts = old.try_chunks(AT_ONCE).boxed();
    let mut gone = 0;
    while let Some(part) = parts.try_next().await? {
        gone += delete_unnamed(app, part, before).await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(gone)
}

/// Whether an object has a key such as [`key_of`](super::store::key_of) makes them: others in the same bucket are none of our business.
fn is_ours(key: &Path) -> bool {
    let tenant = key.parts().next();
    tenant.is_some_and(|tenant| TenantId::parse(tenant.as_ref()).is_some())
}

async fn delete_unnamed(app: &App, keys: Vec<Path>, before: Millis) -> anyhow::Result<u64> {
    let texts: Vec<String> = keys.iter().map(Path::to_string).collect();
    let named = media::list_named(&app.db, &texts).await?;
    let mut gone = 0;
    for key in keys
        .iter()
        .filter(|key| !named.iter().any(|named| named == key.as_ref()))
    {
        if app.media.delete_older(key, before).await? {
            tracing::debug!(%key, "nothing names this file");
            gone += 1;
        }
    }
    Ok(gone)
}
