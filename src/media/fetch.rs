//! One file: from the provider through a file of our own into the store, measured on the way. Never held in memory as a whole.

use std::path::{Path, PathBuf};

use hoopoe_cloud_api::graph::{DownloadRequest, GraphClient, GraphError, MediaStream};
use hoopoe_db::{
    DbError,
    accounts::{self, ProviderAccess},
    media::{Fetched, Job},
    model::Channel,
};
use tokio::io::AsyncWriteExt as _;

use super::{
    failure::Failure,
    linked,
    picture::{self, Picture},
    sniff,
    store::key_of,
};
use crate::{
    accounts::{Seen, report},
    app::App,
};

/// Largest file that is looked at as a picture. `WhatsApp` itself allows 5 MB for pictures; documents may be larger.
const MAX_PICTURE_BYTES: u64 = 32 * 1024 * 1024;

/// Fetches, measures and stores a file.
pub(super) async fn run(app: &App, job: &Job) -> Result<Fetched, Failure> {
    // The name of the attempt: one that lost its lease never writes into the file of the next.
    let name = format!("{}-{}", job.id, job.attempts);
    let incoming = Incoming(app.media.incoming(&name));
    let Received { head, sha256, size } = bring(app, job, &incoming.0).await?;
    let mime = sniff::mime_of(&head, &job.mime);
    let picture = look_at(&incoming.0, &mime, size).await;
    let stored = store(app, job, &incoming.0, &sha256, picture).await;
    let (object_key, picture) = stored.map_err(|error| Failure::ours(&error))?;
    let (dimensions, thumbnail_key) = picture.unwrap_or_default();
    Ok(Fetched {
        mime,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        sha256,
        width: dimensions.map(|(width, _)| i64::from(width)),
        height: dimensions.map(|(_, height)| i64::from(height)),
        object_key,
        thumbnail_key,
    })
}

/// A file that has come.
pub(super) struct Received {
    /// Its first bytes.
    pub head: Vec<u8>,
    /// Hex, as measured.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// Brings a job's file to a path, by the way of its account's channel.
async fn bring(app: &App, job: &Job, path: &Path) -> Result<Received, Failure> {
    let account = accounts::get_provider_access(&app.db, &job.tenant_id, &job.account_id).await;
    let account = match account {
        Ok(account) => account,
        Err(DbError::NotFound) => {
            return Err(Failure::Final("The account was removed".to_owned()));
        }
        Err(error) => return Err(Failure::ours(&error.into())),
    };
    if account.channel == Channel::Linked {
        return linked::bring(app, job, path).await;
    }
    let source = Source::of(app, job, account)?;
    let opened = source.open(app, job).await;
    source.report(app, job, opened.as_ref().err()).await;
    let mut download = opened?;
    Ok(Received {
        head: receive(&mut download, path).await?,
        sha256: download.sha256().unwrap_or_default().to_owned(),
        size: download.received_bytes(),
    })
}

/// A file on its way in: gone when we are done with it, whatever happens.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// Where a file comes from, and who we are there.
struct Source {
    graph: GraphClient,
    token: String,
    /// The token as it is stored.
    sealed: String,
    phone_number_id: String,
    media_id: String,
}

impl Source {
    fn of(app: &App, job: &Job, account: ProviderAccess) -> Result<Self, Failure> {
        let missing = |what: &str| {
            Failure::Final(format!(
                "The account has no {what}, so the file can't be fetched"
            ))
        };
        let sealed = account
            .access_token
            .ok_or_else(|| missing("access token"))?;
        let place = crate::accounts::access_token_place(&job.account_id);
        let token = app
            .secrets
            .open_text(&place, &sealed)
            .map_err(|error| Failure::ours(&error))?;
        let settings = &app.config.graph;
        let url = account.graph_url.as_deref().unwrap_or(&settings.url);
        Ok(Self {
            graph: app.media.graph(url, &settings.version)?,
            token,
            sealed,
            phone_number_id: account
                .phone_number_id
                .ok_or_else(|| missing("phone number id"))?,
            media_id: job
                .provider_media_id
                .clone()
                .ok_or_else(|| Failure::Final("WhatsApp named no file".to_owned()))?,
        })
    }

    async fn open(&self, app: &App, job: &Job) -> Result<MediaStream, GraphError> {
        let info = self
            .graph
            .media_info(&self.token, &self.media_id, &self.phone_number_id)
            .await?;
        let request = DownloadRequest {
            token: &self.token,
            url: &info.url,
            max_bytes: u64::from(app.config.media.max_size_mb) * 1_000_000,
            sha256: info.sha256.as_deref().or(job.sha256.as_deref()),
        };
        if info.file_size.is_some_and(|size| size > request.max_bytes) {
            let max_bytes = request.max_bytes;
            return Err(GraphError::TooLarge { max_bytes });
        }
        self.graph.download(&request).await
    }

    /// Lets the account's admins know what the attempt showed of its token.
    async fn report(&self, app: &App, job: &Job, error: Option<&GraphError>) {
        let seen = match error {
            None => Seen::Works,
            Some(error) => match Seen::of(error) {
                Some(seen) => seen,
                None => return,
            },
        };
        let (tenant_id, account_id) = (&job.tenant_id, &job.account_id);
        let reported = report(app, tenant_id, account_id, &seen, Some(&self.sealed)).await;
        if let Err(error) = reported {
            tracing::warn!(%error, account = %account_id, "an account's state could not be noted");
        }
    }
}

/// Writes a download into a file. Returns its first bytes.
async fn receive(download: &mut MediaStream, path: &Path) -> Result<Vec<u8>, Failure> {
    let ours = |error: std::io::Error| Failure::ours(&error.into());
    let mut file = tokio::fs::File::create(path).await.map_err(ours)?;
    let mut head = Vec::with_capacity(sniff::HEAD_BYTES);
    while let Some(chunk) = download.chunk().await? {
        let missing = sniff::HEAD_BYTES.saturating_sub(head.len());
        head.extend(chunk.iter().take(missing));
        file.write_all(&chunk).await.map_err(ours)?;
    }
    file.flush().await.map_err(ours)?;
    Ok(head)
}

async fn look_at(path: &Path, mime: &str, size: u64) -> Option<Picture> {
    if size > MAX_PICTURE_BYTES {
        return None;
    }
    let (path, mime) = (path.to_owned(), mime.to_owned());
    let looking = tokio::task::spawn_blocking(move || picture::read(&path, &mime));
    // A decoder that panics costs the thumbnail, not the file.
    looking.await.ok().flatten()
}

type Measured = (Option<(u32, u32)>, Option<String>);

async fn store(
    app: &App,
    job: &Job,
    path: &Path,
    sha256: &str,
    picture: Option<Picture>,
) -> anyhow::Result<(String, Option<Measured>)> {
    let key = key_of(&job.tenant_id, sha256);
    app.media.put_file(&key, path, app.clock.now()).await?;
    let Some(picture) = picture else {
        return Ok((key, None));
    };
    let dimensions = Some((picture.width, picture.height));
    let Some((small, ending)) = picture.thumbnail else {
        return Ok((key, Some((dimensions, None))));
    };
    let small_key = format!("{key}.small.{ending}");
    app.media.put(&small_key, small).await?;
    Ok((key, Some((dimensions, Some(small_key)))))
}
