//! The supervisors of this node: at most one per account, started when the account was claimed, gone when it ends or the account is another's.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use hoopoe_db::{
    DbError, DbResult,
    ids::{AccountId, ConversationId, TenantId},
    linked::{self, Holder, Owned},
};
use hoopoe_linked::{Handle, Line, Pace, Start, Supervisor};
use tokio_util::sync::CancellationToken;

use super::{
    host::AppHost,
    http::Files,
    leases,
    live::{self, Heard, Mouth},
    pictures,
};
use crate::{app::App, media, outbox};

/// How long a supervisor may take to let go of its connection; then it is dropped.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How long somebody who gives an account up waits for the phone to hear of it.
const UNLINK_TIMEOUT: Duration = Duration::from_secs(5);

/// The version that is told to a server that is not WhatsApp's own, which has none to ask for.
const VERSION_ELSEWHERE: (u32, u32, u32) = (2, 3000, 1);

/// A supervisor at work.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// Tells it from the account's other ones, before and after.
    pub number: u64,
    pub owned: Owned,
    pub handle: Handle,
    live: Mouth,
    pub eye: pictures::Eye,
    stop: CancellationToken,
    pub ended: CancellationToken,
}

impl Run {
    /// Tells it to let go of its connection.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }
}

/// The supervisors that run.
pub(super) fn all(app: &App) -> Vec<Run> {
    let runs = app.linked.runs.lock();
    let runs = runs.unwrap_or_else(PoisonError::into_inner);
    runs.values().cloned().collect()
}

/// The connection of an account that this node has.
pub(crate) fn handle(app: &App, id: &AccountId) -> Option<Handle> {
    find(app, id).map(|run| run.handle)
}

/// Somebody began to look at a conversation of an account, on whichever node, or does no more.
pub(crate) fn look(app: &App, id: &AccountId, conversation_id: &ConversationId) {
    if let Some(run) = find(app, id) {
        live::tell(&run.live, Heard::Looked(conversation_id.clone()));
    }
}

/// Tells the phone that its account is given up, if it is connected here: otherwise it would list the companion for weeks.
pub(crate) async fn unlink(app: &App, id: &AccountId) {
    let Some(handle) = handle(app, id) else {
        return;
    };
    let told = tokio::time::timeout(UNLINK_TIMEOUT, handle.unlink());
    if told.await.is_err() {
        tracing::info!(account = %id, "the phone was not told that its account is given up");
    }
}

/// Whether another node has an account. What nobody has is anybody's.
pub(crate) async fn is_elsewhere(
    app: &App,
    tenant_id: &TenantId,
    id: &AccountId,
) -> DbResult<bool> {
    if find(app, id).is_some() {
        return Ok(false);
    }
    let device = linked::get_device(&app.db, tenant_id, id, app.clock.now()).await;
    match device {
        Ok(device) => Ok(device.claimed_by.is_some_and(|node| node != app.node_id)),
        Err(DbError::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

fn find(app: &App, id: &AccountId) -> Option<Run> {
    let runs = app.linked.runs.lock();
    let runs = runs.unwrap_or_else(PoisonError::into_inner);
    runs.get(id).cloned()
}

/// Claims an account and starts its supervisor; one that runs already ends before. Whether it could be claimed.
pub(super) async fn begin(app: &App, owned: Owned, start: Start) -> DbResult<bool> {
    let _turn = app.linked.turns.take(&owned.id).await;
    if let Some(run) = find(app, &owned.id) {
        end(&run).await;
    }
    claim(app, owned, start).await
}

/// Goes on with the link of an account that no node had a moment ago, unless that has changed.
pub(super) async fn resume(app: &App, owned: Owned) -> DbResult<bool> {
    let _turn = app.linked.turns.take(&owned.id).await;
    let now = app.clock.now();
    let device = linked::get_device(&app.db, &owned.tenant_id, &owned.id, now).await?;
    if find(app, &owned.id).is_some() || !device.is_kept() {
        return Ok(false);
    }
    claim(app, owned, Start::Resume).await
}

async fn claim(app: &App, owned: Owned, start: Start) -> DbResult<bool> {
    let holder = Holder {
        tenant_id: owned.tenant_id.clone(),
        account_id: owned.id.clone(),
        node_id: app.node_id.clone(),
    };
    let now = app.clock.now();
    if app.tasks.stopping().is_cancelled()
        || !linked::claim(&app.db, &holder, now, leases::until(app, now)).await?
    {
        return Ok(false);
    }
    outbox::take_over_account(app, &holder.tenant_id, &holder.account_id).await?;
    spawn(app, owned, holder, start);
    Ok(true)
}

async fn end(run: &Run) {
    run.stop();
    let ended = tokio::time::timeout(STOP_TIMEOUT * 2, run.ended.cancelled());
    if ended.await.is_err() {
        tracing::warn!(account = %run.owned.id, "a supervisor does not let go of its connection");
    }
}

fn spawn(app: &App, owned: Owned, holder: Holder, start: Start) {
    let (mouth, heard) = live::channel();
    let (eye, seen) = pictures::channel();
    let host = Arc::new(AppHost::new(app.clone(), mouth.clone(), eye.clone()));
    let supervisor = Supervisor::new(
        app.db.clone(),
        holder.clone(),
        host,
        line(app),
        Pace::default(),
    );
    let run = Run {
        number: app.linked.numbers.fetch_add(1, Ordering::Relaxed),
        owned,
        handle: supervisor.handle(),
        live: mouth,
        eye,
        stop: app.tasks.stopping().child_token(),
        ended: CancellationToken::new(),
    };
    let id = run.owned.id.clone();
    let runs = app.linked.runs.lock();
    runs.unwrap_or_else(PoisonError::into_inner)
        .insert(id, run.clone());
    let work = tokio::spawn(supervisor.run(start, run.stop.clone()));
    app.tasks.spawn(send_what_waits(app.clone(), run.clone()));
    app.tasks.spawn(live::run(app.clone(), run.clone(), heard));
    let gallery = pictures::run(app.clone(), run.clone(), holder.clone(), seen);
    app.tasks.spawn(gallery);
    app.tasks.spawn(watch(app.clone(), run, holder, work));
}

/// What was accepted for the account goes from here, once it is connected; and files that wait for the connection come.
async fn send_what_waits(app: App, run: Run) {
    let connected = run.ended.run_until_cancelled(run.handle.connected());
    if connected.await.is_some() {
        let (tenant_id, id) = (&run.owned.tenant_id, &run.owned.id);
        outbox::resume(&app, tenant_id, id);
        media::resume(&app, tenant_id, id).await;
    }
}

/// Cleans up after a supervisor, however it ended.
async fn watch(app: App, run: Run, holder: Holder, mut work: tokio::task::JoinHandle<()>) {
    let overdue = async {
        run.stop.cancelled().await;
        tokio::time::sleep(STOP_TIMEOUT).await;
    };
    tokio::select! {
        ended = &mut work => if let Err(error) = ended {
            tracing::error!(%error, account = %holder.account_id, "a supervisor failed; the account is connected anew");
            release(&app, &holder).await;
        },
        () = overdue => {
            work.abort();
            release(&app, &holder).await;
        }
    }
    let runs = app.linked.runs.lock();
    let mut runs = runs.unwrap_or_else(PoisonError::into_inner);
    if runs
        .get(&holder.account_id)
        .is_some_and(|now| now.number == run.number)
    {
        runs.remove(&holder.account_id);
    }
    drop(runs);
    run.ended.cancel();
}

async fn release(app: &App, holder: &Holder) {
    if let Err(error) = linked::release(&app.db, holder, app.clock.now()).await {
        tracing::warn!(%error, account = %holder.account_id, "an account could not be given back; its lease ends by itself");
    }
}

fn line(app: &App) -> Line {
    let url = &app.config.linked.url;
    let elsewhere = (!url.is_empty()).then(|| url.clone());
    Line {
        version: elsewhere.as_ref().map(|_| VERSION_ELSEWHERE),
        http: Arc::new(Files::new(&app.config)),
        url: elsewhere,
    }
}
