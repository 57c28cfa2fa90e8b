//! Templates of an account: listed in pages, created, changed, deleted.
//! Called by Hoopoe's template pages and its synchronisation.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::auth::Bearer;
use super::error::GraphError;
use super::new_template::{check_components, check_new};
use super::objects::ObjectPath;
use super::param::Param;
use super::samples::finish_upload;
use crate::SimTemplate;
use crate::engine::Engine;

/// Query of the template list.
#[derive(Debug, Deserialize)]
pub(crate) struct TemplateQuery {
    limit: Option<usize>,
    after: Option<usize>,
    name: Option<String>,
    status: Option<String>,
}

impl TemplateQuery {
    fn wants(&self, template: &SimTemplate) -> bool {
        let name = self.name.as_ref();
        let status = self.status.as_ref();
        name.is_none_or(|name| template.name.contains(name))
            && status.is_none_or(|status| *status == template.status)
    }
}

/// Handler of `GET /{version}/{waba}/message_templates`; pages end when `paging.next` is absent.
pub(crate) async fn list_templates(
    State(engine): State<Arc<Engine>>,
    Path((version, waba_id)): ObjectPath,
    Query(query): Query<TemplateQuery>,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    let all: Vec<Value> = engine.world.with(|world| {
        bearer.waba(world, "get", &waba_id)?;
        let chosen = world.templates.iter();
        let chosen = chosen.filter(|template| template.is_of(&waba_id) && query.wants(template));
        Ok(chosen.map(SimTemplate::to_listing).collect())
    })?;
    let start = query.after.unwrap_or(0);
    let limit = query.limit.unwrap_or(25).clamp(1, 100);
    let page: Vec<&Value> = all.iter().skip(start).take(limit).collect();
    let end = start + page.len();
    let mut paging = json!({"cursors": {"before": start.to_string(), "after": end.to_string()}});
    if end < all.len()
        && let Some(members) = paging.as_object_mut()
    {
        let base = engine.base_url();
        let next =
            format!("{base}/{version}/{waba_id}/message_templates?limit={limit}&after={end}");
        members.insert("next".to_owned(), json!(next));
    }
    Ok(Json(json!({"data": page, "paging": paging})))
}

fn read_json(body: &Bytes) -> Result<Value, GraphError> {
    serde_json::from_slice(body)
        .map_err(|_| GraphError::invalid("The request body is not valid JSON."))
}

/// Handler of `POST /{version}/{waba}/message_templates`.
pub(crate) async fn create_template(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    bearer: Bearer,
    body: Bytes,
) -> Result<Json<Value>, GraphError> {
    let request = read_json(&body)?;
    let template = engine.world.with(|world| {
        bearer.waba(world, "post", &waba_id)?;
        let template = check_new(world, &waba_id, &Param::new("", &request))?;
        world.templates.push(template.clone());
        Ok(template)
    })?;
    engine.start_review(&template);
    Ok(Json(
        json!({"id": template.id, "status": template.status, "category": template.category}),
    ))
}

/// Handler of `POST /{version}/{object}`: a changed template, or the bytes of a sample.
pub(crate) async fn post_object(
    State(engine): State<Arc<Engine>>,
    Path((_version, id)): ObjectPath,
    bearer: Bearer,
    body: Bytes,
) -> Result<Json<Value>, GraphError> {
    if id.starts_with("upload:") {
        return finish_upload(&engine, &id, body.len());
    }
    let request = read_json(&body)?;
    let changed = engine.world.with(|world| {
        let unknown = || GraphError::no_object("post", &id);
        let index = world
            .templates
            .iter()
            .position(|template| template.id == id);
        let index = index.ok_or_else(unknown)?;
        let owner = world
            .templates
            .get(index)
            .and_then(|known| known.waba_id.clone());
        if let Some(waba_id) = owner {
            bearer.waba(world, "post", &waba_id)?;
        }
        let params = Param::new("", &request);
        params.only(&["category", "components", "message_send_ttl_seconds"])?;
        let components = match params.optional("components")? {
            Some(components) => Some(check_components(world, &components)?),
            None => None,
        };
        let category = params.optional_text("category", 32)?.map(str::to_owned);
        let template = world.templates.get_mut(index).ok_or_else(unknown)?;
        template.components = components.unwrap_or_else(|| template.components.clone());
        template.category = category.unwrap_or_else(|| template.category.clone());
        "PENDING".clone_into(&mut template.status);
        Ok(template.clone())
    })?;
    engine.start_review(&changed);
    Ok(Json(json!({"success": true})))
}

/// Query of a deletion.
#[derive(Debug, Deserialize)]
pub(crate) struct Deletion {
    name: Option<String>,
    hsm_id: Option<String>,
}

/// Handler of `DELETE /{version}/{waba}/message_templates`: by name, with `hsm_id` one language of it.
pub(crate) async fn delete_template(
    State(engine): State<Arc<Engine>>,
    Path((_version, waba_id)): ObjectPath,
    Query(deletion): Query<Deletion>,
    bearer: Bearer,
) -> Result<Json<Value>, GraphError> {
    let name = deletion.name.ok_or_else(|| GraphError::missing("name"))?;
    let is_meant = |template: &SimTemplate| {
        let id = deletion.hsm_id.as_ref();
        template.name == name && template.is_of(&waba_id) && id.is_none_or(|id| *id == template.id)
    };
    let deleted = engine.world.with(|world| {
        bearer.waba(world, "delete", &waba_id)?;
        let all = std::mem::take(&mut world.templates);
        let (deleted, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(is_meant);
        world.templates = kept;
        Ok(deleted)
    })?;
    if deleted.is_empty() {
        let message = "(#100) Message template not found";
        return Err(GraphError::new(100, message));
    }
    for template in &deleted {
        engine.tell_of_template(template, "DELETED", None);
    }
    Ok(Json(json!({"success": true})))
}
