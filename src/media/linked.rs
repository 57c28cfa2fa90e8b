//! Files of linked devices: fetched and opened over the account's connection, which is on one of the nodes. Called by `fetch`.

use std::path::Path;

use hoopoe_db::{
    ids::{AccountId, TenantId},
    media::{self, Job},
};
use hoopoe_linked::FetchError;
use sha2::{Digest as _, Sha256};

use super::{failure::Failure, fetch::Received, sniff};
use crate::{app::App, linked};

/// An account's connection is on this node now: its files that wait for that are fetched at once.
pub(crate) async fn resume(app: &App, tenant_id: &TenantId, account_id: &AccountId) {
    let whose = (tenant_id, account_id);
    let hastened = media::hasten(&app.db, whose, &app.node_id, app.clock.now()).await;
    if let Err(error) = hastened {
        tracing::warn!(%error, "files that wait for a connection come when they are due");
    }
    app.media.wake();
}

/// Fetches a file to a path.
pub(super) async fn bring(app: &App, job: &Job, path: &Path) -> Result<Received, Failure> {
    let reference = job.provider_media_id.as_deref();
    let reference = reference.ok_or_else(|| Failure::Final("WhatsApp named no file".to_owned()))?;
    let handle = linked::handle(app, &job.account_id)
        .ok_or_else(|| passing("The phone's connection is away, or another node's", false))?;
    let most = u64::from(app.config.media.max_size_mb) * 1_000_000;
    let bytes = handle.fetch_media(reference, most).await.map_err(of)?;
    let written = tokio::fs::write(path, &bytes).await;
    written.map_err(|error| Failure::ours(&error.into()))?;
    Ok(Received {
        head: bytes.iter().take(sniff::HEAD_BYTES).copied().collect(),
        sha256: hex::encode(Sha256::digest(&bytes)),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    })
}

fn of(error: FetchError) -> Failure {
    match error {
        FetchError::NotConnected => passing("WhatsApp could not be reached", false),
        FetchError::TooLarge { bytes } => {
            let megabytes = bytes.div_ceil(1_000_000);
            Failure::Final(format!("The file is too large: {megabytes} MB"))
        }
        FetchError::Gone => Failure::Final("WhatsApp no longer has the file".to_owned()),
        FetchError::Damaged(reason) => {
            tracing::info!(reason, "a file could not be opened");
            passing("The file arrived damaged", true)
        }
    }
}

fn passing(reason: &str, is_broken: bool) -> Failure {
    Failure::Passing {
        reason: reason.to_owned(),
        wait_s: None,
        is_broken,
    }
}
