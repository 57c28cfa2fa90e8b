//! A lane's deliveries, one after another in their order, until one fails; then what became of them is written down.

use std::{sync::Arc, time::Duration};

use hoopoe_db::{
    Id as _, Millis,
    model::DeliveryState,
    webhooks::{self, Due, Ended, SealedWebhook, Settled},
};
use tokio::time::Instant;

use super::{
    handle::Handle,
    pauses,
    post::{Answer, Request},
    sign,
};
use crate::app::App;

/// Deliveries that are made before it is written down what became of them. A node that dies makes as many again, at most.
const AT_A_TIME: i64 = 20;

/// And how long that may take: then what was delivered is written down before the next one is begun.
const RUN_FOR: Duration = Duration::from_millis(500);

/// After the database was away.
const AWAY_PAUSE: Duration = Duration::from_secs(2);

/// Milliseconds of a day.
const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// Delivers what is due in a lane.
pub(super) async fn run(app: App, sealed: Arc<SealedWebhook>, lane: String, handle: Arc<Handle>) {
    let now = app.clock.now();
    let due = match webhooks::list_due(&app.db, &sealed, &lane, now, AT_A_TIME).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, webhook = %sealed.webhook.id, "deliveries can't be read");
            handle
                .gone()
                .run_until_cancelled(tokio::time::sleep(AWAY_PAUSE))
                .await;
            return;
        }
    };
    let until = Instant::now() + RUN_FOR;
    let (mut ended, mut is_gone) = (Vec::new(), false);
    for one in due {
        let late = !ended.is_empty() && Instant::now() > until;
        if late || !handle.may_begin(app.clock.now()) {
            break;
        }
        let attempted_at = app.clock.now();
        let attempt = attempt(&app, &sealed, (one.id.as_str(), &one.body), attempted_at);
        let Some(answer) = handle.gone().run_until_cancelled(attempt).await else {
            break;
        };
        is_gone = answer.is_gone();
        let failed = answer.error.is_some();
        ended.push(judge(&one, answer, attempted_at, app.clock.now()));
        if failed {
            break;
        }
    }
    if !ended.is_empty()
        && let Some(settled) = settle(&app, &sealed, &ended, &handle).await
    {
        handle.set_failing(settled.failing_since.is_some());
        look_after(&app, &sealed, &settled, is_gone).await;
    }
}

/// Signs and sends, once.
pub(super) async fn attempt(
    app: &App,
    sealed: &SealedWebhook,
    (id, body): (&str, &str),
    now: Millis,
) -> Answer {
    let timestamp_s = now.div_euclid(1000);
    let signature = sign::open(&app.secrets, sealed, now)
        .and_then(|secrets| sign::signature(&secrets, (id, timestamp_s), body));
    let signature = match signature {
        Ok(signature) => signature,
        Err(error) => {
            tracing::error!(%error, webhook = %sealed.webhook.id, "a webhook can't be signed");
            return Answer::failed("It can't be signed: give the webhook a new secret.");
        }
    };
    let request = Request {
        url: &sealed.webhook.url,
        id,
        body,
        timestamp_s,
        signature: &signature,
    };
    app.webhooks.poster.post(request).await
}

/// What an answer makes of a delivery.
fn judge(due: &Due, answer: Answer, attempted_at: Millis, now: Millis) -> Ended {
    let pause = pauses::next(due.tries + 1, answer.is_refusal(), answer.wish_ms)
        .map(|pause| pauses::spread(pause, rand::random()));
    let (state, due_at) = match (&answer.error, pause) {
        (None, _) => (DeliveryState::Delivered, None),
        (Some(_), Some(pause)) => (DeliveryState::Waiting, Some(now + pause)),
        (Some(_), None) => (DeliveryState::Failed, None),
    };
    metrics::counter!("hoopoe_webhook_attempts_total", "outcome" => outcome(state)).increment(1);
    Ended {
        id: due.id.clone(),
        state,
        due_at,
        attempted_at,
        status: answer.status.map(i64::from),
        response: answer.response,
        error: answer.error,
        duration_ms: answer.duration_ms,
    }
}

fn outcome(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "retried",
        other => other.as_str(),
    }
}

/// Writes down what became of deliveries, as often as it takes: until then they may not be made again.
async fn settle(
    app: &App,
    sealed: &SealedWebhook,
    ended: &[Ended],
    handle: &Handle,
) -> Option<Settled> {
    loop {
        match webhooks::settle(&app.db, sealed, ended, app.clock.now()).await {
            Ok(settled) => return Some(settled),
            Err(hoopoe_db::DbError::NotFound) => return None,
            Err(error) => {
                tracing::warn!(%error, webhook = %sealed.webhook.id, "deliveries could not be settled");
            }
        }
        let pause = tokio::time::sleep(AWAY_PAUSE);
        handle.gone().run_until_cancelled(pause).await?;
    }
}

/// Switches a webhook off to which nothing has arrived for days, or that says that it is no more.
async fn look_after(app: &App, sealed: &SealedWebhook, settled: &Settled, is_gone: bool) {
    let days = app.config.webhooks.disable_after_days;
    let now = app.clock.now();
    let failing = settled
        .failing_since
        .is_some_and(|since| now - since >= Millis::from(days) * DAY_MS);
    let reason = if is_gone {
        "The receiver answered 410: it wants no more.".to_owned()
    } else if failing {
        format!("Nothing has arrived for {days} days.")
    } else {
        return;
    };
    let disabled = async {
        let mut tx = app.db.begin().await?;
        let disabled = webhooks::disable_webhook(&mut tx, sealed, &reason, now).await?;
        tx.commit(now).await.map(|_| disabled)
    };
    match disabled.await {
        Ok(true) => {
            tracing::warn!(webhook = %sealed.webhook.id, reason, "a webhook was switched off");
            app.webhooks.changed.notify_one();
        }
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "a webhook could not be switched off"),
    }
}
