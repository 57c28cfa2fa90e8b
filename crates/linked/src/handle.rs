//! What can be done with an account's connection while there is one: send, mark as read; in `seeing` who looks and types, in `fetching` files. Cheap to
//! clone; got from a [`Supervisor`](crate::Supervisor) before it runs, and good as long as it does.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hoopoe_db::Millis;
use tokio::sync::{oneshot, watch};
use whatsapp_rust::{
    Client, IqError, Jid, SendError as ClientSendError, SendOptions,
    client::ClientError,
    http::HttpClient,
    wacore::types::{events::ServerAck, message::AddressingMode},
    wacore_binary::jid::JidExt as _,
};

use crate::{Outgoing, Person, content::bounds, outgoing, person::Me, refusal};

/// How many messages one receipt names.
const READ_AT_ONCE: usize = 256;

/// WhatsApp has a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// When it took it, by its clock. Unix milliseconds.
    pub at: Option<Millis>,
}

/// Why a message is not known to be with WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no connection, or it was lost before anything went out. Trying again later is right.
    #[error("the account is not connected")]
    NotConnected,
    /// WhatsApp refused it, or would. Trying again as it is brings the same, but for the codes 420, 421, 429 and 5xx.
    #[error("{reason}")]
    Refused {
        /// WhatsApp's code; 0 where there is none.
        code: u16,
        /// In words.
        reason: String,
    },
    /// It may have gone out: no answer came. A later [`Receipt`](crate::Receipt) may tell. Sending it again with the same id is harmless: phones
    /// show it once.
    #[error("WhatsApp did not answer")]
    Unknown,
}

impl SendError {
    /// It can't be sent, which needs no asking.
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Refused {
            code: 0,
            reason: reason.into(),
        }
    }
}

/// What WhatsApp's server said of a message.
#[derive(Debug)]
enum Verdict {
    Taken(Option<Millis>),
    Refused(u16, String),
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// WhatsApp's answer to a message.
    pub answer: Duration,
    /// All that precedes it: files, keys.
    pub preparation: Duration,
}

/// The connection, while there is one.
#[derive(Clone, Default)]
struct Connection {
    /// Rises with each.
    number: u64,
    client: Option<Arc<Client>>,
}

/// What a handle and its session share.
pub(crate) struct Desk {
    line: watch::Sender<Connection>,
    /// Who waits for WhatsApp's answer, by the message's id.
    waiting: Mutex<HashMap<String, oneshot::Sender<Verdict>>>,
    pub http: Arc<dyn HttpClient>,
    pub patience: Patience,
    /// Whether somebody looks at the account.
    seen: AtomicBool,
}

impl Desk {
    pub(crate) fn new(http: Arc<dyn HttpClient>, patience: Patience) -> Self {
        Self {
            line: watch::channel(Connection::default()).0,
            waiting: Mutex::default(),
            http,
            patience,
            seen: AtomicBool::new(false),
        }
    }

    /// There is a connection.
    pub(crate) fn open(&self, client: &Arc<Client>) {
        self.line.send_modify(|line| {
            line.number += 1;
            line.client = Some(Arc::clone(client));
        });
    }

    /// There is none: nobody will answer who was asked over it.
    pub(crate) fn close(&self) {
        self.line.send_modify(|line| line.client = None);
        self.waiting().clear();
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    pub(crate) fn set_seen(&self, seen: bool) {
        self.seen.store(seen, Ordering::Relaxed);
    }

    /// WhatsApp has answered.
    pub(crate) fn answer(&self, ack: &ServerAck) {
        if ack.class.as_deref() != Some("message") {
            return;
        }
        let Some(waiting) = self.waiting().remove(&ack.id) else {
            return;
        };
        let verdict = match refusal::of(ack) {
            None => Verdict::Taken(ack.timestamp.map(|at| at.timestamp_millis())),
            Some((code, reason)) => Verdict::Refused(code, reason),
        };
        // Who waited may have given up.
        let _ = waiting.send(verdict);
    }

    /// A receipt of a phone shows as well that WhatsApp has a message.
    pub(crate) fn prove(&self, ids: &[String]) {
        let mut waiting = self.waiting();
        for id in ids {
            if let Some(waiting) = waiting.remove(id) {
                let _ = waiting.send(Verdict::Taken(None));
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Verdict>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An account's connection.
#[derive(Clone)]
pub struct Handle(pub(crate) Arc<Desk>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

/// Takes back that somebody waits, however the waiting ends.
struct Waiting<'a>(&'a Desk, &'a str);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting().remove(self.1);
    }
}

impl Handle {
    /// Whether there is a connection just now.
    pub fn is_connected(&self) -> bool {
        self.0.line.borrow().client.is_some()
    }

    /// Waits until there is a connection. It never ends where there will be none.
    pub async fn connected(&self) {
        self.connection_after(0).await;
    }

    /// Waits until there is a connection that came after one of this number (the first is 1); its number. It never ends where there will be none.
    pub async fn connection_after(&self, number: u64) -> u64 {
        let mut line = self.0.line.subscribe();
        let is_next = |line: &Connection| line.client.is_some() && line.number > number;
        let found = line.wait_for(is_next).await;
        // The sender lives as long as this.
        found.map_or(number, |line| line.number)
    }

    /// Waits until there is no connection.
    pub async fn disconnected(&self) {
        let mut line = self.0.line.subscribe();
        let _ = line.wait_for(|line| line.client.is_none()).await;
    }

    pub(crate) fn client(&self) -> Option<Arc<Client>> {
        self.0.line.borrow().client.clone()
    }

    /// Sends a message under an id of ours, and waits until WhatsApp has taken or refused it. Files are uploaded before. Sending the same
    /// again with the same id does no harm.
    ///
    /// The id has to be unique among the account's messages: 16 to 32 capital hexadecimal digits look like WhatsApp's own.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, id: &str, chat: &str, message: Outgoing) -> Result<Sent, SendError> {
        let client = self.client().ok_or(SendError::NotConnected)?;
        let to = address(chat)?;
        let id = bounds::id(id).ok_or_else(|| SendError::invalid("The message's id is none."))?;
        let me = Me::of(&client);
        let preparing = outgoing::prepare(&client, &me, &to, message);
        let prepared = tokio::time::timeout(self.0.patience.preparation, preparing).await;
        let prepared = prepared.map_err(|_| SendError::NotConnected)??;
        let (answer, verdict) = oneshot::channel();
        self.0.waiting().insert(id.clone(), answer);
        let _waiting = Waiting(&self.0, &id);
        let options = SendOptions::default().with_message_id(id.clone());
        let sending = client.send_message_with_options(to, prepared, options);
        match tokio::time::timeout(self.0.patience.preparation, sending).await {
            Err(_) => return Err(SendError::Unknown),
            Ok(Err(error)) => return Err(failure(&error)),
            Ok(Ok(_)) => {}
        }
        match tokio::time::timeout(self.0.patience.answer, verdict).await {
            Ok(Ok(Verdict::Taken(at))) => Ok(Sent { at }),
            Ok(Ok(Verdict::Refused(code, reason))) => Err(SendError::Refused { code, reason }),
            // No answer, or the connection broke.
            Ok(Err(_)) | Err(_) => Err(SendError::Unknown),
        }
    }

    /// Tells the sender that messages were read, and the phone. In a group all of them have to be of one author.
    ///
    /// # Errors
    /// [`SendError::NotConnected`], or that something is no address.
    pub async fn mark_read(
        &self,
        chat: &str,
        author: Option<&Person>,
        ids: &[String],
    ) -> Result<(), SendError> {
        let client = self.client().ok_or(SendError::NotConnected)?;
        let chat = address(chat)?;
        let author = match author {
            Some(author) if chat.is_group() => {
                let by_lid = is_by_lid(&client, &chat).await;
                author.jid(by_lid)
            }
            _ => None,
        };
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        for ids in ids.chunks(READ_AT_ONCE) {
            let told = client.mark_as_read(&chat, author.as_ref(), ids).await;
            told.map_err(|_| SendError::NotConnected)?;
        }
        Ok(())
    }

    /// Ends the link, as far as that can be told now: the phone lists the companion no more. The account's keys are worth nothing then.
    pub async fn unlink(&self) {
        if let Some(client) = self.client()
            && tokio::time::timeout(self.0.patience.answer, client.logout())
                .await
                .is_err()
        {
            tracing::info!("WhatsApp did not take note of the end of a link in time");
        }
    }
}

/// The address of a chat that can be written to.
pub(crate) fn address(chat: &str) -> Result<Jid, SendError> {
    let jid: Option<Jid> = chat.parse().ok();
    let jid = jid.filter(|jid| jid.is_group() || !Person::of([jid]).is_unknown());
    let jid = jid.ok_or_else(|| SendError::invalid("This is no address of a chat."))?;
    Ok(jid.to_non_ad())
}

/// Whether a chat's members go by their LIDs.
pub(crate) async fn is_by_lid(client: &Client, chat: &Jid) -> bool {
    if !chat.is_group() {
        return chat.is_lid();
    }
    let group = client.groups().query_info(chat).await;
    group.is_ok_and(|group| group.addressing_mode == AddressingMode::Lid)
}

/// What became of a message that the client could not send.
fn failure(error: &ClientSendError) -> SendError {
    match error {
        ClientSendError::InvalidRequest(reason) => SendError::invalid(reason),
        ClientSendError::NotLoggedIn
        | ClientSendError::Client(ClientError::NotConnected | ClientError::NotLoggedIn) => {
            SendError::NotConnected
        }
        // Asked before the message goes out: who is there, with which keys.
        ClientSendError::Iq(IqError::ServerError { code, .. }) => SendError::Refused {
            code: *code,
            reason: refusal::reason(*code),
        },
        ClientSendError::Iq(_) => SendError::NotConnected,
        _ => {
            tracing::info!(%error, "a message may have been sent");
            SendError::Unknown
        }
    }
}
