//! `/sim/outage` and `/sim/faults/…`: what goes wrong at Meta.
//! Called by browser tests and by whoever tries out what happens then.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::faults::SendFault;

/// How long nobody can connect.
#[derive(Debug, Deserialize)]
pub(crate) struct Outage {
    ms: u64,
}

/// `POST /sim/outage`: a moment after the answer all connections break, and new ones are refused for so long.
pub(crate) async fn be_offline(
    State(engine): State<Arc<Engine>>,
    Json(Outage { ms }): Json<Outage>,
) -> Json<Value> {
    let machine = Arc::clone(&engine);
    engine.spawn(async move {
        machine.pause(Duration::from_millis(20)).await;
        machine.online.send_replace(false);
        machine.pause(Duration::from_millis(ms)).await;
        machine.online.send_replace(true);
    });
    Json(json!({"ms": ms}))
}

/// `PUT /sim/faults/every-send`: a fault for every send from now on; `null` ends it.
pub(crate) async fn set_every_send(
    State(engine): State<Arc<Engine>>,
    Json(fault): Json<Option<SendFault>>,
) -> Json<Value> {
    let answer = json!({"every_send": fault});
    engine.world.with(|world| world.faults.every_send = fault);
    Json(answer)
}

/// `POST /sim/faults/sends`: queues a fault for the next send request.
pub(crate) async fn add_send_fault(
    State(engine): State<Arc<Engine>>,
    Json(fault): Json<SendFault>,
) -> Json<Value> {
    let waiting = engine.world.with(|world| {
        world.faults.sends.push_back(fault);
        world.faults.sends.len()
    });
    Json(json!({"waiting": waiting}))
}

/// How many downloads are to fail.
#[derive(Debug, Deserialize)]
pub(crate) struct DownloadFaults {
    count: u32,
}

/// `POST /sim/faults/downloads`.
pub(crate) async fn fail_downloads(
    State(engine): State<Arc<Engine>>,
    Json(DownloadFaults { count }): Json<DownloadFaults>,
) -> Json<Value> {
    engine.world.with(|world| world.faults.downloads = count);
    Json(json!({"count": count}))
}
