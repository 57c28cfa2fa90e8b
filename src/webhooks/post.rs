//! One attempt: the request, as the Standard Webhooks specification has it, and what is kept of the answer.

use std::{error::Error, time::Duration};

use hoopoe_db::Millis;
use reqwest::{Client, Response, Url, header, redirect};
use tokio::{sync::Semaphore, time::Instant};

use super::guard::{self, Guarded};
use crate::config;

/// How long the connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests at the same time, over all webhooks of this node.
const AT_ONCE: usize = 256;

/// What is kept of an answer's body. Bytes.
const KEPT: usize = 1024;

/// Connections that are kept open to one receiver.
const KEPT_CONNECTIONS: usize = 4;

/// The client that posts webhooks.
#[derive(Debug)]
pub(super) struct Poster {
    http: Client,
    slots: Semaphore,
    allow_private: bool,
    timeout: Duration,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub url: &'a str,
    pub id: &'a str,
    pub body: &'a str,
    /// Unix seconds, as it is signed.
    pub timestamp_s: i64,
    pub signature: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: Option<u16>,
    /// The first bytes of the answer.
    pub response: Option<String>,
    /// Why it does not count as delivered, in words.
    pub error: Option<String>,
    /// How long the receiver wishes us to wait.
    pub wish_ms: Option<Millis>,
    pub duration_ms: i64,
}

impl Answer {
    /// An attempt that could not be made.
    pub(super) fn failed(error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::default()
        }
    }

    /// Whether the receiver read the event and does not want it. Not where it may have been asked wrongly (credentials, path), too early or too often.
    pub(super) fn is_refusal(&self) -> bool {
        self.status.is_some_and(
            |status| matches!(status, 400 | 405 | 406 | 411..=418 | 421..=424 | 426 | 431),
        )
    }

    /// Whether the receiver says that it is no more.
    pub(super) fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

impl Poster {
    /// The client for these settings.
    ///
    /// # Errors
    /// When TLS can't be had.
    pub(super) fn new(settings: &config::Webhooks) -> anyhow::Result<Self> {
        let timeout = Duration::from_secs(u64::from(settings.timeout_seconds));
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would resolve names by itself, past the check.
            .no_proxy()
            .dns_resolver(Guarded {
                allow_private: settings.allow_private,
            })
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .pool_max_idle_per_host(KEPT_CONNECTIONS)
            .user_agent(concat!("hoopoe/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            slots: Semaphore::new(AT_ONCE),
            allow_private: settings.allow_private,
            timeout,
        })
    }

    /// Makes an attempt.
    pub(super) async fn post(&self, request: Request<'_>) -> Answer {
        let Ok(_slot) = self.slots.acquire().await else {
            return Answer::failed("The server is stopping.");
        };
        let began = Instant::now();
        let mut answer = self.ask(request).await;
        answer.duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        answer
    }

    async fn ask(&self, request: Request<'_>) -> Answer {
        let Ok(url) = request.url.parse::<Url>() else {
            return Answer::failed("This is not an address.");
        };
        if let Some(why) = guard::refusal(&url, self.allow_private) {
            return Answer::failed(format!("The address {why}."));
        }
        let sent = self
            .http
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", request.id)
            .header("webhook-timestamp", request.timestamp_s)
            .header("webhook-signature", request.signature)
            .body(request.body.to_owned())
            .send();
        match sent.await {
            Ok(response) => read(response).await,
            Err(error) => Answer::failed(self.words(&error)),
        }
    }

    fn words(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("No answer within {} seconds.", self.timeout.as_secs());
        }
        let mut cause: &dyn Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        if error.is_connect() {
            return format!("No connection: {cause}.");
        }
        format!("The request failed: {cause}.")
    }
}

async fn read(mut response: Response) -> Answer {
    let status = response.status();
    let wish = response.headers().get(header::RETRY_AFTER);
    let wish = wish
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse::<Millis>().ok());
    let mut kept = Vec::new();
    // What is behind the first bytes is of no interest: the connection ends with it. An answer whose body breaks off counts by its status.
    while kept.len() < KEPT
        && let Ok(Some(chunk)) = response.chunk().await
    {
        kept.extend(chunk.iter().take(KEPT - kept.len()));
    }
    let mut error = None;
    if !status.is_success() {
        let mut words = format!("The answer was {}", status.as_u16());
        if status.is_redirection() {
            words.push_str(", and redirects are not followed");
        }
        let reason = status.canonical_reason().unwrap_or("not a known status");
        error = Some(format!("{words} ({reason})."));
    }
    Answer {
        status: Some(status.as_u16()),
        // PostgreSQL's texts hold no NUL.
        response: Some(String::from_utf8_lossy(&kept).replace('\0', "\u{fffd}")),
        error,
        wish_ms: wish.map(|seconds| seconds.saturating_mul(1000)),
        duration_ms: 0,
    }
}
