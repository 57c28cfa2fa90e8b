//! Listing, adding and changing people. An organisation always keeps an admin who can log in.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    Tx, accounts,
    ids::UserId,
    model::{Role, User},
    sessions,
    users::{self, NewUser, UserChange},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check;
use crate::{
    app::App,
    auth::{Access, passwords},
    error::{ApiError, ApiResult},
    extract::{Json, Path},
    page::Page,
};

/// Somebody to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// E-mail address; case does not matter.
    pub email: String,
    /// Name as colleagues see it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their first password.
    pub password: String,
    /// Language of the web app; English where it is left out.
    #[serde(default)]
    pub locale: Option<String>,
}

/// What is to be changed of somebody; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateUser {
    /// Name as colleagues see it.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they are locked out; ends all their logins.
    pub disabled: Option<bool>,
    /// A new password; ends all their logins.
    pub password: Option<String>,
}

/// Everybody of the organisation.
#[utoipa::path(get, path = "/users", tag = "team", responses((status = OK, body = Page<User>)))]
pub async fn list_users(State(app): State<App>, access: Access) -> ApiResult<Json<Page<User>>> {
    let users = users::list_users(&app.db, &access.tenant_id).await?;
    Ok(Json(Page::whole(users)))
}

/// Add somebody (admin).
#[utoipa::path(post, path = "/users", tag = "team", responses((status = CREATED, body = User)))]
pub async fn create_user(
    State(app): State<App>,
    access: Access,
    Json(input): Json<CreateUser>,
) -> ApiResult<(StatusCode, Json<User>)> {
    access.require(Role::Admin)?;
    let email = check::email(&input.email)?;
    let locale = check::locale(input.locale.as_deref().unwrap_or("en"))?;
    let name = check::name(&input.name)?;
    passwords::check_new(&input.password)?;
    let password_hash = app.passwords.hash(input.password).await?;
    let new = NewUser {
        email: &email,
        name,
        role: input.role,
        locale,
        password_hash: &password_hash,
    };
    let mut tx = app.db.begin().await?;
    let user = users::insert_user(&mut tx, &access.tenant_id, &new, app.clock.now()).await?;
    app.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Change somebody (admin).
///
/// A new role, password or lock takes effect at once, on open screens too. The last admin who can log in can be neither locked out nor
/// given another role.
#[utoipa::path(patch, path = "/users/{id}", tag = "team", params(("id" = UserId, Path)), responses((status = OK, body = User)))]
pub async fn update_user(
    State(app): State<App>,
    access: Access,
    Path(id): Path<UserId>,
    Json(update): Json<UpdateUser>,
) -> ApiResult<Json<User>> {
    access.require(Role::Admin)?;
    let name = update.name.as_deref().map(check::name).transpose()?;
    let before = users::get_user(&app.db, &access.tenant_id, &id).await?;
    let password_hash = hash_new(&app, update.password).await?;
    let change = UserChange {
        name,
        role: update.role.filter(|role| *role != before.role),
        disabled: update
            .disabled
            .filter(|disabled| *disabled != before.disabled),
        password_hash: password_hash.as_deref(),
        ..UserChange::default()
    };
    let mut tx = app.db.begin().await?;
    check_admin_remains(&mut tx, &access, &before, &change).await?;
    let user = users::update_user(&mut tx, &access.tenant_id, &id, &change).await?;
    follow_up(&app, &mut tx, &access, &user, &change).await?;
    app.commit(tx).await?;
    Ok(Json(user))
}

async fn hash_new(app: &App, password: Option<String>) -> ApiResult<Option<String>> {
    let Some(password) = password else {
        return Ok(None);
    };
    passwords::check_new(&password)?;
    app.passwords.hash(password).await.map(Some)
}

/// Refuses what would leave nobody to run the organisation.
async fn check_admin_remains(
    tx: &mut Tx,
    access: &Access,
    before: &User,
    change: &UserChange<'_>,
) -> ApiResult<()> {
    let field = match (change.role, change.disabled) {
        (Some(_), _) => "role",
        (None, Some(true)) => "disabled",
        _ => return Ok(()),
    };
    let counted = before.role == Role::Admin && !before.disabled;
    if counted && users::count_other_admins(tx, &access.tenant_id, &before.id).await? == 0 {
        return Err(ApiError::validation(
            field,
            "the organisation needs an admin who can log in",
        ));
    }
    Ok(())
}

/// What else a change brings about: logins end, and the accounts in sight may change with the role.
async fn follow_up(
    app: &App,
    tx: &mut Tx,
    access: &Access,
    user: &User,
    change: &UserChange<'_>,
) -> ApiResult<()> {
    if change.disabled == Some(true) || change.password_hash.is_some() {
        let own = (user.id == access.user_id).then_some(&access.session_id);
        sessions::revoke_user(tx, &user.id, own, app.clock.now()).await?;
    }
    if change.role.is_some() {
        accounts::announce_memberships(tx, &access.tenant_id, std::slice::from_ref(&user.id))
            .await?;
    }
    Ok(())
}
