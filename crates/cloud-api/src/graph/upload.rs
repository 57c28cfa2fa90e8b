//! Files on their way out: media for messages, and samples for the headers of templates.
//!
//! Called by the server's `outbox` and by its template pages.

use std::error::Error;

use bytes::Bytes;
use futures_util::Stream;
use reqwest::header::AUTHORIZATION;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Url};
use serde::Deserialize;

use super::{GraphClient, GraphError};
use crate::send::upload_mime;
use crate::wire::loose::Text;

/// A file for a message.
#[derive(Clone, Copy, Debug)]
pub struct MediaUpload<'a> {
    /// The number that will send it.
    pub phone_number_id: &'a str,
    /// Its MIME type; one that Meta has no name for goes as plain bytes.
    pub mime: &'a str,
    /// Its name, as the customer sees that of a document.
    pub filename: &'a str,
    /// Its exact size in bytes.
    pub size: u64,
}

/// A file that shows Meta's reviewers what a template's header may hold.
#[derive(Clone, Copy, Debug)]
pub struct SampleUpload<'a> {
    /// The Meta app.
    pub app_id: &'a str,
    /// `application/pdf`, `image/jpeg`, `image/png` or `video/mp4`.
    pub mime: &'a str,
    /// Its name.
    pub filename: &'a str,
}

impl GraphClient {
    /// Uploads a file, piece by piece, and returns its media id, which lives 30 days. Trying again does no harm.
    pub async fn upload_media<S, E>(
        &self,
        token: &str,
        upload: &MediaUpload<'_>,
        file: S,
    ) -> Result<String, GraphError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let mime = upload_mime(upload.mime);
        let part = Part::stream_with_length(Body::wrap_stream(file), upload.size)
            .file_name(upload.filename.to_owned())
            .mime_str(&mime)
            .map_err(|error| GraphError::from_transport(&error))?;
        let form = Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", mime)
            .part("file", part);
        let request = self
            .uploads
            .post(self.edge(upload.phone_number_id, "media")?)
            .bearer_auth(token)
            .timeout(self.timeouts.download)
            .multipart(form);
        let answer: IdAnswer = self.answered(request).await?;
        let id = answer.id.0;
        id.ok_or_else(|| GraphError::unexpected("the answer to an upload has no id"))
    }

    /// Deletes a file; one that is no longer there counts as deleted.
    pub async fn delete_media(
        &self,
        token: &str,
        phone_number_id: &str,
        media_id: &str,
    ) -> Result<(), GraphError> {
        let mut url = self.address(media_id)?;
        url.query_pairs_mut()
            .append_pair("phone_number_id", phone_number_id);
        let request = self
            .http
            .delete(url)
            .bearer_auth(token)
            .timeout(self.timeouts.call);
        match self.succeed(request).await {
            Err(error) if error.class() == super::FailureClass::Gone => Ok(()),
            other => other,
        }
    }

    /// Uploads a sample for a template's header by Meta's Resumable Upload API and returns its handle.
    pub async fn upload_sample(
        &self,
        token: &str,
        sample: &SampleUpload<'_>,
        bytes: Bytes,
    ) -> Result<String, GraphError> {
        let mut url = self.edge(sample.app_id, "uploads")?;
        url.query_pairs_mut()
            .append_pair("file_name", sample.filename)
            .append_pair("file_length", &bytes.len().to_string())
            .append_pair("file_type", sample.mime);
        let session: IdAnswer = self.answered(self.posting(token, url)).await?;
        let session = session
            .id
            .0
            .ok_or_else(|| GraphError::unexpected("the upload session has no id"))?;
        // Meta's example for this one call says `OAuth` where all others say `Bearer`.
        let request = self
            .uploads
            .post(self.session_address(&session)?)
            .header(AUTHORIZATION, format!("OAuth {token}"))
            .header("file_offset", "0")
            .timeout(self.timeouts.download)
            .body(bytes);
        let answer: HandleAnswer = self.answered(request).await?;
        let handle = answer.h.0;
        handle.ok_or_else(|| GraphError::unexpected("the uploaded sample has no handle"))
    }

    /// The id of an upload session is a path with a query: `upload:MTph…?sig=ARZq…`.
    fn session_address(&self, session: &str) -> Result<Url, GraphError> {
        let (id, query) = session.split_once('?').unwrap_or((session, ""));
        let mut url = self.address(id)?;
        url.set_query((!query.is_empty()).then_some(query));
        Ok(url)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IdAnswer {
    id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HandleAnswer {
    h: Text,
}
