//! Linking accounts, and undoing it.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use hoopoe_db::{
    Tx, accounts,
    ids::AccountId,
    linked::{self, Owned},
    model::{Account, Channel, Role},
};
use hoopoe_linked::Start;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{LinkOffer, check_enabled, offers, runs};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
    extract::{Json, Path},
};

/// How an account is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkMethod {
    /// The phone scans a QR code.
    #[default]
    Qr,
    /// A code is typed into the phone.
    Code,
}

/// How an account is to be linked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StartLink {
    /// `qr` by default.
    method: LinkMethod,
    /// The phone's number with country code, for `code`.
    phone: Option<String>,
}

impl StartLink {
    fn start(&self) -> ApiResult<Start> {
        if self.method == LinkMethod::Qr {
            return Ok(Start::Qr);
        }
        let phone = crate::accounts::check_phone(self.phone.as_deref().unwrap_or_default())?;
        let phone = phone.trim_start_matches('+').to_owned();
        Ok(Start::Code { phone })
    }
}

/// Accounts that were replaced.
#[derive(Debug, Serialize, ToSchema)]
pub struct Duplicates {
    /// Those that gave way to another account of their phone.
    removed: Vec<AccountId>,
}

/// Begin to link an account (manager)
///
/// What is to be scanned or typed comes as `account:link`, and is at `GET` of the same path. An account whose link may still be good (replaced,
/// kept out, outdated) is connected with it, without a code.
#[utoipa::path(post, path = "/accounts/{id}/link", tag = "accounts", params(("id" = AccountId, Path)),
    responses((status = ACCEPTED, body = Account), (status = CONFLICT, description = "It is linked: reset it first", body = crate::error::ErrorBody)))]
pub async fn start_link(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    Json(input): Json<StartLink>,
) -> ApiResult<(StatusCode, Json<Account>)> {
    may_link(&app, &access, &id).await?;
    check_enabled(&app)?;
    let mut start = input.start()?;
    let owned = owned(&access, &id);
    let now = app.clock.now();
    let device = linked::get_device(&app.db, &access.tenant_id, &id, now).await?;
    if device.is_kept() {
        return Err(ApiError::conflict(
            "this account is linked: reset it first, to link it anew",
        ));
    }
    let account = if device.may_resume() {
        start = Start::Resume;
        accounts::get_account(&app.db, &access.tenant_id, &id).await?
    } else {
        reset(&app, &access, &id).await?
    };
    app.tasks.spawn(begin(app.clone(), owned, start));
    Ok((StatusCode::ACCEPTED, Json(account)))
}

async fn begin(app: App, owned: Owned, start: Start) {
    let id = owned.id.clone();
    match runs::begin(&app, owned, start).await {
        Ok(true) => {}
        // Somebody began the same on another node.
        Ok(false) => tracing::info!(account = %id, "an account is another node's"),
        Err(error) => tracing::warn!(%error, account = %id, "an account could not be claimed"),
    }
}

fn owned(access: &Access, id: &AccountId) -> Owned {
    Owned {
        tenant_id: access.tenant_id.clone(),
        id: id.clone(),
    }
}

/// What is to be scanned, typed or confirmed on the phone now (manager)
#[utoipa::path(get, path = "/accounts/{id}/link", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = LinkOffer)))]
pub async fn get_link(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<impl IntoResponse> {
    may_link(&app, &access, &id).await?;
    let offer = app.linked.offers.get(&id, app.clock.now());
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(offer)))
}

/// Forget an account's link (manager). Whatever its state: it waits to be linked again then, with its conversations
#[utoipa::path(post, path = "/accounts/{id}/reset", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = Account)))]
pub async fn reset_link(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<Json<Account>> {
    may_link(&app, &access, &id).await?;
    reset(&app, &access, &id).await.map(Json)
}

/// The node that has the account, if any, finds out by what is committed.
async fn reset(app: &App, access: &Access, id: &AccountId) -> ApiResult<Account> {
    runs::unlink(app, id).await;
    let mut tx = app.db.begin().await?;
    let account = linked::reset(&mut tx, &access.tenant_id, id, app.clock.now()).await?;
    app.commit(tx).await?;
    offers::withdraw(app, &access.tenant_id, id);
    Ok(account)
}

/// Of several accounts of one phone, keep the one that is linked (admin). The others are marked as replaced
#[utoipa::path(post, path = "/accounts/cleanup-duplicates", tag = "accounts", responses((status = OK, body = Duplicates)))]
pub async fn cleanup_duplicates(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Duplicates>> {
    access.require(Role::Admin)?;
    let (now, tenant_id) = (app.clock.now(), &access.tenant_id);
    let mut tx = app.db.begin().await?;
    let removed = linked::replace_duplicates(&mut tx, tenant_id, now).await?;
    app.commit(tx).await?;
    for id in &removed {
        offers::withdraw(&app, tenant_id, id);
    }
    Ok(Json(Duplicates { removed }))
}

/// Lets managers through to linked devices that they may see.
async fn may_link(app: &App, access: &Access, id: &AccountId) -> ApiResult<()> {
    access.account(id)?;
    access.require(Role::Manager)?;
    let account = accounts::get_account(&app.db, &access.tenant_id, id).await?;
    if account.channel == Channel::Linked {
        return Ok(());
    }
    Err(ApiError::conflict(
        "this number is on the Cloud API: there is no phone to link",
    ))
}

/// Whether the organisation may have one more linked device.
pub(crate) async fn check_count(app: &App, tx: &mut Tx, access: &Access) -> ApiResult<()> {
    let most = app.config.linked.max_accounts;
    if accounts::count_linked(tx, &access.tenant_id).await? >= i64::from(most) {
        return Err(ApiError::conflict(format!(
            "{most} phones are linked, and the setting linked.max_accounts allows no more"
        )));
    }
    Ok(())
}
