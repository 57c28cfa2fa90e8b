//! Uploading files and downloading them from their short-lived addresses.
//! Called by Hoopoe's sender and by its media fetcher.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Bearer;
use super::content_check::upload_limit;
use super::error::GraphError;
use crate::engine::Engine;
use crate::media_store::{NewMedia, StoredMedia};

/// MIME types Meta takes.
const TAKEN: [&str; 22] = [
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/amr",
    "audio/ogg",
    "audio/opus",
    "application/vnd.ms-powerpoint",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
    "text/plain",
    "application/vnd.ms-excel",
    "application/zip",
    "text/csv",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/3gpp",
    "application/octet-stream",
];

/// Handler of `POST /{version}/{phone_number_id}/media`.
pub(crate) async fn upload(
    State(engine): State<Arc<Engine>>,
    Path((_version, phone_number_id)): Path<(String, String)>,
    bearer: Bearer,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<Value>, GraphError> {
    engine
        .world
        .with(|world| bearer.number(world, "post", &phone_number_id))?;
    let form = form.map_err(|_| GraphError::invalid("The request must be multipart/form-data."))?;
    let file = read_form(form).await?;
    check_file(&file)?;
    let now_ms = engine.clock.now_ms();
    let stored = engine
        .world
        .with(|world| world.media.put(&phone_number_id, file, true, now_ms));
    Ok(Json(json!({"id": stored.id})))
}

async fn read_form(mut form: Multipart) -> Result<NewMedia, GraphError> {
    let broken = |_| GraphError::invalid("The form could not be read.");
    let (mut product, mut kind, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "messaging_product" => product = Some(field.text().await.map_err(broken)?),
            "type" => kind = Some(field.text().await.map_err(broken)?),
            "file" => {
                let filename = field.file_name().map(str::to_owned);
                let mime = field.content_type().map(str::to_owned);
                let bytes = field.bytes().await.map_err(broken)?;
                file = Some((filename, mime, bytes));
            }
            other => {
                return Err(GraphError::invalid(format!(
                    "Unexpected parameter \"{other}\"."
                )));
            }
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(GraphError::new(
            100,
            "(#100) The parameter messaging_product is required.",
        ));
    }
    let Some((filename, mime, bytes)) = file else {
        return Err(GraphError::new(
            100,
            "(#100) The parameter file is required.",
        ));
    };
    let mime = kind
        .or(mime)
        .ok_or_else(|| GraphError::new(100, "(#100) The parameter type is required."))?;
    Ok(NewMedia {
        bytes,
        mime,
        filename,
    })
}

fn check_file(file: &NewMedia) -> Result<(), GraphError> {
    let essence = file.mime.split(';').next().unwrap_or_default().trim();
    if !TAKEN.contains(&essence) {
        return Err(GraphError::invalid(format!(
            "Param file must be a file with one of the following types: {}. Received file of type '{essence}'.",
            TAKEN.join(", ")
        )));
    }
    if file.bytes.is_empty() {
        return Err(GraphError::invalid("Param file must not be empty."));
    }
    let most = upload_limit(essence);
    if file.bytes.len() > most {
        return Err(GraphError::invalid(format!(
            "Param file must be at most {most} bytes, received {}.",
            file.bytes.len()
        )));
    }
    Ok(())
}

/// The descriptor of a file, with an address that is good for a few minutes.
pub(crate) fn descriptor(engine: &Engine, media: &StoredMedia) -> Value {
    let valid_until = engine.clock.now_ms() + engine.timing().media_url_ttl_ms;
    let address = engine
        .world
        .with(|world| world.media.address(&media.id, valid_until));
    json!({
        "messaging_product": "whatsapp",
        "url": format!("{}{address}", engine.base_url()),
        "mime_type": media.mime,
        "sha256": media.sha256_hex(),
        "file_size": media.bytes.len(),
        "id": media.id,
    })
}

/// Query of a download address.
#[derive(Debug, Deserialize)]
pub(crate) struct Address {
    #[serde(default)]
    mid: String,
    #[serde(default)]
    ext: String,
    #[serde(default)]
    hash: String,
}

/// Handler of the download address; needs the token of the number the file belongs to.
pub(crate) async fn download(
    State(engine): State<Arc<Engine>>,
    Query(address): Query<Address>,
    bearer: Bearer,
) -> Result<Response, GraphError> {
    let now_ms = engine.clock.now_ms();
    let Address { mid, ext, hash } = address;
    let file = engine.world.with(|world| {
        if world.faults.fails_download() {
            return Ok(None);
        }
        let good = world.media.address_is_good(&mid, &ext, &hash, now_ms);
        let file = world.media.get(&mid, now_ms).filter(|_| good);
        let file = file.ok_or_else(|| GraphError::no_object("get", &mid))?;
        bearer.number(world, "get", &file.phone_number_id)?;
        Ok(Some(file.clone()))
    })?;
    let Some(file) = file else {
        return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    let headers = [
        (header::CONTENT_TYPE, file.mime),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    Ok((headers, Body::from(file.bytes)).into_response())
}
