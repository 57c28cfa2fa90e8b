//! Bringing our copy of an account's templates up to date.

use axum::extract::State;
use hoopoe_cloud_api::graph::{GraphError, ParameterFormat as ProviderFormat, TemplateInfo};
use hoopoe_db::{
    ids::AccountId,
    model::{Account, ParameterFormat, Role},
    templates::{self, ProviderTemplate},
};

use super::{TemplateList, access_account};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    outbox::Line,
};

/// Bring the templates of an account up to date (manager)
#[utoipa::path(post, path = "/accounts/{id}/templates/sync", tag = "templates", params(("id" = AccountId, Path)),
    responses((status = 200, body = TemplateList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, description = "The account can't ask WhatsApp, or WhatsApp refused", body = ErrorBody)))]
pub(super) async fn sync_templates(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<Json<TemplateList>> {
    let account = access_account(&app, &access, &id).await?;
    access.require(Role::Manager)?;
    let (line, waba_id) = line_of(&app, &access, &account).await?;
    let found = line.graph.list_templates(&line.token, &waba_id);
    let found: Vec<ProviderTemplate> = found
        .await
        .map_err(refused)?
        .into_iter()
        .map(of_info)
        .collect();
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    templates::replace_templates(&mut tx, &access.tenant_id, &waba_id, &found, now).await?;
    app.commit(tx).await?;
    let items = templates::list_templates(&app.db, &access.tenant_id, &waba_id).await?;
    Ok(Json(TemplateList { items }))
}

/// How an account asks the provider, and which of its accounts it is about.
pub(super) async fn line_of(
    app: &App,
    access: &Access,
    account: &Account,
) -> ApiResult<(std::sync::Arc<Line>, String)> {
    let found = Line::find(app, &access.tenant_id, &account.id).await?;
    let (_, line) = found.ok_or_else(ApiError::not_found)?;
    let line = line.map_err(ApiError::conflict)?;
    let waba_id = account.waba_id.clone();
    let missing = || ApiError::conflict("the account has no WhatsApp Business Account");
    Ok((line, waba_id.ok_or_else(missing)?))
}

/// What the provider says no to is told in its words; that it is away, is told as such.
pub(super) fn refused(error: GraphError) -> ApiError {
    match error {
        GraphError::Refused(refusal) if refusal.status < 500 => {
            ApiError::conflict(format!("WhatsApp refused: {}", refusal.plain_words()))
        }
        other => {
            tracing::warn!(error = %other, "templates can't be had");
            ApiError::unavailable("WhatsApp can't be reached")
        }
    }
}

pub(super) fn of_info(info: TemplateInfo) -> ProviderTemplate {
    ProviderTemplate {
        provider_id: info.id,
        name: info.name,
        language: info.language,
        category: info.category,
        status: info.status,
        quality: info.quality,
        parameter_format: of_format(info.parameter_format),
        components: info.components.to_string(),
        rejected_reason: info.rejected_reason,
    }
}

pub(super) fn of_format(format: ProviderFormat) -> ParameterFormat {
    match format {
        ProviderFormat::Positional => ParameterFormat::Positional,
        ProviderFormat::Named => ParameterFormat::Named,
    }
}
