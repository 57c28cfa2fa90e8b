//! Listing, connecting, changing and removing numbers.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    Id as _, Tx, accounts,
    accounts::{AccountChange, NewAccount},
    ids::{AccountId, MetaAppId},
    meta_apps,
    model::{Account, AccountState, Capabilities, Channel, Role},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{access_token_place, check};
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult},
    extract::{Json, Path},
    linked,
    page::Page,
};

/// A number to be connected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// How it reaches WhatsApp: `cloud`, or `linked` for a phone that is linked afterwards.
    pub channel: Channel,
    /// Name as agents see it.
    pub name: String,
    /// Colour as `#rrggbb`.
    #[serde(default)]
    pub color: Option<String>,
    /// Phone number with country code (`cloud`; of `linked` it is learned from the phone).
    #[serde(default)]
    pub phone: Option<String>,
    /// Meta's id of the number (`cloud`).
    #[serde(default)]
    pub phone_number_id: Option<String>,
    /// Meta's id of the WhatsApp Business Account (`cloud`).
    #[serde(default)]
    pub waba_id: Option<String>,
    /// The Meta app whose webhook it uses (`cloud`).
    #[serde(default)]
    pub meta_app_id: Option<MetaAppId>,
    /// For sending and for fetching media. Never shown again.
    #[serde(default)]
    pub access_token: Option<String>,
}

/// What is to be changed of a number; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateAccount {
    /// Name as agents see it.
    pub name: Option<String>,
    /// Colour as `#rrggbb`.
    pub color: Option<String>,
    /// Phone number with country code.
    pub phone: Option<String>,
    /// Meta's id of the number.
    pub phone_number_id: Option<String>,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
    /// The Meta app whose webhook it uses.
    pub meta_app_id: Option<MetaAppId>,
    /// For sending and for fetching media. Never shown again.
    pub access_token: Option<String>,
    /// Whether customers see that their messages were read.
    pub send_read_receipts: Option<bool>,
    /// Whether customers see that somebody is typing.
    pub send_typing: Option<bool>,
    /// Whether free text is refused once 24 hours have passed since the customer's last message.
    pub enforce_window: Option<bool>,
    /// Most messages that are sent per second, 1 to 1000.
    pub rate_per_second: Option<i64>,
    /// Whether messages of groups are left out (linked devices only).
    pub ignore_groups: Option<bool>,
}

/// The accounts that one may see.
#[utoipa::path(get, path = "/accounts", tag = "accounts", responses((status = OK, body = Page<Account>)))]
pub async fn list_accounts(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Page<Account>>> {
    let mut accounts = accounts::list_accounts(&app.db, &access.tenant_id).await?;
    accounts.retain(|account| access.may_see(&account.id));
    Ok(Json(Page::whole(accounts)))
}

/// One account.
#[utoipa::path(get, path = "/accounts/{id}", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = Account)))]
pub async fn get_account(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<Json<Account>> {
    access.account(&id)?;
    let account = accounts::get_account(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(account))
}

/// What an account can do
///
/// The same as in the account. Clients show only that, and the API refuses the rest by its field.
#[utoipa::path(get, path = "/accounts/{id}/capabilities", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = Capabilities)))]
pub async fn get_capabilities(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<Json<Capabilities>> {
    access.account(&id)?;
    let account = accounts::get_account(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(account.capabilities))
}

/// Connect a number (admin). A linked device waits for its phone then.
#[utoipa::path(post, path = "/accounts", tag = "accounts", responses((status = CREATED, body = Account)))]
pub async fn create_account(
    State(app): State<App>,
    access: Access,
    Json(input): Json<CreateAccount>,
) -> ApiResult<(StatusCode, Json<Account>)> {
    access.require(Role::Admin)?;
    let removed = match &input.phone_number_id {
        Some(number) => accounts::find_removed(&app.db, &access.tenant_id, number).await?,
        None => None,
    };
    let id = removed.unwrap_or_else(|| AccountId::new(app.clock.now()));
    let checked = Checked::new(&app, &access, &id, input).await?;
    let mut tx = app.db.begin().await?;
    check_count(&app, &mut tx, &access).await?;
    if checked.cloud.is_none() {
        linked::check_count(&app, &mut tx, &access).await?;
    }
    let account = accounts::insert_account(
        &mut tx,
        &access.tenant_id,
        &checked.as_new(id),
        app.clock.now(),
    )
    .await?;
    let audience = accounts::list_audience(&mut tx, &access.tenant_id, &account.id).await?;
    accounts::announce_memberships(&mut tx, &access.tenant_id, &audience).await?;
    app.commit(tx).await?;
    app.hooks.forget_tenant(&access.tenant_id);
    Ok((StatusCode::CREATED, Json(account)))
}

async fn check_count(app: &App, tx: &mut Tx, access: &Access) -> ApiResult<()> {
    let most = app.config.limits.max_accounts;
    if accounts::count_accounts(tx, &access.tenant_id).await? >= i64::from(most) {
        return Err(ApiError::conflict(format!(
            "{most} numbers are connected, and the setting limits.max_accounts allows no more"
        )));
    }
    Ok(())
}

/// A number's input after the checks.
struct Checked {
    name: String,
    color: String,
    /// What only numbers of the Cloud API have.
    cloud: Option<Cloud>,
}

struct Cloud {
    phone: String,
    phone_number_id: String,
    waba_id: String,
    meta_app_id: MetaAppId,
    access_token: Option<String>,
}

impl Checked {
    async fn new(
        app: &App,
        access: &Access,
        id: &AccountId,
        input: CreateAccount,
    ) -> ApiResult<Self> {
        let color = input.color.as_deref().unwrap_or(check::DEFAULT_COLOR);
        let (name, color) = (check::name(&input.name)?.to_owned(), check::color(color)?);
        let cloud = match input.channel {
            Channel::Cloud => Some(Cloud::new(app, access, id, input).await?),
            Channel::Linked => {
                linked::check_enabled(app)?;
                input.check_bare()?;
                None
            }
            Channel::Simulator => {
                return Err(ApiError::validation("channel", "expected cloud or linked"));
            }
        };
        Ok(Self { name, color, cloud })
    }

    fn as_new(&self, id: AccountId) -> NewAccount<'_> {
        let cloud = self.cloud.as_ref();
        NewAccount {
            id,
            channel: cloud.map_or(Channel::Linked, |_| Channel::Cloud),
            name: &self.name,
            color: &self.color,
            phone: cloud.map(|cloud| cloud.phone.as_str()),
            phone_number_id: cloud.map(|cloud| cloud.phone_number_id.as_str()),
            waba_id: cloud.map(|cloud| cloud.waba_id.as_str()),
            meta_app_id: cloud.map(|cloud| &cloud.meta_app_id),
            access_token: cloud.and_then(|cloud| cloud.access_token.as_deref()),
            graph_url: None,
            state: cloud.map_or(AccountState::NeedsQr, |_| AccountState::Connected),
        }
    }
}

impl Cloud {
    async fn new(
        app: &App,
        access: &Access,
        id: &AccountId,
        input: CreateAccount,
    ) -> ApiResult<Self> {
        let meta_app_id = input
            .meta_app_id
            .ok_or_else(|| ApiError::validation("meta_app_id", "meta_app_id is missing"))?;
        check_meta_app(app, access, &meta_app_id).await?;
        let number = needed("phone_number_id", input.phone_number_id.as_deref())?;
        let waba = needed("waba_id", input.waba_id.as_deref())?;
        Ok(Self {
            phone: check::phone(needed("phone", input.phone.as_deref())?)?,
            phone_number_id: check::meta_id("phone_number_id", number)?.to_owned(),
            waba_id: check::meta_id("waba_id", waba)?.to_owned(),
            meta_app_id,
            access_token: seal(app, id, input.access_token.as_deref())?,
        })
    }
}

impl CreateAccount {
    /// What the Cloud API needs says nothing of a phone.
    fn check_bare(&self) -> ApiResult<()> {
        let given = [
            ("phone", self.phone.is_some()),
            ("phone_number_id", self.phone_number_id.is_some()),
            ("waba_id", self.waba_id.is_some()),
            ("meta_app_id", self.meta_app_id.is_some()),
            ("access_token", self.access_token.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) => Err(ApiError::validation(*field, OF_CLOUD)),
            None => Ok(()),
        }
    }
}

/// Why a linked device can't have what the Cloud API needs.
const OF_CLOUD: &str = "only numbers of the Cloud API have this";

fn needed<'a>(field: &'static str, value: Option<&'a str>) -> ApiResult<&'a str> {
    value.ok_or_else(|| ApiError::validation(field, format!("{field} is missing")))
}

async fn check_meta_app(app: &App, access: &Access, id: &MetaAppId) -> ApiResult<()> {
    match meta_apps::get_meta_app(&app.db, &access.tenant_id, id).await {
        Ok(_) => Ok(()),
        Err(hoopoe_db::DbError::NotFound) => Err(ApiError::validation(
            "meta_app_id",
            "there is no such Meta app",
        )),
        Err(error) => Err(error.into()),
    }
}

fn seal(app: &App, id: &AccountId, token: Option<&str>) -> ApiResult<Option<String>> {
    let Some(token) = token.filter(|token| !token.trim().is_empty()) else {
        return Ok(None);
    };
    let token = check::access_token(token)?;
    let sealed = app.secrets.seal(&access_token_place(id), token.as_bytes());
    sealed.map(Some).map_err(ApiError::internal)
}

/// Change a number (admin; managers its name and colour).
#[utoipa::path(patch, path = "/accounts/{id}", tag = "accounts", params(("id" = AccountId, Path)), responses((status = OK, body = Account)))]
pub async fn update_account(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
    Json(input): Json<UpdateAccount>,
) -> ApiResult<Json<Account>> {
    access.account(&id)?;
    access.require(if input.is_cosmetic() {
        Role::Manager
    } else {
        Role::Admin
    })?;
    input.check_channel(&app, &access, &id).await?;
    if let Some(meta_app_id) = &input.meta_app_id {
        check_meta_app(&app, &access, meta_app_id).await?;
    }
    let color = input.color.as_deref().map(check::color).transpose()?;
    let phone = input.phone.as_deref().map(check::phone).transpose()?;
    let access_token = seal(&app, &id, input.access_token.as_deref())?;
    let change = AccountChange {
        name: input.name.as_deref().map(check::name).transpose()?,
        color: color.as_deref(),
        phone: phone.as_deref(),
        phone_number_id: meta_id("phone_number_id", input.phone_number_id.as_deref())?,
        waba_id: meta_id("waba_id", input.waba_id.as_deref())?,
        meta_app_id: input.meta_app_id.as_ref(),
        access_token: access_token.as_deref(),
        send_read_receipts: input.send_read_receipts,
        send_typing: input.send_typing,
        enforce_window: input.enforce_window,
        rate_per_second: input.rate_per_second.map(check::rate).transpose()?,
        ignore_groups: input.ignore_groups,
    };
    let mut tx = app.db.begin().await?;
    let (tenant_id, now) = (&access.tenant_id, app.clock.now());
    let account = accounts::update_account(&mut tx, tenant_id, &id, &change, now).await?;
    app.commit(tx).await?;
    app.hooks.forget_tenant(&access.tenant_id);
    Ok(Json(account))
}

fn meta_id<'a>(field: &'static str, id: Option<&'a str>) -> ApiResult<Option<&'a str>> {
    id.map(|id| check::meta_id(field, id)).transpose()
}

impl UpdateAccount {
    /// Refuses what the account's channel does not have.
    async fn check_channel(&self, app: &App, access: &Access, id: &AccountId) -> ApiResult<()> {
        let account = accounts::get_account(&app.db, &access.tenant_id, id).await?;
        let is_linked = account.channel == Channel::Linked;
        let foreign = [
            ("phone", self.phone.is_some() && is_linked),
            (
                "phone_number_id",
                self.phone_number_id.is_some() && is_linked,
            ),
            ("waba_id", self.waba_id.is_some() && is_linked),
            ("meta_app_id", self.meta_app_id.is_some() && is_linked),
            ("access_token", self.access_token.is_some() && is_linked),
            ("enforce_window", self.enforce_window.is_some() && is_linked),
            ("ignore_groups", self.ignore_groups.is_some() && !is_linked),
        ];
        let Some((field, _)) = foreign.iter().find(|(_, is_foreign)| *is_foreign) else {
            return Ok(());
        };
        let reason = if is_linked {
            OF_CLOUD
        } else {
            "only linked devices have this"
        };
        Err(ApiError::validation(*field, reason))
    }

    /// Whether it changes only how the account looks.
    fn is_cosmetic(&self) -> bool {
        self.phone.is_none()
            && self.phone_number_id.is_none()
            && self.waba_id.is_none()
            && self.meta_app_id.is_none()
            && self.access_token.is_none()
            && self.enforce_window.is_none()
            && self.rate_per_second.is_none()
            && self.ignore_groups.is_none()
    }
}

/// Disconnect a number (admin). Its conversations are no longer shown; they come back if the number is connected again.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", params(("id" = AccountId, Path)), responses((status = NO_CONTENT)))]
pub async fn delete_account(
    State(app): State<App>,
    access: Access,
    Path(id): Path<AccountId>,
) -> ApiResult<StatusCode> {
    access.account(&id)?;
    access.require(Role::Admin)?;
    linked::unlink(&app, &id).await;
    let mut tx = app.db.begin().await?;
    let audience = accounts::list_audience(&mut tx, &access.tenant_id, &id).await?;
    accounts::delete_account(&mut tx, &access.tenant_id, &id, app.clock.now()).await?;
    accounts::announce_memberships(&mut tx, &access.tenant_id, &audience).await?;
    app.commit(tx).await?;
    app.hooks.forget_tenant(&access.tenant_id);
    Ok(StatusCode::NO_CONTENT)
}
