//! Writing, changing and removing templates: at the provider first, then in our copy.

use axum::{extract::State, http::StatusCode};
use hoopoe_cloud_api::{
    graph::{GraphError, NewTemplate, ParameterFormat as ProviderFormat, TemplateChange},
    send::check_parts,
};
use hoopoe_db::{
    ids::{AccountId, TemplateId},
    model::{ParameterFormat, Role, Template},
    templates::{self, ProviderTemplate},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{access_account, access_template, sync};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Longest name (Meta).
const MAX_NAME: usize = 512;

/// What a template is for (Meta).
const CATEGORIES: [&str; 3] = ["UTILITY", "MARKETING", "AUTHENTICATION"];

/// A template to be handed in for review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTemplate {
    /// Small letters, digits and underscores.
    name: String,
    /// Such as `en_US`.
    language: String,
    /// `UTILITY`, `MARKETING` or `AUTHENTICATION`.
    category: String,
    /// How its gaps are named.
    parameter_format: Option<ParameterFormat>,
    /// Header, body, footer and buttons in WhatsApp's form, with examples.
    #[schema(value_type = Vec<Object>)]
    components: Vec<Value>,
}

/// What is to be changed of a template, which is then reviewed again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UpdateTemplate {
    /// `UTILITY`, `MARKETING` or `AUTHENTICATION`.
    category: Option<String>,
    /// All parts anew, in WhatsApp's form, with examples.
    #[schema(value_type = Option<Vec<Object>>)]
    components: Option<Vec<Value>>,
}

fn check_category(category: &str) -> ApiResult<()> {
    if CATEGORIES.contains(&category) {
        return Ok(());
    }
    let reason = format!("must be one of {}", CATEGORIES.join(", "));
    Err(ApiError::validation("category", reason))
}

impl CreateTemplate {
    fn check(&self) -> ApiResult<()> {
        let is_name = (1..=MAX_NAME).contains(&self.name.len())
            && self
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            let reason = "must be small letters, digits and underscores";
            return Err(ApiError::validation("name", reason));
        }
        check_category(&self.category)?;
        Ok(check_parts(&self.components)?)
    }

    fn provider_format(&self) -> ProviderFormat {
        match self.parameter_format {
            Some(ParameterFormat::Named) => ProviderFormat::Named,
            _ => ProviderFormat::Positional,
        }
    }
}

/// Hand a template in for review (manager)
#[utoipa::path(post, path = "/accounts/{id}/templates", tag = "templates", params(("id" = AccountId, Path)), request_body = CreateTemplate,
    responses((status = 201, body = Template), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "WhatsApp refused", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn create_template(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    Json(body): Json<CreateTemplate>,
) -> ApiResult<(StatusCode, Json<Template>)> {
    let account = access_account(&app, &access, &id).await?;
    access.require(Role::Manager)?;
    body.check()?;
    let (line, waba_id) = sync::line_of(&app, &access, &account).await?;
    let new = NewTemplate {
        parameter_format: body.provider_format(),
        name: body.name,
        language: body.language,
        category: body.category,
        components: Value::Array(body.components),
    };
    let created = line.graph.create_template(&line.token, &waba_id, &new);
    let created = created.await.map_err(refused)?;
    let found = ProviderTemplate {
        provider_id: created.id,
        name: new.name,
        language: new.language,
        category: created.category.unwrap_or(new.category),
        status: created.status.unwrap_or_else(|| "PENDING".to_owned()),
        quality: None,
        parameter_format: sync::of_format(new.parameter_format),
        components: new.components.to_string(),
        rejected_reason: None,
    };
    let template = store(&app, &access, &waba_id, found).await?;
    let template = template.ok_or_else(|| ApiError::conflict("the template is there already"))?;
    Ok((StatusCode::CREATED, Json(template)))
}

/// There is a template of this name in this language, or one that was deleted not long ago (Meta).
const NAME_TAKEN: [i64; 2] = [2_388_024, 2_388_023];

fn refused(error: GraphError) -> ApiError {
    let subcode = match &error {
        GraphError::Refused(refusal) => refusal.subcode,
        _ => None,
    };
    match subcode {
        Some(subcode) if NAME_TAKEN.contains(&subcode) => ApiError::taken("name"),
        _ => sync::refused(error),
    }
}

async fn store(
    app: &App,
    access: &Access,
    waba_id: &str,
    found: ProviderTemplate,
) -> ApiResult<Option<Template>> {
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let found = std::slice::from_ref(&found);
    let mut stored =
        templates::upsert_templates(&mut tx, &access.tenant_id, waba_id, found, now).await?;
    app.commit(tx).await?;
    Ok(stored.pop())
}

/// Change a template, which is then reviewed again (manager)
#[utoipa::path(patch, path = "/templates/{id}", tag = "templates", params(("id" = TemplateId, Path)), request_body = UpdateTemplate,
    responses((status = 200, body = Template), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "WhatsApp refused", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn update_template(
    State(app): State<App>,
    access: Access,
    Path(id): Path<TemplateId>,
    Json(body): Json<UpdateTemplate>,
) -> ApiResult<Json<Template>> {
    let (held, account) = access_template(&app, &access, &id).await?;
    access.require(Role::Manager)?;
    body.category.as_deref().map_or(Ok(()), check_category)?;
    body.components.as_deref().map_or(Ok(()), check_parts)?;
    let (line, waba_id) = sync::line_of(&app, &access, &account).await?;
    let change = TemplateChange {
        category: body.category.clone(),
        components: body.components.clone().map(Value::Array),
    };
    let edited = line
        .graph
        .edit_template(&line.token, &held.provider_id, &change);
    edited.await.map_err(sync::refused)?;
    let components = body.components.map(|parts| Value::Array(parts).to_string());
    let found = ProviderTemplate {
        provider_id: held.provider_id.clone(),
        name: held.name.clone(),
        language: held.language.clone(),
        category: body.category.unwrap_or_else(|| held.category.clone()),
        status: "PENDING".to_owned(),
        quality: held.quality.clone(),
        parameter_format: held.parameter_format,
        components: components.unwrap_or_else(|| held.components.0.get().to_owned()),
        rejected_reason: None,
    };
    let stored = store(&app, &access, &waba_id, found).await?;
    // An edit that changes nothing leaves the copy as it was.
    Ok(Json(stored.unwrap_or(held)))
}

/// Remove a template (manager)
#[utoipa::path(delete, path = "/templates/{id}", tag = "templates", params(("id" = TemplateId, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "WhatsApp refused", body = ErrorBody)))]
pub(super) async fn delete_template(
    State(app): State<App>,
    access: Access,
    Path(id): Path<TemplateId>,
) -> ApiResult<StatusCode> {
    let (held, account) = access_template(&app, &access, &id).await?;
    access.require(Role::Manager)?;
    let (line, waba_id) = sync::line_of(&app, &access, &account).await?;
    let provider_id = Some(held.provider_id.as_str());
    let deleted = line
        .graph
        .delete_template(&line.token, &waba_id, &held.name, provider_id);
    deleted.await.map_err(sync::refused)?;
    let mut tx = app.db.begin().await?;
    templates::delete_template(&mut tx, &access.tenant_id, &held.id).await?;
    app.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
