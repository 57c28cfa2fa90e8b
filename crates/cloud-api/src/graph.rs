//! The Graph API: media descriptors and files, what a number is called, sending, uploads, templates.
//!
//! Called by the server's `media` (a file for each message that has one), `accounts` (are these credentials good?) and
//! `outbox` (messages, read marks, uploads, templates).
//! The client builds its own HTTP client on purpose: only so is it certain that redirects are never followed blindly
//! with a token in hand.

mod download;
mod error;
mod hosts;
mod send;
mod templates;
mod upload;

use std::fmt;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use serde::Deserialize;

pub use download::{DownloadRequest, MediaStream};
pub use error::{FailureClass, GraphError, Refusal};
pub use send::{SendError, Sent};
pub use templates::{CreatedTemplate, NewTemplate, ParameterFormat, TemplateChange, TemplateInfo};
pub use upload::{MediaUpload, SampleUpload};

use crate::digest;
use crate::wire::loose::{Flag, Int, Node, Text};

/// Where Meta serves the Graph API.
pub const GRAPH_URL: &str = "https://graph.facebook.com";

/// Answers to calls are small; anything longer is not an answer of the Graph API.
const LONGEST_ANSWER_BYTES: usize = 1024 * 1024;

/// How long an unused connection is kept.
const KEEP_CONNECTIONS: Duration = Duration::from_secs(20);

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For the whole of a call.
    pub call: Duration,
    /// For the whole of a download or an upload.
    pub download: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            call: Duration::from_secs(20),
            download: Duration::from_mins(10),
        }
    }
}

/// A client of the Graph API. Cheap to clone; one serves all accounts, as each call brings its token.
#[derive(Clone)]
pub struct GraphClient {
    http: Client,
    /// Without a limit on silence: while a file goes out, nothing comes in.
    uploads: Client,
    base: Url,
    version: String,
    timeouts: Timeouts,
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GraphClient({} {})", self.base, self.version)
    }
}

/// A media descriptor: how a media id becomes a file (`GET /{media_id}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaInfo {
    /// Valid for 5 minutes, and only together with the token.
    pub url: String,
    /// MIME type.
    pub mime_type: Option<String>,
    /// Lower-case hex.
    pub sha256: Option<String>,
    /// Bytes.
    pub file_size: Option<u64>,
}

/// A number of ours, as Meta knows it (`GET /{phone_number_id}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Phone number id.
    pub id: String,
    /// As written for people, `+1 555-010-1234`.
    pub display_phone_number: Option<String>,
    /// The name customers see.
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality_rating: Option<String>,
}

impl GraphClient {
    /// A client for `base_url` ([`GRAPH_URL`], or a simulator) and a version such as `v25.0`.
    pub fn new(base_url: &str, version: &str) -> Result<Self, GraphError> {
        Self::with_timeouts(base_url, version, Timeouts::default())
    }

    /// As [`GraphClient::new`], with other limits of patience.
    pub fn with_timeouts(
        base_url: &str,
        version: &str,
        timeouts: Timeouts,
    ) -> Result<Self, GraphError> {
        let base =
            Url::parse(base_url).map_err(|error| GraphError::BadAddress(error.to_string()))?;
        if base.cannot_be_a_base() {
            return Err(GraphError::BadAddress(format!(
                "{base_url} is not a web address"
            )));
        }
        let builder = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .connect_timeout(timeouts.connect)
                // Shorter than hosts keep connections: one that they close just now would make the outcome unknown.
                .pool_idle_timeout(KEEP_CONNECTIONS)
                .user_agent(concat!("hoopoe/", env!("CARGO_PKG_VERSION")))
        };
        let built = |client: reqwest::Result<Client>| {
            client.map_err(|error| GraphError::from_transport(&error))
        };
        Ok(Self {
            http: built(builder().read_timeout(timeouts.idle).build())?,
            uploads: built(builder().build())?,
            base,
            version: version.trim_matches('/').to_owned(),
            timeouts,
        })
    }

    /// Where the file of a media id is to be had. Ids from webhooks live 7 days; one that is expired or unknown is
    /// [`FailureClass::Gone`] (HTTP 400, code 100, subcode 33; seen in the field).
    pub async fn media_info(
        &self,
        token: &str,
        media_id: &str,
        phone_number_id: &str,
    ) -> Result<MediaInfo, GraphError> {
        let mut url = self.address(media_id)?;
        url.query_pairs_mut()
            .append_pair("phone_number_id", phone_number_id);
        let answer: MediaAnswer = self.call(token, url).await?;
        Ok(MediaInfo {
            url: answer
                .url
                .0
                .ok_or_else(|| GraphError::unexpected("the media descriptor has no url"))?,
            mime_type: answer.mime_type.0,
            sha256: answer.sha256.get().and_then(digest::sha256_hex),
            file_size: answer.file_size.0.and_then(|size| u64::try_from(size).ok()),
        })
    }

    /// Starts to download a file. Only from Meta's own hosts and from the Graph API's own origin; only
    /// [`DownloadRequest::max_bytes`]. See [`MediaStream`] for what is checked on the way.
    pub async fn download(&self, request: &DownloadRequest<'_>) -> Result<MediaStream, GraphError> {
        download::start(self, request).await
    }

    /// What a number of ours is called: a cheap check that the id and the token are good.
    pub async fn phone_number(
        &self,
        token: &str,
        phone_number_id: &str,
    ) -> Result<PhoneNumber, GraphError> {
        let mut url = self.address(phone_number_id)?;
        url.query_pairs_mut().append_pair(
            "fields",
            "id,display_phone_number,verified_name,quality_rating",
        );
        let answer: PhoneNumberAnswer = self.call(token, url).await?;
        Ok(PhoneNumber {
            id: answer.id.0.unwrap_or_else(|| phone_number_id.to_owned()),
            display_phone_number: answer.display_phone_number.0,
            verified_name: answer.verified_name.0,
            quality_rating: answer.quality_rating.0,
        })
    }

    /// `{base}/{version}/{id}`; whatever is in the id, it stays one segment of the path.
    fn address(&self, id: &str) -> Result<Url, GraphError> {
        if matches!(id, "" | "." | "..") {
            return Err(GraphError::BadAddress(format!("{id:?} is not an id")));
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| GraphError::BadAddress("the base address has no path".to_owned()))?
            .pop_if_empty()
            .push(&self.version)
            .push(id);
        Ok(url)
    }

    /// `{base}/{version}/{id}/{edge}`.
    fn edge(&self, id: &str, edge: &str) -> Result<Url, GraphError> {
        let mut url = self.address(id)?;
        url.path_segments_mut()
            .map_err(|()| GraphError::BadAddress("the base address has no path".to_owned()))?
            .push(edge);
        Ok(url)
    }

    fn posting(&self, token: &str, url: Url) -> RequestBuilder {
        self.http
            .post(url)
            .bearer_auth(token)
            .timeout(self.timeouts.call)
    }

    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        token: &str,
        url: Url,
    ) -> Result<T, GraphError> {
        let request = self
            .http
            .get(url)
            .bearer_auth(token)
            .timeout(self.timeouts.call);
        self.answered(request).await
    }

    /// Asks, and reads the object that is answered.
    async fn answered<T: for<'de> Deserialize<'de>>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, GraphError> {
        let response = request
            .send()
            .await
            .map_err(|error| GraphError::from_transport(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_answer(response).await?;
        if !status.is_success() {
            return Err(error::refused(status, &headers, &body));
        }
        let answer: Node<T> = serde_json::from_slice(&body)
            .map_err(|error| GraphError::Unexpected(error.to_string()))?;
        answer
            .object()
            .ok_or_else(|| GraphError::unexpected("the answer is not an object"))
    }

    /// Asks for something whose answer is `{"success": true}`.
    async fn succeed(&self, request: RequestBuilder) -> Result<(), GraphError> {
        let answer: SuccessAnswer = self.answered(request).await?;
        if answer.success.0 {
            return Ok(());
        }
        Err(GraphError::unexpected("the answer does not say success"))
    }
}

/// The body of a call's answer, if it is of sane length.
async fn read_answer(mut response: Response) -> Result<Vec<u8>, GraphError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| GraphError::from_transport(&error))?
    {
        if body.len() + chunk.len() > LONGEST_ANSWER_BYTES {
            return Err(GraphError::unexpected("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MediaAnswer {
    url: Text,
    mime_type: Text,
    sha256: Text,
    file_size: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PhoneNumberAnswer {
    id: Text,
    display_phone_number: Text,
    verified_name: Text,
    quality_rating: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SuccessAnswer {
    success: Flag,
}
