//! Files that agents have put in, until they are sent; and which contents the provider has already.

use crate::{
    Db, DbResult, Millis, Tx,
    ids::{AccountId, ConversationId, TenantId, UploadId, UserId},
    model::{Upload, UploadKind},
    sql::{execute, fetch_one, fetch_optional},
};

/// A file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// Its id.
    pub id: UploadId,
    /// The account that it may be sent from.
    pub account_id: AccountId,
    /// The conversation that it was put in for.
    pub conversation_id: ConversationId,
    /// Who put it in.
    pub user_id: UserId,
    /// As what it can be sent.
    #[sqlx(try_from = "String")]
    pub kind: UploadKind,
    /// MIME type by its content.
    pub mime: String,
    /// Bytes.
    pub size: i64,
    /// Its name.
    pub filename: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Length of sound in milliseconds.
    pub duration_ms: Option<i64>,
    /// Hex SHA-256 of its content.
    pub sha256: String,
    /// Where it is kept.
    pub object_key: String,
    /// Where its small picture is kept.
    pub thumbnail_key: Option<String>,
}

impl From<Kept> for Upload {
    fn from(kept: Kept) -> Self {
        Self {
            preview_url: format!("/api/v1/uploads/{}", kept.id),
            id: kept.id,
            kind: kept.kind,
            mime: kept.mime,
            size: kept.size,
            filename: kept.filename,
            width: kept.width,
            height: kept.height,
            duration_ms: kept.duration_ms,
        }
    }
}

/// Notes a file that was put in.
pub async fn insert_upload(
    tx: &mut Tx,
    tenant_id: &TenantId,
    kept: &Kept,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO uploads (id, tenant_id, account_id, conversation_id, user_id, kind, mime, size, filename, width, height,
           duration_ms, sha256, object_key, thumbnail_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &kept.id,
        tenant_id,
        &kept.account_id,
        &kept.conversation_id,
        &kept.user_id,
        kept.kind.as_str(),
        &kept.mime,
        kept.size,
        &kept.filename,
        kept.width,
        kept.height,
        kept.duration_ms,
        &kept.sha256,
        &kept.object_key,
        &kept.thumbnail_key,
        now
    )
    .map(drop)
}

/// A file that was put in.
///
/// # Errors
/// [`NotFound`](crate::DbError::NotFound) when the tenant has no such file.
pub async fn get_upload(db: &Db, tenant_id: &TenantId, id: &UploadId) -> DbResult<Kept> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Kept,
        "SELECT id, account_id, conversation_id, user_id, kind, mime, size, filename, width, height, duration_ms, sha256, object_key,
           thumbnail_key
         FROM uploads WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )
}

/// Forgets files that were put in before a time. Their bytes stay: a message may hold them.
pub async fn prune_uploads(db: &Db, before: Millis) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let gone = execute!(&mut tx, "DELETE FROM uploads WHERE created_at < $1", before)?;
    tx.commit(before).await?;
    Ok(gone)
}

/// The provider's id of a content that an account has uploaded, if it still lives.
pub async fn find_provider_media(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    (sha256, mime): (&str, &str),
    now: Millis,
) -> DbResult<Option<String>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (String,),
        "SELECT provider_media_id FROM provider_media
         WHERE account_id = $1 AND sha256 = $2 AND mime = $3 AND tenant_id = $4 AND expires_at > $5",
        account_id,
        sha256,
        mime,
        tenant_id,
        now
    )?;
    Ok(found.map(|(id,)| id))
}

/// Notes that the provider has a content, until it expires there.
pub async fn upsert_provider_media(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    (sha256, mime): (&str, &str),
    provider_media_id: &str,
    expires_at: Millis,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "INSERT INTO provider_media (account_id, sha256, mime, tenant_id, provider_media_id, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account_id, sha256, mime) DO UPDATE SET provider_media_id = excluded.provider_media_id,
           expires_at = excluded.expires_at",
        account_id,
        sha256,
        mime,
        tenant_id,
        provider_media_id,
        expires_at
    )?;
    tx.commit(expires_at).await.map(drop)
}

/// Forgets that the provider has a content: it said that it does not.
pub async fn forget_provider_media(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &AccountId,
    sha256: &str,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "DELETE FROM provider_media WHERE account_id = $1 AND sha256 = $2 AND tenant_id = $3",
        account_id,
        sha256,
        tenant_id
    )?;
    tx.commit(0).await.map(drop)
}

/// Forgets what the provider no longer has. Returns how many went.
pub async fn prune_provider_media(db: &Db, now: Millis) -> DbResult<u64> {
    let mut tx = db.begin().await?;
    let gone = execute!(
        &mut tx,
        "DELETE FROM provider_media WHERE expires_at <= $1",
        now
    )?;
    tx.commit(now).await?;
    Ok(gone)
}
