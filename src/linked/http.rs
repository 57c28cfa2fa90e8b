//! How the protocol's client fetches and puts up files, and asks for WhatsApp's present version: over the server's own HTTP client, with bounds.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use hoopoe_linked::http::{HttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, Method, Url};

use crate::config::Config;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long nothing may come.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a request may take in all: the largest file over a slow line.
const TIMEOUT: Duration = Duration::from_mins(10);

/// What a file grows by when it is encrypted, and more than any page.
const ROOM: usize = 1024 * 1024;

/// Where WhatsApp keeps files, and its web client.
const HOSTS: &[&str] = &["whatsapp.net", "whatsapp.com", "fbcdn.net"];

/// The client.
#[derive(Debug)]
pub(super) struct Files {
    client: Result<Client, String>,
    most: usize,
    /// Another server than WhatsApp stands in, for tests: files are wherever it says.
    elsewhere: bool,
}

impl Files {
    pub(super) fn new(config: &Config) -> Self {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TIMEOUT)
            // An address that is checked must not lead to one that is not.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let most = usize::try_from(config.media.max_size_mb).unwrap_or(usize::MAX);
        Self {
            client: client.map_err(|error| error.to_string()),
            most: most.saturating_mul(1024 * 1024).saturating_add(ROOM),
            elsewhere: !config.linked.url.is_empty(),
        }
    }

    fn check(&self, url: &str) -> anyhow::Result<Url> {
        let url: Url = url.parse().context("no address")?;
        let host = url.host_str().unwrap_or_default();
        let is_whatsapp = HOSTS.iter().any(|domain| {
            host.strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        ensure!(
            self.elsewhere || url.scheme() == "https" && is_whatsapp,
            "{host} is no host of WhatsApp's"
        );
        Ok(url)
    }
}

#[async_trait]
impl HttpClient for Files {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let client = self.client.as_ref();
        let client = client.map_err(|error| anyhow::anyhow!("no HTTP client: {error}"))?;
        let method: Method = request.method.parse().context("no HTTP method")?;
        let mut sending = client.request(method, self.check(&request.url)?);
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = request.body {
            ensure!(body.len() <= self.most, "the file is too large");
            sending = sending.body(body);
        }
        let response = sending.send().await?;
        let status_code = response.status().as_u16();
        let mut parts = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(part) = parts.next().await {
            let part = part?;
            if body.len() + part.len() > self.most {
                bail!("the file is too large");
            }
            body.extend_from_slice(&part);
        }
        Ok(HttpResponse { status_code, body })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_hosts_of_whatsapp_are_asked() {
        let mut files = Files::new(&Config::defaults().unwrap());
        for good in [
            "https://mmg.whatsapp.net/v/t62.7118?x=1",
            "https://web.whatsapp.com/sw.js",
            "https://media.fham1-1.fna.fbcdn.net/x",
        ] {
            assert!(files.check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://mmg.whatsapp.net/x",
            "https://evilwhatsapp.net/x",
            "https://whatsapp.net.evil.example/x",
            "https://mmg.whatsapp.net@127.0.0.1/x",
            "https://169.254.169.254/x",
        ] {
            assert!(files.check(bad).is_err(), "{bad}");
        }
        files.elsewhere = true;
        assert!(files.check("http://127.0.0.1:9/x").is_ok());
    }
}
