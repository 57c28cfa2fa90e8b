//! Pictures of those who write to linked devices: asked for once somebody is seen first, and again when WhatsApp says that they have another one; slowly,
//! one after another, since WhatsApp has no love for those who collect pictures. One task for each supervisor of this node; what is to be fetched is in the
//! database, so a restart or another node goes on with it.

use std::{collections::HashSet, time::Duration};

use hoopoe_db::{
    DbResult, Millis,
    linked::{self, Holder, Known},
    pictures::{self, Due, Picture, Wanted},
};
use hoopoe_linked::{About, FetchError, Person, Picture as Told};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{ids, runs::Run};
use crate::{app::App, media};

/// What waits to be looked at; what is more is seen again.
const QUEUE: usize = 256;

/// Between one picture and the next: this long, and up to as long again.
const PAUSE: Duration = Duration::from_secs(3);

/// How long a picture that could not be fetched is left alone: after the first failure, the second, … After the last it is left until something is heard of it.
const RETRY_MS: [Millis; 4] = [60_000, 10 * 60_000, 60 * 60_000, 24 * 60 * 60_000];

/// Of how many it is remembered that they were seen.
const MOST_SEEN: usize = 10_000;

/// What the task is told.
#[derive(Debug)]
pub(super) enum Seen {
    /// Somebody wrote in a chat; the other side, unless it is a group.
    Chat(String, Person),
    /// Something may be due.
    Due,
}

/// Where others tell the task.
pub(super) type Eye = mpsc::Sender<Seen>;

pub(super) fn channel() -> (Eye, mpsc::Receiver<Seen>) {
    mpsc::channel(QUEUE)
}

/// Tells the task; what is too much is not seen.
pub(super) fn tell(eye: &Eye, seen: Seen) {
    if eye.try_send(seen).is_err() {
        tracing::debug!("more people than can be looked at");
    }
}

async fn find(
    app: &App,
    holder: &Holder,
    address: &str,
    person: &Person,
) -> DbResult<Option<Known>> {
    let (tenant_id, account_id) = (&holder.tenant_id, &holder.account_id);
    let keys = ids::keys(address, person);
    linked::find_known(&app.db, tenant_id, account_id, &keys).await
}

/// Takes in that people have other pictures, or none. Returns whether any is to be fetched.
pub(super) async fn hear(app: &App, holder: &Holder, news: &[About]) -> anyhow::Result<bool> {
    let mut is_due = false;
    for about in news {
        let Some(told) = &about.picture else { continue };
        let address = about.group.clone().or_else(|| about.person.address());
        let Some(address) = address else { continue };
        // Who never wrote is nobody here yet.
        let Some(known) = find(app, holder, &address, &about.person).await? else {
            continue;
        };
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        match told {
            Told::Removed => {
                pictures::remove(&mut tx, &holder.tenant_id, &known.contact_id, now).await?;
            }
            Told::Changed(id) => {
                let wanted = wanted(holder, known, address);
                is_due |= pictures::want_other(&mut tx, &wanted, id, now).await?;
            }
        }
        app.commit(tx).await?;
    }
    Ok(is_due)
}

fn wanted(holder: &Holder, known: Known, address: String) -> Wanted {
    Wanted {
        tenant_id: holder.tenant_id.clone(),
        account_id: holder.account_id.clone(),
        contact_id: known.contact_id,
        address,
    }
}

/// Fetches what is due until the supervisor ends.
pub(super) async fn run(app: App, run: Run, holder: Holder, seen: mpsc::Receiver<Seen>) {
    let ended = run.ended.clone();
    let mut gallery = Gallery {
        app,
        run,
        holder,
        seen: HashSet::new(),
        not_before: Instant::now(),
    };
    ended.run_until_cancelled(gallery.follow(seen)).await;
}

struct Gallery {
    app: App,
    run: Run,
    holder: Holder,
    /// Addresses of those who were seen: nothing is asked of the database again.
    seen: HashSet<String>,
    not_before: Instant,
}

impl Gallery {
    async fn follow(&mut self, mut seen: mpsc::Receiver<Seen>) {
        let handle = self.run.handle.clone();
        let mut next = self.next().await;
        loop {
            let (due, when) = next
                .clone()
                .map_or((None, Instant::now()), |(due, when)| (Some(due), when));
            tokio::select! {
                told = seen.recv() => {
                    let is_due = match told {
                        None => return,
                        Some(Seen::Due) => true,
                        Some(Seen::Chat(chat, person)) => self.notice(chat, &person).await,
                    };
                    if is_due {
                        next = self.next().await;
                    }
                }
                () = async { sleep_until(when).await; handle.connected().await }, if due.is_some() => {
                    if let Some(due) = due {
                        self.fetch(&due).await;
                        self.not_before = Instant::now() + PAUSE + PAUSE.mul_f64(rand::random());
                    }
                    next = self.next().await;
                }
            }
        }
    }

    /// What is to be fetched next, and when.
    async fn next(&self) -> Option<(Due, Instant)> {
        let found = pictures::find_next(
            &self.app.db,
            &self.holder.tenant_id,
            &self.holder.account_id,
        );
        let due = match found.await {
            Ok(due) => due?,
            Err(error) => {
                tracing::debug!(%error, "it is not known which pictures are to be fetched");
                return None;
            }
        };
        let left = due.due_at.saturating_sub(self.app.clock.now());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        let when = (Instant::now() + left).max(self.not_before);
        Some((due, when))
    }

    /// Somebody was seen. Whether their picture is to be fetched.
    async fn notice(&mut self, chat: String, person: &Person) -> bool {
        if self.seen.contains(&chat) {
            return false;
        }
        match self.want(&chat, person).await {
            Ok(is_due) => {
                if self.seen.len() >= MOST_SEEN {
                    self.seen.clear();
                }
                self.seen.insert(chat);
                is_due
            }
            Err(error) => {
                tracing::debug!(%error, "a picture is wanted when its owner is seen next");
                false
            }
        }
    }

    async fn want(&self, chat: &str, person: &Person) -> anyhow::Result<bool> {
        let known = find(&self.app, &self.holder, chat, person).await?;
        let Some(known) = known else {
            return Ok(false);
        };
        let now = self.app.clock.now();
        let wanted = wanted(&self.holder, known, chat.to_owned());
        let mut tx = self.app.db.begin().await?;
        let is_due = pictures::want(&mut tx, std::slice::from_ref(&wanted), now).await?;
        self.app.commit(tx).await?;
        Ok(is_due)
    }

    async fn fetch(&self, due: &Due) {
        let fetched = match self.run.handle.profile_picture(&due.address).await {
            Ok(None) => self.settle(due, None).await,
            Ok(Some(found)) => self.keep(due, &found.id, &found.bytes).await,
            Err(FetchError::NotConnected) => Err(anyhow::anyhow!("WhatsApp is out of reach")),
            Err(error) => {
                tracing::info!(%error, "a picture is none that could be shown");
                self.settle(due, None).await
            }
        };
        let Err(error) = fetched else { return };
        tracing::debug!(
            error = format!("{error:#}"),
            "a picture could not be fetched"
        );
        let now = self.app.clock.now();
        let tried = usize::try_from(due.attempts).unwrap_or(RETRY_MS.len());
        let until = RETRY_MS.get(tried).map(|pause| now + pause);
        if let Err(error) = pictures::postpone(&self.app.db, due, until, now).await {
            tracing::debug!(%error, "a picture is asked for again");
        }
    }

    async fn keep(&self, due: &Due, id: &str, content: &[u8]) -> anyhow::Result<()> {
        let stored = media::keep_picture(&self.app, &due.tenant_id, content).await?;
        let picture = stored.map(|stored| Picture {
            id: id.to_owned(),
            sha256: stored.sha256,
            object_key: stored.object_key,
        });
        self.settle(due, picture.as_ref()).await
    }

    async fn settle(&self, due: &Due, found: Option<&Picture>) -> anyhow::Result<()> {
        let mut tx = self.app.db.begin().await?;
        pictures::settle(&mut tx, due, found, self.app.clock.now()).await?;
        self.app.commit(tx).await?;
        Ok(())
    }
}
