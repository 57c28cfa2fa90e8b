//! Files of messages and pictures of people, fetched over an account's connection. The second half of `handle`.

use bytes::Bytes;
use whatsapp_rust::{
    Client, ErrorChainExt as _, Jid, MediaRetryResult, MediaReuploadRequest,
    download::MediaDecryptionError, http::HttpRequest,
};

use crate::{
    Handle, SendError,
    handle::address,
    media::{Reference, is_path},
};

/// Why a file was not had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// There is no connection, or WhatsApp's file servers are out of reach. Trying again later is right.
    #[error("the account is not connected")]
    NotConnected,
    /// It is larger than was allowed.
    #[error("the file has {bytes} bytes")]
    TooLarge {
        /// Bytes.
        bytes: u64,
    },
    /// WhatsApp has it no more, and neither has the phone that it came from (or that is not on).
    #[error("WhatsApp has this file no more")]
    Gone,
    /// What came is not what was promised, or the reference is none.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

impl From<SendError> for FetchError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotConnected | SendError::Unknown => Self::NotConnected,
            SendError::Refused { reason, .. } => Self::Damaged(reason),
        }
    }
}

/// A picture of a person or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfilePicture {
    /// Another one has another id.
    pub id: String,
    /// The picture, a JPEG.
    pub bytes: Bytes,
}

/// The largest picture of a person.
const PICTURE_BYTES: usize = 2 * 1024 * 1024;

impl Handle {
    /// Fetches and opens a file by the [reference](crate::Media::reference) that came with its message. Where WhatsApp has it no more, the phone is
    /// asked to bring it again, which takes up to half a minute.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch_media(&self, reference: &str, max_bytes: u64) -> Result<Bytes, FetchError> {
        let reference = Reference::parse(reference);
        let mut reference =
            reference.ok_or_else(|| FetchError::Damaged("no reference".to_owned()))?;
        check_size(reference.size, max_bytes)?;
        let client = self.client().ok_or(FetchError::NotConnected)?;
        let bytes = match download(&client, &reference).await {
            Err(FetchError::Gone) => {
                reference.path = bring_again(&client, &reference).await?;
                download(&client, &reference).await?
            }
            fetched => fetched?,
        };
        check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX), max_bytes)?;
        Ok(bytes)
    }

    /// The picture of whoever is at an address; `None` where there is none, or it is not for us.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn profile_picture(
        &self,
        address_of: &str,
    ) -> Result<Option<ProfilePicture>, FetchError> {
        let client = self.client().ok_or(FetchError::NotConnected)?;
        let jid = address(address_of)?;
        let found = client.contacts().get_profile_picture(&jid, true).await;
        let Some(found) = found.map_err(|_| FetchError::NotConnected)? else {
            return Ok(None);
        };
        let response = self.0.http.execute(HttpRequest::get(found.url)).await;
        let response = response.map_err(|_| FetchError::NotConnected)?;
        match response.status_code {
            200..=299 => {}
            404 | 410 | 403 => return Ok(None),
            _ => return Err(FetchError::NotConnected),
        }
        if response.body.len() > PICTURE_BYTES {
            let bytes = u64::try_from(response.body.len()).unwrap_or(u64::MAX);
            return Err(FetchError::TooLarge { bytes });
        }
        Ok(Some(ProfilePicture {
            id: found.id,
            bytes: Bytes::from(response.body),
        }))
    }
}

fn check_size(bytes: u64, most: u64) -> Result<(), FetchError> {
    if bytes > most {
        return Err(FetchError::TooLarge { bytes });
    }
    Ok(())
}

async fn download(client: &Client, reference: &Reference) -> Result<Bytes, FetchError> {
    let downloaded = client.download_from_params(&reference.params()).await;
    downloaded.map(Bytes::from).map_err(|error| {
        let cause: &(dyn std::error::Error + 'static) = error.as_ref();
        let damaged = || {
            error
                .chain()
                .any(<dyn std::error::Error>::is::<MediaDecryptionError>)
        };
        match cause.http_status() {
            Some(403 | 404 | 410) => FetchError::Gone,
            None if damaged() => FetchError::Damaged(format!("{error:#}")),
            _ => FetchError::NotConnected,
        }
    })
}

/// Where a file is after its phone has brought it again.
async fn bring_again(client: &Client, reference: &Reference) -> Result<String, FetchError> {
    let jid = |text: &str| text.parse::<Jid>().map_err(|_| FetchError::Gone);
    let (chat, sender) = (jid(&reference.chat)?, jid(&reference.sender)?);
    let is_group = chat.server == whatsapp_rust::Server::Group;
    let request = MediaReuploadRequest {
        msg_id: &reference.id,
        chat_jid: &chat,
        media_key: &reference.key,
        is_from_me: reference.from_me,
        participant: is_group.then_some(&sender),
    };
    match client.media_reupload().request(&request).await {
        Ok(MediaRetryResult::Success { direct_path }) if is_path(&direct_path) => Ok(direct_path),
        Ok(_) => Err(FetchError::Gone),
        Err(error) => {
            tracing::info!(%error, "a file was not brought again");
            Err(FetchError::Gone)
        }
    }
}
