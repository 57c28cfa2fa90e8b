//! Media of new messages: rows that wait to be fetched.

use serde::Serialize;

use super::{IngestError, Round, messages::New};
use crate::{
    Millis,
    ids::{AccountId, ConversationId, MediaId, MessageId, TenantId},
    sql::{Rows, batch, execute},
};

batch!(
    INSERT_MEDIA,
    "INSERT INTO media (id, tenant_id, account_id, conversation_id, message_id, provider_media_id, state, mime, sha256, filename,
       next_attempt_at, created_at)
     SELECT r.id, r.tenant_id, r.account_id, r.conversation_id, r.message_id, r.provider_media_id, 'pending', r.mime, r.sha256,
       r.filename, r.at, r.at
     FROM {rows: id TEXT, tenant_id TEXT, account_id TEXT, conversation_id TEXT, message_id TEXT, provider_media_id TEXT, mime TEXT,
       sha256 TEXT, filename TEXT, at BIGINT}"
);

/// Stores the rows of media, which are the jobs that fetch them. Returns whether there are any.
pub(super) async fn store(round: &mut Round<'_>, new: &[New<'_>]) -> Result<bool, IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a MediaId,
        tenant_id: &'a TenantId,
        account_id: &'a AccountId,
        conversation_id: &'a ConversationId,
        message_id: &'a MessageId,
        provider_media_id: &'a str,
        mime: &'a str,
        sha256: Option<&'a str>,
        filename: Option<&'a str>,
        at: Millis,
    }
    let rows: Vec<Row> = new
        .iter()
        .filter_map(|new| {
            let media = new.arrival.message.media.as_ref()?;
            Some(Row {
                id: new.media_id.as_ref()?,
                tenant_id: &new.arrival.incoming.tenant_id,
                account_id: &new.arrival.incoming.account_id,
                conversation_id: &new.conversation_id,
                message_id: &new.id,
                provider_media_id: &media.provider_media_id,
                mime: &media.mime,
                sha256: media.sha256.as_deref(),
                filename: media.filename.as_deref(),
                at: round.now,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(false);
    }
    execute!(round.tx, &INSERT_MEDIA, Rows(&rows))?;
    Ok(true)
}
