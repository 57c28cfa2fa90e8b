//! The first start: whoever holds the link that the server printed names the organisation and becomes its admin.

use axum::extract::State;
use axum_extra::extract::cookie::CookieJar;
use hoopoe_db::{
    Tx,
    model::{Role, Tenant, User},
    sessions::{self, LinkPurpose},
    tenants,
    users::{self, NewUser},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{passwords, session, session::Session};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
    extract::{ClientIp, Json},
    secrets::token_hash,
    team::check,
};

/// Whether the server waits for its first user.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct SetupState {
    /// True until the first user is there.
    pub needed: bool,
}

/// The first organisation and its admin.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SetUp {
    /// What stands behind `#token=` in the link that the server printed.
    pub token: String,
    /// Name of the organisation.
    pub organisation: String,
    /// Name of the admin.
    pub name: String,
    /// E-mail address of the admin.
    pub email: String,
    /// Password of the admin.
    pub password: String,
}

/// Whether the server waits for its first user.
#[utoipa::path(get, path = "/setup", tag = "auth", security(()), responses((status = OK, body = SetupState)))]
pub async fn get_setup(State(app): State<App>) -> ApiResult<Json<SetupState>> {
    let needed = users::is_empty(&app.db).await?;
    Ok(Json(SetupState { needed }))
}

/// Name the first organisation and become its admin.
#[utoipa::path(post, path = "/setup", tag = "auth", security(()), responses((status = OK, body = Session)))]
pub async fn set_up(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    Json(input): Json<SetUp>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    app.limits.check_address(address)?;
    check::organisation(&input.organisation)?;
    let email = check::email(&input.email)?;
    check::name(&input.name)?;
    passwords::check_new(&input.password)?;
    let password_hash = app.passwords.hash(input.password).await?;
    let mut tx = app.db.begin().await?;
    sessions::take_link(
        &mut tx,
        &token_hash(&input.token),
        LinkPurpose::Setup,
        app.clock.now(),
    )
    .await?
    .ok_or_else(|| ApiError::unauthorized("this link was used before, or is too old"))?;
    if !users::is_empty_locked(&mut tx).await? {
        return Err(ApiError::conflict("the server was set up before"));
    }
    let admin = NewUser {
        email: &email,
        name: input.name.trim(),
        role: Role::Admin,
        locale: "en",
        password_hash: &password_hash,
    };
    let (tenant, user) = add_organisation(&app, &mut tx, &input.organisation, &admin).await?;
    app.commit(tx).await?;
    let (jar, session) = session::open(&app, &tenant.id, &user.id).await?;
    Ok((jar, Json(session)))
}

/// Adds an organisation with its first user.
///
/// # Errors
/// When the e-mail address is taken, or the database refuses.
pub async fn add_organisation(
    app: &App,
    tx: &mut Tx,
    name: &str,
    admin: &NewUser<'_>,
) -> ApiResult<(Tenant, User)> {
    let now = app.clock.now();
    let tenant = tenants::insert_tenant(tx, check::organisation(name)?, now).await?;
    let user = users::insert_user(tx, &tenant.id, admin, now).await?;
    Ok((tenant, user))
}
