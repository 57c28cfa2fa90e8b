//! Bringing a file to the provider before the message that shows it. A content that the account has uploaded within 30 days is not uploaded
//! again.

use hoopoe_cloud_api::graph::{FailureClass, GraphError, MediaUpload};
use hoopoe_db::{Millis, outbox::Job, uploads};

use super::{line::Line, payload::File, verdict::Failure};
use crate::app::App;

/// How long the provider keeps an uploaded file: 30 days, less one to be safe. Milliseconds.
const KEPT_MS: Millis = 29 * 24 * 60 * 60 * 1000;

/// The provider's id of the file.
pub(super) async fn bring(
    app: &App,
    line: &Line,
    job: &Job,
    file: &File,
) -> Result<String, Failure> {
    let content = (file.sha256.as_str(), file.mime.as_str());
    let (tenant_id, account_id) = (&job.tenant_id, &job.account_id);
    let now = app.clock.now();
    let known = uploads::find_provider_media(&app.db, tenant_id, account_id, content, now).await;
    match known {
        Ok(Some(id)) => return Ok(id),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "it is not known whether the provider has a file"),
    }
    let stored = app.media.get(&file.object_key, None).await;
    let (bytes, _) = stored.map_err(|error| {
        let passes = !matches!(error, object_store::Error::NotFound { .. });
        tracing::warn!(%error, "a file that is to be sent can't be read");
        Failure::File {
            reason: "The file can't be read.".to_owned(),
            passes,
        }
    })?;
    let upload = MediaUpload {
        phone_number_id: &line.phone_number_id,
        mime: &file.mime,
        filename: &file.filename,
        size: file.size,
    };
    let id = line.graph.upload_media(&line.token, &upload, bytes).await?;
    let expires_at = now + KEPT_MS;
    let noted =
        uploads::upsert_provider_media(&app.db, tenant_id, account_id, content, &id, expires_at);
    if let Err(error) = noted.await {
        // It goes up again next time.
        tracing::warn!(%error, "an uploaded file could not be noted");
    }
    Ok(id)
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        tracing::info!(%error, "a file could not be brought to the provider");
        match (error.class(), error) {
            (FailureClass::Auth, GraphError::Refused(refusal)) => {
                Self::Account(refusal.plain_words())
            }
            (FailureClass::Auth, error) => Self::Account(error.to_string()),
            (FailureClass::Transient | FailureClass::Unknown, _) => Self::File {
                reason: "The file could not be brought to WhatsApp.".to_owned(),
                passes: true,
            },
            (_, error) => Self::File {
                reason: format!("WhatsApp did not take the file: {error}"),
                passes: false,
            },
        }
    }
}
