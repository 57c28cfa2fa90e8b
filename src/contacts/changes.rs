//! Entering and changing contacts by hand.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    contacts,
    contacts::{Changes, New},
    ids::ContactId,
    model::Contact,
    normalize_phone,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Longest name in characters.
const MAX_NAME: usize = 200;

/// Longest notes in characters.
const MAX_NOTES: usize = 10_000;

/// A contact as somebody enters it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateContact {
    /// Its name.
    #[schema(max_length = 200)]
    name: String,
    /// Its number with country code, such as `+55 11 98765-4321`.
    phone: String,
}

impl CreateContact {
    fn check(&self) -> ApiResult<New> {
        let name = check_text("name", &self.name, MAX_NAME)?;
        if name.is_empty() {
            return Err(ApiError::validation("name", "must not be empty"));
        }
        let phone = normalize_phone(&self.phone).ok_or_else(|| {
            let message = "must be a number with country code, such as +55 11 98765-4321";
            ApiError::validation("phone", message)
        })?;
        Ok(New { name, phone })
    }
}

/// Without control characters and blanks around it.
fn check_text(field: &'static str, text: &str, most: usize) -> ApiResult<String> {
    let is_kept = |character: &char| !character.is_control() || *character == '\n';
    let kept: String = text.trim().chars().filter(is_kept).collect();
    if kept.chars().count() > most {
        let message = format!("at most {most} characters");
        return Err(ApiError::validation(field, message));
    }
    Ok(kept)
}

/// Enter a contact by hand
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = CreateContact,
    responses((status = 201, body = Contact), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_contact(
    State(app): State<App>,
    access: Access,
    Json(body): Json<CreateContact>,
) -> ApiResult<(StatusCode, Json<Contact>)> {
    let new = body.check()?;
    let mut tx = app.db.begin().await?;
    let contact = contacts::insert(&mut tx, &access.tenant_id, &new, app.clock.now()).await?;
    app.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(contact)))
}

/// What to change; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateContact {
    /// A name of our own; empty goes back to the one from `WhatsApp`.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// What we noted down.
    #[schema(max_length = 10_000)]
    notes: Option<String>,
    /// Whether we ignore them.
    blocked: Option<bool>,
}

impl UpdateContact {
    fn check(&self) -> ApiResult<Changes> {
        let text = |field, text: &Option<String>, most| {
            let text = text.as_deref();
            text.map(|text| check_text(field, text, most)).transpose()
        };
        Ok(Changes {
            name: text("name", &self.name, MAX_NAME)?,
            notes: text("notes", &self.notes, MAX_NOTES)?,
            blocked: self.blocked,
        })
    }
}

/// Rename, note down, block
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)),
    request_body = UpdateContact,
    responses((status = 200, body = Contact), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn update_contact(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ContactId>,
    Json(body): Json<UpdateContact>,
) -> ApiResult<Json<Contact>> {
    let changes = body.check()?;
    let (tenant_id, now) = (&access.tenant_id, app.clock.now());
    let mut tx = app.db.begin().await?;
    let contact = contacts::update(&mut tx, tenant_id, &id, &changes, now).await?;
    app.commit(tx).await?;
    Ok(Json(contact))
}
