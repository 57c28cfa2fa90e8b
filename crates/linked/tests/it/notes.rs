//! The server around a supervisor, which notes what it is told; and how files are reached.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Context as _;
use async_trait::async_trait;
use hoopoe_db::{Millis, Tx, linked::Holder, model::Account, testing::NOW};
use hoopoe_linked::{About, Arrived, Content, Host, Offer, Presence, Receipt, Seal, Shown, Typing};
use tokio::sync::watch;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};

/// A server that notes what it is told.
#[derive(Debug)]
pub struct Notes {
    pub offer: watch::Sender<Option<Offer>>,
    pub committed: watch::Sender<usize>,
    pub arrived: Mutex<Vec<Arrived>>,
    pub receipts: Mutex<Vec<Receipt>>,
    pub people: Mutex<Vec<About>>,
    pub history: Mutex<Vec<(Option<i64>, Option<i64>)>>,
    pub typing: Mutex<Vec<Typing>>,
    pub presence: Mutex<Vec<Presence>>,
    pub refused: watch::Sender<usize>,
    /// Whether storing messages fails just now.
    pub failing: AtomicBool,
    /// Of which chat it fails.
    pub failing_chat: Mutex<Option<String>>,
}

/// Seals by turning the text into numbers: enough to show what is sealed and where to. The server's own way is tested there.
impl Seal for Notes {
    fn seal(&self, place: &str, plain: &[u8]) -> anyhow::Result<String> {
        Ok(format!("{place}|{}", hex::encode(plain)))
    }

    fn open(&self, place: &str, sealed: &str) -> anyhow::Result<Vec<u8>> {
        let rest = sealed.strip_prefix(place).context("sealed elsewhere")?;
        Ok(hex::decode(
            rest.strip_prefix('|').context("sealed elsewhere")?,
        )?)
    }
}

#[async_trait]
impl Host for Notes {
    fn now(&self) -> Millis {
        NOW
    }

    async fn commit(&self, tx: Tx) -> anyhow::Result<()> {
        tx.commit(NOW).await?;
        self.committed.send_modify(|commits| *commits += 1);
        Ok(())
    }

    fn show(&self, _: &Holder, offer: Option<&Offer>) {
        self.offer.send_replace(offer.cloned());
    }

    async fn receive(&self, _: &Holder, messages: Vec<Arrived>) -> anyhow::Result<()> {
        let chat = self.failing_chat.lock().unwrap().clone();
        let failing = self.failing.load(Ordering::SeqCst)
            || chat.is_some_and(|chat| messages.iter().any(|message| message.chat == chat));
        if !failing {
            self.arrived.lock().unwrap().extend(messages);
        }
        self.committed.send_modify(|commits| *commits += 1);
        if failing {
            self.refused.send_modify(|refused| *refused += 1);
            anyhow::bail!("the database is away");
        }
        Ok(())
    }

    async fn receipts(&self, _: &Holder, receipts: Vec<Receipt>) -> anyhow::Result<()> {
        if self.failing.load(Ordering::SeqCst) {
            self.refused.send_modify(|refused| *refused += 1);
            anyhow::bail!("the database is away");
        }
        self.note(&self.receipts, receipts);
        Ok(())
    }

    async fn people(&self, _: &Holder, news: Vec<About>) -> anyhow::Result<()> {
        self.note(&self.people, news);
        Ok(())
    }

    fn history(&self, _: &Holder, account: &Account) {
        let far = (account.history_percent, account.history_conversations);
        self.note(&self.history, vec![far]);
    }

    fn typing(&self, _: &Holder, typing: Typing) {
        self.note(&self.typing, vec![typing]);
    }

    fn presence(&self, _: &Holder, presence: Presence) {
        self.note(&self.presence, vec![presence]);
    }
}

impl Notes {
    pub fn new() -> Self {
        Self {
            offer: watch::channel(None).0,
            committed: watch::channel(0).0,
            arrived: Mutex::default(),
            receipts: Mutex::default(),
            people: Mutex::default(),
            history: Mutex::default(),
            typing: Mutex::default(),
            presence: Mutex::default(),
            refused: watch::channel(0).0,
            failing: AtomicBool::new(false),
            failing_chat: Mutex::default(),
        }
    }

    /// Forgets what it was told.
    pub fn forget(&self) {
        self.arrived.lock().unwrap().clear();
        self.people.lock().unwrap().clear();
    }

    fn note<T>(&self, place: &Mutex<Vec<T>>, news: Vec<T>) {
        place.lock().unwrap().extend(news);
        self.committed.send_modify(|commits| *commits += 1);
    }
}

/// Reaches the mock's files.
pub struct Web(pub reqwest::Client);

#[async_trait]
impl HttpClient for Web {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        assert!(
            request.url.starts_with("http://"),
            "the mock has no TLS: {}",
            request.url
        );
        let method = request.method.parse()?;
        let body = request.body.unwrap_or_default();
        let response = self
            .0
            .request(method, request.url)
            .body(body)
            .send()
            .await?;
        Ok(HttpResponse {
            status_code: response.status().as_u16(),
            body: response.bytes().await?.to_vec(),
        })
    }
}

/// What a message shows.
pub fn shown(arrived: &Arrived) -> &Shown {
    match &arrived.content {
        Content::Shown(shown) => shown,
        other => panic!("nothing to show, but {other:?}"),
    }
}

/// The words of a message.
pub fn text(arrived: &Arrived) -> &str {
    shown(arrived).text.as_deref().unwrap_or_default()
}
