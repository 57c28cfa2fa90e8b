//! Fetching a file: from whom, how much, and whether it is the one that was announced.

use bytes::Bytes;
use futures_util::{Stream, stream};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, Url};
use sha2::{Digest, Sha256};

use super::{GraphClient, GraphError, hosts};
use crate::digest;

/// Redirects that are followed, each to an allowed host.
const MOST_REDIRECTS: usize = 3;

/// What to fetch.
#[derive(Clone, Copy)]
pub struct DownloadRequest<'a> {
    /// Of the account that the message came to.
    pub token: &'a str,
    /// From [`super::MediaInfo`].
    pub url: &'a str,
    /// Longer files are [`GraphError::TooLarge`].
    pub max_bytes: u64,
    /// The announced digest, hex or base64; what does not look like one is not checked.
    pub sha256: Option<&'a str>,
}

/// A file on its way in. Its bytes are to be trusted only once the end was reached without an error: the digest is
/// checked last.
#[derive(Debug)]
pub struct MediaStream {
    response: Response,
    content_type: Option<String>,
    max_bytes: u64,
    received_bytes: u64,
    hasher: Sha256,
    expected: Option<String>,
    actual: Option<String>,
}

impl MediaStream {
    /// `Content-Type` as the host gave it.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Bytes so far.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// SHA-256 of the whole file in lower-case hex, once the end was reached.
    pub fn sha256(&self) -> Option<&str> {
        self.actual.as_deref()
    }

    /// The next piece; `None` at the end of a file that is what was announced.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, GraphError> {
        let chunk = self
            .response
            .chunk()
            .await
            .map_err(|error| GraphError::from_transport(&error))?;
        let Some(chunk) = chunk else {
            return self.finish().map(|()| None);
        };
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.received_bytes = self.received_bytes.saturating_add(length);
        if self.received_bytes > self.max_bytes {
            return Err(GraphError::TooLarge {
                max_bytes: self.max_bytes,
            });
        }
        self.hasher.update(&chunk);
        Ok(Some(chunk))
    }

    /// The pieces as a stream, which ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, GraphError>> + Send + 'static {
        stream::try_unfold(self, |mut media| async move {
            Ok(media.chunk().await?.map(|chunk| (chunk, media)))
        })
    }

    fn finish(&mut self) -> Result<(), GraphError> {
        if self.actual.is_some() {
            return Ok(());
        }
        let actual = hex::encode(self.hasher.finalize_reset());
        if let Some(expected) = self.expected.clone().filter(|expected| *expected != actual) {
            return Err(GraphError::Corrupt { expected, actual });
        }
        self.actual = Some(actual);
        Ok(())
    }
}

pub(super) async fn start(
    client: &GraphClient,
    request: &DownloadRequest<'_>,
) -> Result<MediaStream, GraphError> {
    let first =
        Url::parse(request.url).map_err(|error| GraphError::BadAddress(error.to_string()))?;
    let response = follow(client, request, first).await?;
    if !response.status().is_success() {
        return Err(GraphError::DownloadRefused(response.status().as_u16()));
    }
    if response
        .content_length()
        .is_some_and(|length| length > request.max_bytes)
    {
        return Err(GraphError::TooLarge {
            max_bytes: request.max_bytes,
        });
    }
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    Ok(MediaStream {
        content_type: content_type.map(str::to_owned),
        response,
        max_bytes: request.max_bytes,
        received_bytes: 0,
        hasher: Sha256::new(),
        expected: request.sha256.and_then(digest::sha256_hex),
        actual: None,
    })
}

/// Asks, and follows a few redirects to allowed hosts. The token goes to the origin of the first address only.
async fn follow(
    client: &GraphClient,
    request: &DownloadRequest<'_>,
    first: Url,
) -> Result<Response, GraphError> {
    let mut url = first.clone();
    for _ in 0..=MOST_REDIRECTS {
        hosts::check(&url, &client.base)?;
        let mut asked = client
            .http
            .get(url.clone())
            .timeout(client.timeouts.download);
        if url.origin() == first.origin() {
            asked = asked.bearer_auth(request.token);
        }
        let response = asked
            .send()
            .await
            .map_err(|error| GraphError::from_transport(&error))?;
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let target = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let target = target.ok_or_else(|| GraphError::unexpected("a redirect without a target"))?;
        url = url
            .join(target)
            .map_err(|error| GraphError::BadAddress(error.to_string()))?;
    }
    Err(GraphError::unexpected("too many redirects"))
}
