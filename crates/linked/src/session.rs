//! One run of the client: from its start to whatever ends it. What it learns is noted as it goes; what is to be done next is the supervisor's.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hoopoe_db::{
    DbError, Millis,
    linked::{self, Linked},
    model::AccountState,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};
use tokio_util::sync::CancellationToken;
use whatsapp_rust::{
    Client, NodeFilter,
    async_channel::Receiver,
    bot::BotHandle,
    wacore::{
        iq::keepalive::KeepaliveSpec,
        types::events::{
            ChannelEventHandler, Event, EventInterest, EventKind, PairSuccess, Subscription,
        },
    },
};

use crate::{
    Offer, client,
    ends::End,
    handle::Desk,
    history,
    listening::{self, Ear, News},
    pairing::{Way, phone_of},
    supervisor::Parts,
};

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was told to, or the account is another node's by now.
    Stopped,
    /// WhatsApp wants it so, until a person acts.
    Ended(End),
    /// Nothing came of the link; in words.
    NotLinked(String),
    /// It is to be tried again; in words.
    Lost(String),
}

/// What the run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A connection, until then.
    Connection(Instant),
    /// Somebody with the phone, until then, where there is an end to it.
    Owner(Option<Instant>),
    /// Nothing: it is connected.
    Nothing,
}

/// The words of the client that are listened to. Messages come by the hook.
const WORDS: &[EventKind] = &[
    EventKind::Connected,
    EventKind::Disconnected,
    EventKind::PairSuccess,
    EventKind::PairError,
    EventKind::LoggedOut,
    EventKind::PairingQrCode,
    EventKind::PairingCode,
    EventKind::PairingCodeError,
    EventKind::PairingQrCodesExhausted,
    EventKind::QrScannedWithoutMultidevice,
    EventKind::ClientOutdated,
    EventKind::StreamReplaced,
    EventKind::TemporaryBan,
    EventKind::ConnectFailure,
    EventKind::PairPasskeyRequest,
    EventKind::PairPasskeyError,
];

/// One run.
pub(crate) struct Session<'a> {
    parts: &'a Parts,
    client: Arc<Client>,
    events: Receiver<Arc<Event>>,
    /// How it is being linked, until it is.
    linking: Option<Way>,
    phase: Phase,
    /// Whether it was connected at any time: then a loss is a first failure.
    worked: bool,
    /// When the client last heard of WhatsApp, by its own clock.
    heard: u64,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub outcome: Outcome,
    /// Whether the account was linked, at the end.
    pub linked: bool,
    /// Whether it was connected meanwhile.
    pub worked: bool,
}

/// Runs a client until something ends it.
pub(crate) async fn run(parts: &Parts, linking: Option<Way>, stop: &CancellationToken) -> Run {
    let code_for = match &linking {
        Some(Way::Code(phone)) => Some(phone.as_str()),
        _ => None,
    };
    let bot = match client::build(&parts.line, &parts.host, &parts.store, code_for).await {
        Ok(bot) => bot,
        Err(error) => {
            let reason = format!("The link could not be started: {error:#}.");
            return Run {
                outcome: Outcome::Lost(reason),
                linked: linking.is_none(),
                worked: false,
            };
        }
    };
    let (handler, events) = ChannelEventHandler::new();
    bot.client()
        .subscribe(EventInterest::of(WORDS), handler)
        .detach();
    let (ear, news) = Ear::new(Arc::clone(&parts.desk));
    let hearing = bot.client().subscribe(Ear::interest(), ear);
    let running = client::start(bot);
    let quiet = tokio::spawn(stay_unseen(running.client(), Arc::clone(&parts.desk)));
    let mut session = Session {
        parts,
        client: running.client(),
        events,
        linking,
        phase: Phase::Connection(Instant::now() + parts.pace.connect_timeout),
        worked: false,
        heard: 0,
    };
    let accompanied = accompany(&mut session, stop, running, (hearing, news));
    let outcome = Box::pin(accompanied).await;
    end(quiet).await;
    let (linked, worked) = (session.linking.is_none(), session.worked);
    Run {
        outcome,
        linked,
        worked,
    }
}

/// Watches over the connection, and passes on what is heard over it, until something ends it.
async fn accompany(
    session: &mut Session<'_>,
    stop: &CancellationToken,
    running: BotHandle,
    (hearing, news): (Subscription, News),
) -> Outcome {
    let (parts, client) = (session.parts, Arc::clone(&session.client));
    let listening = listening::listen(parts, &client, news.queue);
    let following = async {
        history::follow(parts, &client, news.slow).await;
        std::future::pending::<Infallible>().await
    };
    let watching = async {
        let outcome = session.watch(stop).await;
        parts.desk.close();
        running.shutdown().await;
        // Nobody tells anything any more: what was told is noted, then the listener ends.
        hearing.unsubscribe();
        outcome
    };
    tokio::select! {
        (outcome, ()) = async { tokio::join!(watching, listening) } => outcome,
        never = following => match never {},
    }
}

async fn end(task: JoinHandle<()>) {
    task.abort();
    // Cancelled is what it is to be.
    let _ = task.await;
}

/// The client says that it is looked at whenever it connects or learns its name, and the phone then keeps silent about new messages. So it is taken
/// back each time.
async fn stay_unseen(client: Arc<Client>, desk: Arc<Desk>) {
    let presence = || NodeFilter::tag("presence").attr("type", "available");
    let mut said = client.wait_for_sent_node(presence());
    loop {
        let heard = said.await;
        said = client.wait_for_sent_node(presence());
        // Whoever waits is sent away when a connection ends, and has to wait anew.
        if heard.is_err() {
            continue;
        }
        // It is being sent just now: an answer to a question behind it shows that it went first.
        let ping = KeepaliveSpec::with_timeout(Duration::from_secs(20));
        let answered = client.execute(ping).await.is_ok();
        if answered
            && !desk.is_seen()
            && let Err(error) = client.presence().set_unavailable().await
        {
            tracing::debug!(%error, "presence could not be taken back");
        }
    }
}

impl Session<'_> {
    async fn watch(&mut self, stop: &CancellationToken) -> Outcome {
        let every = self.parts.pace.probe_every;
        let mut probes = interval_at(Instant::now() + every, every);
        probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let deadline = match self.phase {
                Phase::Connection(until) => Some(until),
                Phase::Owner(until) => until,
                Phase::Nothing => None,
            };
            let ended = tokio::select! {
                () = stop.cancelled() => Some(Outcome::Stopped),
                event = self.events.recv() => match event {
                    Ok(event) => self.heed(&event).await,
                    Err(_) => Some(Outcome::Lost("The client ended.".to_owned())),
                },
                () = at(deadline), if deadline.is_some() => Some(self.too_late()),
                _ = probes.tick(), if self.phase == Phase::Nothing => self.probe().await,
            };
            if let Some(outcome) = ended {
                return outcome;
            }
        }
    }

    fn too_late(&self) -> Outcome {
        match (self.phase, &self.linking) {
            (Phase::Owner(_), _) => {
                Outcome::NotLinked("Nobody answered on the phone in time. Start again.".to_owned())
            }
            (_, Some(_)) => Outcome::NotLinked("WhatsApp could not be reached in time.".to_owned()),
            (_, None) => Outcome::Lost("WhatsApp could not be reached in time.".to_owned()),
        }
    }

    /// Does what an event asks for; `Some` where it ends the run.
    async fn heed(&mut self, event: &Event) -> Option<Outcome> {
        if let Some(end) = End::of(event) {
            return Some(Outcome::Ended(end));
        }
        if let Some(way) = &self.linking {
            if let Some(reason) = way.failure(event) {
                return Some(Outcome::NotLinked(reason));
            }
            if let Some(offer) = way.offer(event, self.parts.host.now()) {
                self.show(&offer).await;
                return None;
            }
        }
        match event {
            Event::PairPasskeyRequest(_) => {
                let reason = "The phone asks for its passkey. Confirm it there.";
                let time = self.parts.pace.passkey_timeout;
                let until =
                    self.parts.host.now() + Millis::try_from(time.as_millis()).unwrap_or_default();
                self.wait_for_owner(time);
                self.parts.set(AccountState::NeedsQr, Some(reason)).await;
                let holder = self.parts.store.holder();
                self.parts
                    .host
                    .show(holder, Some(&Offer::Passkey { until }));
                None
            }
            Event::PairSuccess(success) => self.link(success).await,
            Event::Connected(_) => {
                self.phase = Phase::Nothing;
                self.worked = true;
                self.parts.desk.open(&self.client);
                self.parts.set(AccountState::Connected, None).await;
                None
            }
            Event::Disconnected(_) => {
                self.parts.desk.close();
                self.wait_for_connection();
                let reason = "The connection broke and is being restored.";
                let state = AccountState::Disconnected;
                self.parts.set(state, Some(reason)).await;
                None
            }
            _ => None,
        }
    }

    /// The codes of a QR follow one another and end by themselves; a typed one has an end.
    async fn show(&mut self, offer: &Offer) {
        self.phase = match offer {
            Offer::Qr { .. } => Phase::Owner(None),
            Offer::Code { until, .. } | Offer::Passkey { until } => {
                let left = until.saturating_sub(self.parts.host.now());
                let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
                Phase::Owner(Some(Instant::now() + left))
            }
        };
        self.parts.set(AccountState::NeedsQr, None).await;
        self.parts.host.show(self.parts.store.holder(), Some(offer));
    }

    fn wait_for_connection(&mut self) {
        self.phase = Phase::Connection(Instant::now() + self.parts.pace.connect_timeout);
    }

    fn wait_for_owner(&mut self, time: Duration) {
        self.phase = Phase::Owner(Some(Instant::now() + time));
    }

    /// The phone has agreed. An account stays the phone that it was: its conversations are that one's.
    async fn link(&mut self, success: &PairSuccess) -> Option<Outcome> {
        let holder = self.parts.store.holder();
        self.parts.host.show(holder, None);
        match self.note_link(success).await {
            Ok(Linked::Yes { .. }) => {
                self.linking = None;
                self.wait_for_connection();
                self.parts.set(AccountState::Connecting, None).await;
                None
            }
            Ok(Linked::OtherPhone { phone }) => {
                self.client.logout().await;
                Some(Outcome::NotLinked(format!(
                    "This account is {phone}, but another phone was linked. Link that one, or add an account for the other phone."
                )))
            }
            // The account is another node's by now.
            Err(error) if matches!(error.downcast_ref(), Some(DbError::NotFound)) => {
                Some(Outcome::Stopped)
            }
            Err(error) => {
                tracing::warn!(%error, account = %holder.account_id, "a link could not be noted");
                self.client.logout().await;
                let reason = "The link could not be stored. Start again.";
                Some(Outcome::NotLinked(reason.to_owned()))
            }
        }
    }

    async fn note_link(&self, success: &PairSuccess) -> anyhow::Result<Linked> {
        let (phone, device) = (phone_of(&success.id), success.id.to_string());
        let now = self.parts.host.now();
        let mut tx = self.parts.db.begin().await?;
        let linked = linked::link(&mut tx, self.parts.store.holder(), &phone, &device, now).await?;
        self.parts.host.commit(tx).await?;
        Ok(linked)
    }

    /// Whether WhatsApp is there: heard of since the last look, or it answers now. What the socket says counts for nothing.
    async fn probe(&mut self) -> Option<Outcome> {
        let heard = self.client.stats().last_data_received_ms;
        if heard == self.heard {
            let ping = KeepaliveSpec::with_timeout(self.parts.pace.probe_timeout);
            if let Err(error) = self.client.execute(ping).await {
                tracing::info!(%error, account = %self.parts.store.holder().account_id, "WhatsApp does not answer");
                let reason = "WhatsApp did not answer any more. The connection is being restored.";
                return Some(Outcome::Lost(reason.to_owned()));
            }
        }
        self.heard = self.client.stats().last_data_received_ms;
        self.parts.note_traffic().await;
        None
    }
}

/// Waits until then; for ever where there is no end.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
