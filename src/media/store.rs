//! Where files are kept: a folder, or any S3-compatible store. Keys follow from the content, so the same file sent twice is kept once.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use hoopoe_cloud_api::graph::{GraphClient, GraphError, Timeouts};
use hoopoe_db::{Millis, ids::TenantId};
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload,
    aws::AmazonS3Builder, buffered::BufWriter, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};
use tokio::{
    io::AsyncWriteExt as _,
    sync::{Notify, watch},
};

use crate::{
    config::{Config, MediaStorage, S3},
    secrets::random_token,
};

/// Folder of the stored files in the data folder.
const FOLDER: &str = "media";

/// File in the folder by which nodes know whether they share it.
const IDENTITY: &str = ".identity";

/// Files of this age are left as they are when they are put into the store again: half of what the sweep lets live.
const FRESH_MS: Millis = 12 * 60 * 60 * 1000;

/// Folder of files on their way in.
const INCOMING: &str = "media-incoming";

/// Keeps files, and wakes the task that fetches them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MediaStore {
    files: Arc<dyn ObjectStore>,
    identity: Arc<str>,
    incoming: PathBuf,
    news: Arc<Notify>,
    settled: watch::Sender<u64>,
    graphs: Arc<Mutex<HashMap<String, GraphClient>>>,
    timeouts: Timeouts,
}

impl MediaStore {
    /// Opens the store that the configuration names.
    ///
    /// # Errors
    /// When its folder can't be made, or its settings can't be used.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let incoming = config.data_dir.join(INCOMING);
        std::fs::create_dir_all(&incoming)
            .with_context(|| format!("{} can't be made", incoming.display()))?;
        let (files, identity) = match config.media.storage {
            MediaStorage::Folder => open_folder(&config.data_dir.join(FOLDER))?,
            MediaStorage::S3 => open_s3(&config.media.s3)?,
        };
        Ok(Self {
            files,
            identity: Arc::from(identity),
            incoming,
            news: Arc::default(),
            settled: watch::Sender::default(),
            graphs: Arc::default(),
            timeouts: Timeouts {
                call: Duration::from_secs(config.graph.timeout_seconds.into()),
                ..Timeouts::default()
            },
        })
    }

    /// Which store this is. Nodes that share it say the same.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Throws away what an earlier run left half fetched: it is fetched again. Only for the server: a command must not take away what a server
    /// fetches.
    pub(super) fn clear_incoming(&self) {
        let cleared = std::fs::remove_dir_all(&self.incoming)
            .and_then(|()| std::fs::create_dir_all(&self.incoming));
        if let Err(error) = cleared {
            tracing::warn!(%error, "half fetched files could not be thrown away");
        }
    }

    /// Says that there are media to be fetched.
    pub fn wake(&self) {
        self.news.notify_one();
    }

    /// Counts attempts at fetching a file that came to an end, whichever: for those who wait for one.
    pub fn watch_settled(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }

    /// Counts an attempt.
    pub(super) fn count_settled(&self) {
        self.settled.send_modify(|count| *count += 1);
    }

    /// Returns when there are media to be fetched.
    pub(super) async fn woken(&self) {
        self.news.notified().await;
    }

    /// Where a file of this name may be written until it is complete.
    pub(super) fn incoming(&self, name: &str) -> PathBuf {
        self.incoming.join(name)
    }

    /// The client for a Graph API; one is kept for each.
    pub(crate) fn graph(&self, url: &str, version: &str) -> Result<GraphClient, GraphError> {
        let mut graphs = self.graphs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(graph) = graphs.get(url) {
            return Ok(graph.clone());
        }
        let graph = GraphClient::with_timeouts(url, version, self.timeouts)?;
        graphs.insert(url.to_owned(), graph.clone());
        Ok(graph)
    }

    /// Puts a complete file into the store, piece by piece. A file that is there already is left as it is, unless it is so old that the sweep
    /// may be about to delete it because nobody named it until now.
    pub(super) async fn put_file(
        &self,
        key: &str,
        file: &FilePath,
        now: Millis,
    ) -> anyhow::Result<()> {
        let key = Path::parse(key)?;
        let held = self.files.head(&key).await;
        if held.is_ok_and(|held| now - held.last_modified.timestamp_millis() < FRESH_MS) {
            return Ok(());
        }
        let mut source = tokio::fs::File::open(file).await?;
        let mut target = BufWriter::new(Arc::clone(&self.files), key);
        if let Err(error) = tokio::io::copy(&mut source, &mut target).await {
            drop(target.abort().await);
            return Err(error.into());
        }
        target.shutdown().await?;
        Ok(())
    }

    /// Puts a small file into the store.
    pub(super) async fn put(&self, key: &str, content: Vec<u8>) -> anyhow::Result<()> {
        let content = PutPayload::from(Bytes::from(content));
        self.files.put(&Path::parse(key)?, content).await?;
        Ok(())
    }

    /// All objects, in no order.
    pub(super) fn list(&self) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.files.list(None)
    }

    /// Deletes an object that was put into the store before a time; one that was put there anew since stays.
    pub(super) async fn delete_older(
        &self,
        key: &Path,
        before: Millis,
    ) -> object_store::Result<bool> {
        let is_old = self.files.head(key).await?.last_modified.timestamp_millis() < before;
        if is_old {
            self.files.delete(key).await?;
        }
        Ok(is_old)
    }

    /// A file, or a part of it, as a stream; and how long the whole file is.
    pub(crate) async fn get(
        &self,
        key: &str,
        part: Option<Range<u64>>,
    ) -> object_store::Result<(BoxStream<'static, object_store::Result<Bytes>>, u64)> {
        let options = GetOptions {
            range: part.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let found = self.files.get_opts(&Path::parse(key)?, options).await?;
        let size = found.meta.size;
        Ok((found.into_stream(), size))
    }
}

/// Key of a file: by tenant, so that what belongs to one can be taken away with it, then by content.
pub(super) fn key_of(tenant_id: &TenantId, sha256: &str) -> String {
    let shelf = sha256.get(..2).unwrap_or("00");
    format!("{tenant_id}/{shelf}/{sha256}")
}

type Opened = (Arc<dyn ObjectStore>, String);

fn open_folder(folder: &FilePath) -> anyhow::Result<Opened> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} can't be made", folder.display()))?;
    let identity =
        identify(folder).with_context(|| format!("{} can't be written to", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(folder)
        .with_context(|| format!("{} can't be used", folder.display()))?;
    Ok((Arc::new(store), format!("folder:{identity}")))
}

/// The folder's own name for itself, wherever it is mounted: made by whoever opens it first.
fn identify(folder: &FilePath) -> std::io::Result<String> {
    let path = folder.join(IDENTITY);
    match std::fs::File::create_new(&path) {
        Ok(mut file) => std::io::Write::write_all(&mut file, random_token().as_bytes())?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    std::fs::read_to_string(path)
}

fn open_s3(settings: &S3) -> anyhow::Result<Opened> {
    let prefix = settings.prefix.trim_matches('/');
    let identity = format!("s3:{}/{}/{prefix}", settings.endpoint, settings.bucket);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(if settings.region.is_empty() {
            "us-east-1"
        } else {
            &settings.region
        })
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(&settings.secret_access_key);
    if !settings.endpoint.is_empty() {
        builder = builder
            .with_endpoint(&settings.endpoint)
            .with_allow_http(settings.endpoint.starts_with("http://"));
    }
    let store = builder.build().context("media.s3 can't be used")?;
    if prefix.is_empty() {
        return Ok((Arc::new(store), identity));
    }
    Ok((Arc::new(PrefixStore::new(store, prefix)), identity))
}
