//! Single objects of the Graph API: numbers, media descriptors, business accounts and their lists.
//! Called by Hoopoe's account wizard and media fetcher.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Bearer;
use super::error::GraphError;
use super::media::descriptor;
use crate::SimNumber;
use crate::engine::Engine;
use crate::media_store::StoredMedia;

/// Query of object requests.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ObjectQuery {
    phone_number_id: Option<String>,
    fields: Option<String>,
}

/// Version and object id of the path.
pub(crate) type ObjectPath = Path<(String, String)>;

/// Handler of `GET /{version}/{object}`: a number, a WABA or a media file.
pub(crate) async fn get_object(
    State(engine): State<Arc<Engine>>,
    Path((_version, id)): ObjectPath,
    Query(query): Query<ObjectQuery>,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    let number = engine.world.with(|world| bearer.number(world, "get", &id));
    if let Ok(number) = number {
        return Ok(Json(chosen_fields(
            number_json(&number),
            query.fields.as_deref(),
        )));
    }
    let waba = engine.world.with(|world| bearer.waba(world, "get", &id));
    if let Ok(numbers) = waba {
        let name = numbers.first().map(|number| number.verified_name.clone());
        let waba = json!({"id": id, "name": name, "currency": "EUR", "timezone_id": "1"});
        return Ok(Json(chosen_fields(waba, query.fields.as_deref())));
    }
    let owner = query.phone_number_id.as_deref();
    let media = find_media(&engine, &bearer, "get", &id, owner)?;
    Ok(Json(descriptor(&engine, &media)))
}

/// Handler of `DELETE /{version}/{media_id}`.
pub(crate) async fn delete_object(
    State(engine): State<Arc<Engine>>,
    Path((_version, id)): ObjectPath,
    Query(query): Query<ObjectQuery>,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    let owner = query.phone_number_id.as_deref();
    find_media(&engine, &bearer, "delete", &id, owner)?;
    engine.world.with(|world| world.media.delete(&id));
    Ok(Json(json!({"success": true})))
}

fn find_media(
    engine: &Engine,
    bearer: &Bearer,
    method: &str,
    id: &str,
    owner: Option<&str>,
) -> Result<StoredMedia, GraphError> {
    let now_ms = engine.clock.now_ms();
    engine.world.with(|world| {
        let media = world
            .media
            .get(id, now_ms)
            .filter(|media| owner.is_none_or(|owner| owner == media.phone_number_id))
            .ok_or_else(|| GraphError::no_object(method, id))?;
        bearer
            .number(world, method, &media.phone_number_id)
            .map_err(|_| GraphError::no_object(method, id))?;
        Ok(media.clone())
    })
}

fn number_json(number: &SimNumber) -> Value {
    json!({
        "verified_name": number.verified_name,
        "display_phone_number": number.display_phone_number,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "id": number.phone_number_id,
    })
}

/// Keeps the fields asked for, and always the id.
fn chosen_fields(mut object: Value, fields: Option<&str>) -> Value {
    let wanted: Option<Vec<&str>> = fields.map(|list| list.split(',').map(str::trim).collect());
    if let (Some(wanted), Some(members)) = (wanted, object.as_object_mut()) {
        members.retain(|name, _| name == "id" || wanted.contains(&name.as_str()));
    }
    object
}

/// Handler of `POST /{version}/{waba}/subscribed_apps`.
pub(crate) async fn subscribe_app(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    engine.world.with(|world| {
        bearer.waba(world, "post", &waba_id)?;
        world.subscribed.insert(waba_id);
        Ok(Json(json!({"success": true})))
    })
}

/// Handler of `DELETE /{version}/{waba}/subscribed_apps`.
pub(crate) async fn unsubscribe_app(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    engine.world.with(|world| {
        bearer.waba(world, "delete", &waba_id)?;
        world.subscribed.remove(&waba_id);
        Ok(Json(json!({"success": true})))
    })
}

/// Handler of `GET /{version}/{waba}/subscribed_apps`.
pub(crate) async fn list_subscribed_apps(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    engine.world.with(|world| {
        bearer.waba(world, "get", &waba_id)?;
        let app = json!({"whatsapp_business_api_data": {"id": "900000000000001", "name": "Hoopoe",
            "link": "https://www.facebook.com/games/?app_id=900000000000001"}});
        let apps: Vec<Value> = world
            .subscribed
            .get(&waba_id)
            .map(|_| app)
            .into_iter()
            .collect();
        Ok(Json(json!({"data": apps})))
    })
}

/// Handler of `GET /{version}/{waba}/phone_numbers`.
pub(crate) async fn list_phone_numbers(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    let numbers = engine
        .world
        .with(|world| bearer.waba(world, "get", &waba_id))?;
    let numbers: Vec<Value> = numbers.iter().map(number_json).collect();
    Ok(Json(json!({"data": numbers})))
}
