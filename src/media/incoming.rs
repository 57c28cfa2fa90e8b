//! Files on their way in: what they are called, what they are, and their bytes as they come. Used by uploads and by the samples of templates.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::HeaderMap,
};
use futures_util::StreamExt as _;
use hoopoe_cloud_api::send::limits;

use crate::error::{ApiError, ApiResult};

pub(crate) use super::sniff::mime_of;

/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(30);

/// A file as it comes in: no more than so many bytes, and never silent for long.
pub(crate) struct Pieces {
    stream: BodyDataStream,
    left: u64,
}

impl Pieces {
    pub(crate) fn of(body: Body, most: u64) -> Self {
        Self {
            stream: body.into_data_stream(),
            left: most,
        }
    }

    /// The next piece, or nothing at the end.
    pub(crate) async fn next(&mut self) -> ApiResult<Option<Bytes>> {
        let next = tokio::time::timeout(IDLE, self.stream.next()).await;
        let Some(piece) = next.map_err(|_| ApiError::bad_request("the file stopped coming"))?
        else {
            return Ok(None);
        };
        let piece = piece.map_err(|_| ApiError::bad_request("the file broke off"))?;
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(size);
        self.left = left.ok_or_else(ApiError::payload_too_large)?;
        Ok(Some(piece))
    }
}

/// The name that the client gives the file, without folders.
pub(crate) fn filename(asked: &HeaderMap) -> Option<String> {
    let encoded = asked.get("x-filename")?.to_str().ok()?;
    // Pairs of a query, so that the decoder is one that is there: a plus is a plus here.
    let pairs = format!("name={}", encoded.replace('+', "%2B").replace('&', "%26"));
    let decoded: Vec<(String, String)> = serde_urlencoded::from_str(&pairs).ok()?;
    let name = decoded.into_iter().next()?.1;
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base
        .chars()
        .filter(|char| !char.is_control())
        .take(limits::FILENAME)
        .collect();
    let clean = clean.trim().to_owned();
    (!clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(encoded: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-filename", encoded.parse().unwrap());
        filename(&headers)
    }

    #[test]
    fn names_lose_their_folders_and_keep_their_letters() {
        assert_eq!(named("plan.pdf").unwrap(), "plan.pdf");
        assert_eq!(named("a%2Bb%20c+d%26e.pdf").unwrap(), "a+b c+d&e.pdf");
        assert_eq!(named("%D8%B5%D9%88%D8%B1%D8%A9.jpg").unwrap(), "صورة.jpg");
        assert_eq!(named("..%2F..%2Fetc%2Fpasswd").unwrap(), "passwd");
        assert_eq!(named("C:%5Ctemp%5Cx.txt").unwrap(), "x.txt");
        assert!(named("%0A%00").is_none() && named("").is_none());
    }
}
