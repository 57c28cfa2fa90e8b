//! Meta apps: where their webhooks come in, and the secret that signs them.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    DbError, Id as _,
    ids::MetaAppId,
    meta_apps::{self, SealedMetaApp},
    model::{MetaApp, Role},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{check, hooks};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
    extract::{Json, Path},
    page::Page,
    secrets::random_token,
};

/// A Meta app to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMetaApp {
    /// Name as admins see it.
    pub name: String,
    /// The app secret of the app's basic settings at Meta. Never shown again.
    pub app_secret: String,
    /// The Meta business portfolio, where known: the scope of business-scoped user ids.
    #[serde(default)]
    pub portfolio_id: Option<String>,
}

/// The Meta apps (admin).
#[utoipa::path(get, path = "/meta-apps", tag = "accounts", responses((status = OK, body = Page<MetaApp>)))]
pub async fn list_meta_apps(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Page<MetaApp>>> {
    access.require(Role::Admin)?;
    let sealed = meta_apps::list_meta_apps(&app.db, &access.tenant_id).await?;
    let shown = sealed.into_iter().map(|sealed| show(&app, sealed));
    Ok(Json(Page::whole(shown.collect::<ApiResult<_>>()?)))
}

/// Add a Meta app (admin). The answer says what to enter at Meta.
#[utoipa::path(post, path = "/meta-apps", tag = "accounts", responses((status = CREATED, body = MetaApp)))]
pub async fn create_meta_app(
    State(app): State<App>,
    access: Access,
    Json(input): Json<CreateMetaApp>,
) -> ApiResult<(StatusCode, Json<MetaApp>)> {
    access.require(Role::Admin)?;
    let sealed = seal(&app, &access, &input)?;
    let mut tx = app.db.begin().await?;
    meta_apps::insert_meta_app(&mut tx, &sealed).await?;
    app.commit(tx).await?;
    app.hooks.forget_tenant(&access.tenant_id);
    Ok((StatusCode::CREATED, Json(show(&app, sealed)?)))
}

/// Remove a Meta app that no number uses (admin).
#[utoipa::path(delete, path = "/meta-apps/{id}", tag = "accounts", params(("id" = MetaAppId, Path)), responses((status = NO_CONTENT)))]
pub async fn delete_meta_app(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MetaAppId>,
) -> ApiResult<StatusCode> {
    access.require(Role::Admin)?;
    let mut tx = app.db.begin().await?;
    meta_apps::delete_meta_app(&mut tx, &access.tenant_id, &id)
        .await
        .map_err(|error| match error {
            DbError::Conflict(_) => ApiError::conflict(
                "numbers use this Meta app: disconnect them, or give them another",
            ),
            other => other.into(),
        })?;
    app.commit(tx).await?;
    app.hooks.forget_tenant(&access.tenant_id);
    Ok(StatusCode::NO_CONTENT)
}

fn seal(app: &App, access: &Access, input: &CreateMetaApp) -> ApiResult<SealedMetaApp> {
    let now = app.clock.now();
    let id = MetaAppId::new(now);
    let secret = check::app_secret(&input.app_secret)?;
    let portfolio_id = input
        .portfolio_id
        .as_deref()
        .filter(|id| !id.trim().is_empty());
    let portfolio_id = portfolio_id
        .map(|portfolio| check::meta_id("portfolio_id", portfolio))
        .transpose()?;
    let seal = |place: String, text: &str| {
        app.secrets
            .seal(&place, text.as_bytes())
            .map_err(ApiError::internal)
    };
    Ok(SealedMetaApp {
        tenant_id: access.tenant_id.clone(),
        name: check::name(&input.name)?.to_owned(),
        hook: random_token(),
        app_secret: seal(hooks::secret_place(&id), secret)?,
        verify_token: seal(hooks::verify_place(&id), &random_token())?,
        portfolio_id: portfolio_id.map(str::to_owned),
        created_at: now,
        id,
    })
}

fn show(app: &App, sealed: SealedMetaApp) -> ApiResult<MetaApp> {
    let verify_token = app
        .secrets
        .open_text(&hooks::verify_place(&sealed.id), &sealed.verify_token);
    Ok(MetaApp {
        callback_path: format!("/webhooks/whatsapp/{}", sealed.hook),
        verify_token: verify_token.map_err(ApiError::internal)?,
        id: sealed.id,
        name: sealed.name,
        hook: sealed.hook,
        portfolio_id: sealed.portfolio_id,
        created_at: sealed.created_at,
    })
}
