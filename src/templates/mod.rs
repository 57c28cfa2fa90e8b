//! Message templates: a copy of what the provider has, per WhatsApp Business Account. It is brought up to date by a sync, by what webhooks
//! tell, and by our own changes, which are made at the provider first.

mod changes;
mod samples;
mod sync;

use axum::extract::State;
use hoopoe_db::{
    accounts,
    ids::{AccountId, TemplateId},
    model::{Account, Template},
    templates,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
};

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_templates, changes::create_template))
        .routes(routes!(sync::sync_templates))
        .routes(routes!(samples::create_template_sample))
        .routes(routes!(changes::update_template, changes::delete_template))
}

/// Which templates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TemplateQuery {
    /// Only with this status, such as `APPROVED`.
    status: Option<String>,
    /// Only with this in the name or in the text.
    q: Option<String>,
}

/// Templates of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateList {
    /// By name and language.
    items: Vec<Template>,
}

impl TemplateQuery {
    fn fits(&self, template: &Template) -> bool {
        let status = self.status.as_deref();
        let words = self.q.as_deref().unwrap_or_default().to_lowercase();
        status.is_none_or(|status| status.eq_ignore_ascii_case(&template.status))
            && (words.is_empty()
                || template.name.contains(&words)
                || template.components.0.get().to_lowercase().contains(&words))
    }
}

/// Templates of an account
#[utoipa::path(get, path = "/accounts/{id}/templates", tag = "templates", params(("id" = AccountId, Path), TemplateQuery),
    responses((status = 200, body = TemplateList), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn list_templates(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    Query(query): Query<TemplateQuery>,
) -> ApiResult<Json<TemplateList>> {
    let account = access_account(&app, &access, &id).await?;
    let Some(waba_id) = account.waba_id else {
        return Ok(Json(TemplateList { items: Vec::new() }));
    };
    let mut items = templates::list_templates(&app.db, &access.tenant_id, &waba_id).await?;
    items.retain(|template| query.fits(template));
    Ok(Json(TemplateList { items }))
}

async fn access_account(app: &App, access: &Access, id: &AccountId) -> ApiResult<Account> {
    access.account(id)?;
    Ok(accounts::get_account(&app.db, &access.tenant_id, id).await?)
}

/// A template of an account that this user may see, and that account.
async fn access_template(
    app: &App,
    access: &Access,
    id: &TemplateId,
) -> ApiResult<(Template, Account)> {
    let template = templates::get_template(&app.db, &access.tenant_id, id).await?;
    let accounts = accounts::list_accounts(&app.db, &access.tenant_id).await?;
    let account = accounts.into_iter().find(|account| {
        account.waba_id.as_deref() == Some(template.waba_id.as_str()) && access.may_see(&account.id)
    });
    Ok((template, account.ok_or_else(ApiError::not_found)?))
}
