//! One attempt: the file first, where there is one; then the message; and what follows from the answer.

use std::sync::Arc;

use hoopoe_cloud_api::graph::{GraphClient, SendError};
use hoopoe_db::{
    DbError, DbResult, Millis, accounts,
    accounts::ProviderAccess,
    ids::{AccountId, TenantId},
    outbox::{self, Due, Ended, Job, Outcome},
    uploads,
};
use tokio::sync::mpsc;

use super::{
    alias, files, linked,
    payload::{self, Payload},
    settle::{Learned, Settled},
    verdict::{self, Failure, Lesson},
};
use crate::app::App;

/// How long an attempt may be under way before it counts as lost: longer than an answer is waited for. Milliseconds.
pub(super) const SENDING_LEASE_MS: Millis = 60_000;

/// As whom, and where.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub graph: GraphClient,
    pub token: String,
    pub phone_number_id: String,
}

impl Line {
    /// How the account reaches the provider, or why it can't.
    fn open(app: &App, account_id: &AccountId, access: &ProviderAccess) -> Result<Self, String> {
        let sealed = access.access_token.as_deref();
        let sealed =
            sealed.ok_or("The account has no access token: an administrator must enter one.")?;
        let number = access.phone_number_id.clone();
        let phone_number_id = number.ok_or("The account has no phone number id.")?;
        let place = crate::accounts::access_token_place(account_id);
        let token = app.secrets.open_text(&place, sealed).map_err(|error| {
            tracing::error!(%error, account = %account_id, "an access token can't be opened");
            "The account's access token can't be read: an administrator must enter it anew."
                .to_owned()
        })?;
        let settings = &app.config.graph;
        let url = access.graph_url.as_deref().unwrap_or(&settings.url);
        let graph = app.media.graph(url, &settings.version);
        let graph = graph.map_err(|error| error.to_string())?;
        Ok(Self {
            graph,
            token,
            phone_number_id,
        })
    }

    /// As [`open`](Self::open), reading the account first. `None` where it was removed.
    pub(crate) async fn find(
        app: &App,
        tenant_id: &TenantId,
        account_id: &AccountId,
    ) -> DbResult<Option<(ProviderAccess, Result<Arc<Self>, String>)>> {
        match accounts::get_provider_access(&app.db, tenant_id, account_id).await {
            Ok(access) => {
                let line = Self::open(app, account_id, &access).map(Arc::new);
                Ok(Some((access, line)))
            }
            Err(DbError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An attempt that is to be made.
pub(super) struct Attempt {
    pub app: App,
    /// It goes over the connection of a linked device.
    pub linked: bool,
    pub line: Result<Arc<Line>, String>,
    pub job: Job,
    pub due: Due,
}

/// A message that the provider took.
struct Taken {
    wamid: String,
    /// The number that it was sent to, and the one that the provider named for it, where that is another.
    named: Option<(String, String)>,
}

impl Attempt {
    /// Makes it, and hands over how it ended.
    pub(super) async fn run(
        self,
        settled: mpsc::Sender<Settled>,
        learned: mpsc::UnboundedSender<Learned>,
    ) {
        let result = self.perform().await;
        let now = self.app.clock.now();
        let (outcome, lesson, named) = match result {
            Ok(taken) => {
                let provider_id = taken.wamid;
                (
                    Outcome::Accepted { provider_id },
                    Lesson::Works,
                    taken.named,
                )
            }
            Err(failure) => {
                let (outcome, lesson) = self.judge(&failure, now).await;
                (outcome, lesson, None)
            }
        };
        metrics::counter!("hoopoe_send_attempts_total", "outcome" => word(&outcome)).increment(1);
        let Job {
            message_id,
            tenant_id,
            target_id,
            account_id,
            attempt,
            started_at,
            ..
        } = self.job;
        let whose = (tenant_id.clone(), account_id.clone());
        let ended = Ended {
            message_id,
            tenant_id,
            target_id,
            account_id,
            attempt,
            started_at,
            ended_at: now,
            outcome,
        };
        let settled = settled.send(Settled {
            ended,
            lesson,
            learned,
        });
        if settled.await.is_err() {
            // The lease runs out, and a status or a person settles it.
            tracing::warn!("an attempt ended after the server had stopped settling");
        }
        if let Some(named) = named {
            alias::learn(&self.app, (&whose.0, &whose.1), named).await;
        }
    }

    async fn judge(&self, failure: &Failure, now: Millis) -> (Outcome, Lesson) {
        let verdict = verdict::decide(failure, &self.job, &self.app.config.outbox, now);
        tracing::info!(message = %self.job.message_id, attempt = self.job.attempt, ?failure, "an attempt at sending failed");
        if verdict.forget_file
            && let Ok(payload) = serde_json::from_str::<Payload>(&self.job.payload)
            && let Some(file) = payload.file
        {
            let (tenant_id, account_id) = (&self.job.tenant_id, &self.job.account_id);
            let forgotten =
                uploads::forget_provider_media(&self.app.db, tenant_id, account_id, &file.sha256);
            if let Err(error) = forgotten.await {
                tracing::warn!(%error, "a provider's file could not be forgotten");
            }
        }
        (verdict.outcome, verdict.lesson)
    }

    async fn perform(&self) -> Result<Taken, Failure> {
        if self.linked {
            return self.perform_linked().await;
        }
        let line = self
            .line
            .as_ref()
            .map_err(|reason| Failure::Account(reason.clone()))?;
        let mut payload: Payload = serde_json::from_str(&self.job.payload)
            .map_err(|error| broken(&format!("The stored message can't be read: {error}")))?;
        let to = payload::recipient(self.due.reply_kind, &self.due.reply_value)
            .ok_or_else(|| broken("Nothing can be sent to this kind of address."))?;
        if let Some(file) = payload.file.take() {
            let id = files::bring(&self.app, line, &self.job, &file).await?;
            payload::put_file(&mut payload.message, &id);
        }
        if self.job.media_id.is_some() {
            self.begin().await?;
        }
        let callback = payload::callback(&self.job.message_id, self.job.attempt);
        let envelope = payload.envelope(to, callback);
        let to = envelope.to.clone();
        let sent = line
            .graph
            .send(&line.token, &line.phone_number_id, &envelope);
        let sent = sent.await.map_err(Failure::Send)?;
        Ok(Taken {
            named: alias::named(&to, sent.wa_id.as_deref()),
            wamid: sent.wamid,
        })
    }

    async fn perform_linked(&self) -> Result<Taken, Failure> {
        if self.job.media_id.is_some() {
            self.begin().await?;
        }
        let wamid = linked::send(&self.app, &self.job, &self.due).await?;
        Ok(Taken { wamid, named: None })
    }

    /// From here on the provider may get it.
    async fn begin(&self) -> Result<(), Failure> {
        let now = self.app.clock.now();
        match outbox::begin(&self.app.db, &self.job, now, now + SENDING_LEASE_MS).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::File {
                reason: "The file took too long to go up.".to_owned(),
                passes: true,
            }),
            Err(error) => {
                tracing::warn!(%error, "an attempt could not be begun");
                Err(Failure::File {
                    reason: "The database was not available.".to_owned(),
                    passes: true,
                })
            }
        }
    }
}

fn broken(reason: &str) -> Failure {
    Failure::File {
        reason: reason.to_owned(),
        passes: false,
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Refused(_) => "refused",
        Outcome::Later { .. } => "later",
        Outcome::Unknown { .. } => "unknown",
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}
