//! A client of the protocol, set up as Hoopoe wants it. Used by `session`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use whatsapp_rust::{
    Client, InboundDurabilityHook,
    bot::{Bot, BotHandle},
    http::{HttpClient, HttpRequest, HttpResponse},
    pair_code::PairCodeOptions,
    store::Backend,
    transport::TokioWebSocketTransportFactory,
    wacore::{store::DevicePropsOverride, types::events::InboundMessage},
    waproto::whatsapp::device_props::PlatformType,
};

use crate::{
    Arrived, Host, Store, groups,
    person::{Me, complete},
};

/// The name under which phones list the companion.
const DEVICE_NAME: &str = "Hoopoe";

/// How WhatsApp is reached.
#[derive(Clone)]
pub struct Line {
    /// Another address than WhatsApp's own, for tests.
    pub url: Option<String>,
    /// The version of WhatsApp Web to claim; `None` asks WhatsApp for its present one.
    pub version: Option<(u32, u32, u32)>,
    /// For that question, and for files. It bounds how much it takes in: what is asked for is not always what comes. A line with an address of
    /// its own ([`url`](Self::url), `ws://`) asks that host for files over plain HTTP.
    pub http: Arc<dyn HttpClient>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Connecting, until it is begun anew.
    pub connect_timeout: Duration,
    /// How often it is looked whether WhatsApp was heard of.
    pub probe_every: Duration,
    /// How long WhatsApp may take to answer when it was not.
    pub probe_timeout: Duration,
    /// The first pause after a failure; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long a phone may take over a passkey, which has to be answered on the phone.
    pub passkey_timeout: Duration,
    /// How long WhatsApp may take to answer a message of ours; then it is not known what became of it.
    pub answer_timeout: Duration,
    /// How long a message may take before it goes out: its file, and everybody's keys.
    pub preparation_timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_mins(1),
            probe_every: Duration::from_mins(1),
            probe_timeout: Duration::from_secs(20),
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_mins(5),
            passkey_timeout: Duration::from_mins(2),
            answer_timeout: Duration::from_secs(20),
            preparation_timeout: Duration::from_mins(5),
        }
    }
}

impl Pace {
    /// The pause before the next try, after so many failures in a row.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first_pause
            .saturating_mul(doubled)
            .min(self.longest_pause)
    }
}

/// An HTTP client that reaches nothing, where a version is given and no files are fetched.
#[derive(Debug)]
pub(crate) struct Unreachable;

#[async_trait]
impl HttpClient for Unreachable {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        anyhow::bail!("{} is out of reach", request.url)
    }
}

impl Line {
    /// A line that reaches one address and nothing else, for tests.
    pub fn only(url: String, version: (u32, u32, u32)) -> Self {
        Self {
            url: Some(url),
            version: Some(version),
            http: Arc::new(Unreachable),
        }
    }
}

impl Line {
    /// The HTTP client as this line uses it.
    pub(crate) fn files(&self) -> Arc<dyn HttpClient> {
        let url = self
            .url
            .as_deref()
            .and_then(|url| url.strip_prefix("ws://"));
        let plain = url.and_then(|rest| rest.split('/').next());
        Arc::new(Files {
            http: Arc::clone(&self.http),
            plain: plain.map(str::to_owned),
        })
    }
}

/// The HTTP client of a line. WhatsApp's own hosts are asked over HTTPS; one that is given without TLS has none for files either.
struct Files {
    http: Arc<dyn HttpClient>,
    plain: Option<String>,
}

#[async_trait]
impl HttpClient for Files {
    async fn execute(&self, mut request: HttpRequest) -> anyhow::Result<HttpResponse> {
        if let Some(host) = &self.plain
            && let Some(rest) = request.url.strip_prefix("https://")
            && rest
                .strip_prefix(host.as_str())
                .is_some_and(|path| path.starts_with('/'))
        {
            request.url = format!("http://{rest}");
        }
        self.http.execute(request).await
    }
}

/// The same for a builder that wants to own one.
struct Shared(Arc<dyn HttpClient>);

#[async_trait]
impl HttpClient for Shared {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.0.execute(request).await
    }
}

/// Hands messages to the host. The client tells WhatsApp that they arrived only when this has returned.
struct Receiving {
    host: Arc<dyn Host>,
    store: Arc<Store>,
}

#[async_trait]
impl InboundDurabilityHook for Receiving {
    async fn on_messages(
        &self,
        client: Arc<Client>,
        batch: &[InboundMessage],
    ) -> anyhow::Result<()> {
        let me = Me::of(&client);
        let messages = batch.iter().filter_map(|message| Arrived::of(&me, message));
        let mut messages: Vec<Arrived> = messages.collect();
        for message in &mut messages {
            complete(&client, &mut message.person).await;
            groups::check_admin(&client, message).await;
        }
        if messages.is_empty() {
            return Ok(());
        }
        self.host.receive(self.store.holder(), messages).await
    }
}

/// A client of an account, not connected yet. With a phone number it asks for a code to be typed there.
pub(crate) async fn build(
    line: &Line,
    host: &Arc<dyn Host>,
    store: &Arc<Store>,
    code_for: Option<&str>,
) -> anyhow::Result<Bot> {
    let mut transport = TokioWebSocketTransportFactory::new();
    if let Some(url) = &line.url {
        transport = transport.with_url(url);
    }
    let props = DevicePropsOverride::new()
        .with_os(DEVICE_NAME)
        // Phones show a picture by it, and "unknown" without.
        .with_platform_type(PlatformType::CHROME);
    let receiving = Receiving {
        host: Arc::clone(host),
        store: Arc::clone(store),
    };
    let backend: Arc<dyn Backend> = store.clone();
    let mut builder = Bot::builder()
        .with_backend_arc(backend)
        .with_transport_factory(transport)
        .with_http_client(Shared(line.files()))
        .with_device_props(props)
        .with_inbound_durability_hook(receiving);
    if let Some(version) = line.version {
        builder = builder.with_version(version);
    }
    if let Some(phone) = code_for {
        builder = builder.with_pair_code(PairCodeOptions {
            phone_number: phone.to_owned(),
            ..PairCodeOptions::default()
        });
    }
    Ok(builder.build().await?)
}

/// Starts a client.
pub(crate) fn start(bot: Bot) -> BotHandle {
    bot.spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let pace = Pace::default();
        let seconds: Vec<u64> = [1, 2, 3, 8, 9, 99]
            .map(|failures| pace.pause(failures).as_secs())
            .to_vec();
        assert_eq!(seconds, [2, 4, 8, 256, 300, 300]);
    }
}
