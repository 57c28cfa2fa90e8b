//! Where files are kept: a folder, or any S3-compatible store. Keys follow from the content, so the same file sent twice is kept once.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use hoopoe_cloud_api::graph::{GraphClient, GraphError};
use hoopoe_db::ids::TenantId;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload, aws::AmazonS3Builder,
    buffered::BufWriter, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use tokio::{
    io::AsyncWriteExt as _,
    sync::{Notify, watch},
};

use crate::config::{Config, MediaStorage, S3};

/// Folder of the stored files in the data folder.
const FOLDER: &str = "media";

/// Folder of files on their way in.
const INCOMING: &str = "media-incoming";

/// Keeps files, and wakes the task that fetches them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MediaStore {
    files: Arc<dyn ObjectStore>,
    incoming: PathBuf,
    news: Arc<Notify>,
    settled: watch::Sender<u64>,
    graphs: Arc<Mutex<HashMap<String, GraphClient>>>,
}

impl MediaStore {
    /// Opens the store that the configuration names.
    ///
    /// # Errors
    /// When its folder can't be made, or its settings can't be used.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let incoming = config.data_dir.join(INCOMING);
        // What an earlier run left half fetched is fetched again.
        drop(std::fs::remove_dir_all(&incoming));
        std::fs::create_dir_all(&incoming)
            .with_context(|| format!("{} can't be made", incoming.display()))?;
        let files = match config.media.storage {
            MediaStorage::Folder => open_folder(&config.data_dir)?,
            MediaStorage::S3 => open_s3(&config.media.s3)?,
        };
        Ok(Self {
            files,
            incoming,
            news: Arc::default(),
            settled: watch::Sender::default(),
            graphs: Arc::default(),
        })
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
        let graph = GraphClient::new(url, version)?;
        graphs.insert(url.to_owned(), graph.clone());
        Ok(graph)
    }

    /// Puts a complete file into the store, piece by piece. A file that is there already is left as it is.
    pub(super) async fn put_file(&self, key: &str, file: &FilePath) -> anyhow::Result<()> {
        let key = Path::parse(key)?;
        if self.files.head(&key).await.is_ok() {
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

fn open_folder(data_dir: &FilePath) -> anyhow::Result<Arc<dyn ObjectStore>> {
    let folder = data_dir.join(FOLDER);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} can't be made", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(&folder)
        .with_context(|| format!("{} can't be used", folder.display()))?;
    Ok(Arc::new(store))
}

fn open_s3(settings: &S3) -> anyhow::Result<Arc<dyn ObjectStore>> {
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
    if settings.prefix.is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(PrefixStore::new(
        store,
        settings.prefix.trim_matches('/'),
    )))
}
