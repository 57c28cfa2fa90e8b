//! `/sim/state`, apps, numbers, switches, timing, rules, settling.
//! Called by the phone page and browser tests.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::engine::{Engine, PageEvent};
use crate::webhook::switches::Switches;
use crate::{Rules, SimApp, SimError, SimNumber, Timing, samples};

/// `GET /sim/state`: numbers, apps without secrets, switches, samples.
pub(crate) async fn show_state(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let (numbers, apps) = engine
        .world
        .with(|world| (world.numbers.clone(), world.apps.clone()));
    let numbers: Vec<Value> = numbers.iter().map(public_number).collect();
    let apps: Vec<Value> = apps
        .iter()
        .map(|app| json!({"callback_url": app.callback_url}))
        .collect();
    let samples: Vec<Value> = samples::ALL
        .iter()
        .map(|sample| json!({"name": sample.name, "label": sample.label, "kind": sample.kind.as_str()}))
        .collect();
    Json(json!({
        "numbers": numbers,
        "apps": apps,
        "switches": engine.switches(),
        "samples": samples,
        "pending": engine.pending(),
        "now": engine.clock.now_ms(),
    }))
}

fn public_number(number: &SimNumber) -> Value {
    json!({
        "phone_number_id": number.phone_number_id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "waba_id": number.waba_id,
        "app": number.app,
    })
}

/// `POST /sim/apps`.
pub(crate) async fn add_app(
    State(engine): State<Arc<Engine>>,
    Json(app): Json<SimApp>,
) -> Json<Value> {
    let index = engine.world.with(|world| {
        world.apps.push(app);
        world.apps.len() - 1
    });
    engine.announce(PageEvent::Setup);
    Json(json!({"app": index}))
}

/// `POST /sim/apps/{app}/verify`: the verification handshake.
pub(crate) async fn verify_app(
    State(engine): State<Arc<Engine>>,
    Path(app): Path<usize>,
) -> Result<Json<Value>, SimError> {
    engine.verify_callback(app).await?;
    Ok(Json(json!({"ok": true})))
}

/// `POST /sim/numbers`: adds a number or replaces the one with that id.
pub(crate) async fn add_number(
    State(engine): State<Arc<Engine>>,
    Json(number): Json<SimNumber>,
) -> Result<Json<Value>, SimError> {
    let public = public_number(&number);
    engine.world.with(|world| {
        if number.app >= world.apps.len() {
            return Err(SimError::UnknownApp(number.app));
        }
        world
            .numbers
            .retain(|known| known.phone_number_id != number.phone_number_id);
        world.numbers.push(number);
        Ok(())
    })?;
    engine.announce(PageEvent::Setup);
    Ok(Json(public))
}

/// `GET /sim/switches`.
pub(crate) async fn show_switches(State(engine): State<Arc<Engine>>) -> Json<Switches> {
    Json(engine.switches())
}

/// `PATCH /sim/switches`: members that are given are changed.
pub(crate) async fn change_switches(
    State(engine): State<Arc<Engine>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Switches>, SimError> {
    let switches: Switches = overlaid(&engine.switches(), change)?;
    engine.set_switches(switches.clone());
    Ok(Json(switches))
}

/// `GET /sim/timing`.
pub(crate) async fn show_timing(State(engine): State<Arc<Engine>>) -> Json<Timing> {
    Json(engine.timing())
}

/// `PATCH /sim/timing`: members that are given are changed.
pub(crate) async fn change_timing(
    State(engine): State<Arc<Engine>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Timing>, SimError> {
    let timing: Timing = overlaid(&engine.timing(), change)?;
    engine.set_timing(timing.clone());
    Ok(Json(timing))
}

/// `GET /sim/rules`.
pub(crate) async fn show_rules(State(engine): State<Arc<Engine>>) -> Json<Rules> {
    Json(engine.world.with(|world| world.rules.clone()))
}

/// `PATCH /sim/rules`: members that are given are changed.
pub(crate) async fn change_rules(
    State(engine): State<Arc<Engine>>,
    Json(change): Json<Map<String, Value>>,
) -> Result<Json<Rules>, SimError> {
    engine.world.with(|world| {
        world.rules = overlaid(&world.rules, change)?;
        Ok(Json(world.rules.clone()))
    })
}

fn overlaid<T: serde::Serialize + DeserializeOwned>(
    present: &T,
    change: Map<String, Value>,
) -> Result<T, SimError> {
    let invalid = |error: serde_json::Error| SimError::Invalid(error.to_string());
    let mut value = serde_json::to_value(present).map_err(invalid)?;
    for (name, member) in change {
        match value.get_mut(&name) {
            Some(slot) => *slot = member,
            None => return Err(SimError::Invalid(format!("unknown member {name}"))),
        }
    }
    serde_json::from_value(value).map_err(invalid)
}

/// `POST /sim/settle`: answers once nothing is on its way any more, at the latest after 10 seconds.
pub(crate) async fn settle(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let settled = tokio::time::timeout(Duration::from_secs(10), engine.settled()).await;
    Json(json!({"settled": settled.is_ok(), "pending": engine.pending()}))
}
