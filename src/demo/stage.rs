//! Puts the demo's organisation into a fresh database, or finds it in one that was kept. Called by `run` before the server answers.

use anyhow::{Context as _, ensure};
use hoopoe_db::{
    Id as _, Millis, Tx,
    accounts::{self, NewAccount},
    ids::{AccountId, MetaAppId, TenantId, UserId},
    meta_apps::{self, SealedMetaApp},
    model::{Account, AccountState, Channel, Role, User},
    saved_replies, tenants,
    users::{self, NewUser},
};
use hoopoe_simulator::{SimApp, SimNumber};

use super::{
    cast::{self, COLLEAGUES, NUMBERS, Number},
    templates::insert_templates,
};
use crate::{
    accounts::{access_token_place, hooks},
    app::App,
    auth::add_organisation,
    secrets::random_token,
};

/// How long ago the shop began to use Hoopoe.
const BEGAN_MS: Millis = 40 * 24 * 60 * 60 * 1000;

/// The organisation, and what Meta has to know of it.
#[derive(Debug)]
pub struct Stage {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Everybody, admin first.
    pub people: Vec<User>,
    /// The numbers, in the order of [`NUMBERS`].
    pub accounts: Vec<Account>,
    /// The app as Meta knows it.
    pub app: SimApp,
    /// The numbers as Meta knows them.
    pub numbers: Vec<SimNumber>,
}

impl Stage {
    /// Builds it all anew. `graph_url` is where the simulated Graph API will be.
    pub async fn build(app: &App, graph_url: &str) -> anyhow::Result<Self> {
        let began = app.clock.now() - BEGAN_MS;
        let mut tx = app.db.begin().await?;
        let (tenant_id, user_ids) = insert_people(app, &mut tx, began).await?;
        let meta_app_id = insert_meta_app(app, &mut tx, &tenant_id, began).await?;
        for (position, number) in NUMBERS.iter().enumerate() {
            let id =
                insert_number(app, &mut tx, &tenant_id, &meta_app_id, number, graph_url).await?;
            let members = members_of(position, &user_ids);
            accounts::replace_members(&mut tx, &tenant_id, &id, &members).await?;
        }
        insert_templates(&mut tx, &tenant_id, began).await?;
        for reply in cast::SAVED_REPLIES {
            saved_replies::insert_saved_reply(&mut tx, &tenant_id, reply, began).await?;
        }
        app.commit(tx).await?;
        Self::find(app, graph_url).await
    }

    /// Finds it in a database that was kept.
    pub async fn find(app: &App, graph_url: &str) -> anyhow::Result<Self> {
        let tenants = tenants::list_tenants(&app.db).await?;
        let tenant = tenants
            .into_iter()
            .find(|tenant| tenant.name == cast::ORGANISATION)
            .context("what is in this folder is no demo: leave out --keep")?;
        let accounts = accounts::list_accounts(&app.db, &tenant.id).await?;
        let mut numbers = Vec::new();
        for account in &accounts {
            numbers.push(simulated_number(app, &tenant.id, account, graph_url).await?);
        }
        let meta_apps = meta_apps::list_meta_apps(&app.db, &tenant.id).await?;
        let meta_app = meta_apps
            .first()
            .context("the demo has lost its Meta app")?;
        Ok(Self {
            people: users::list_users(&app.db, &tenant.id).await?,
            app: simulated_app(app, meta_app)?,
            tenant_id: tenant.id,
            accounts,
            numbers,
        })
    }
}

/// The organisation and everybody in it. Nobody has a password: they come in by one-time links.
async fn insert_people(
    app: &App,
    tx: &mut Tx,
    began: Millis,
) -> anyhow::Result<(TenantId, Vec<UserId>)> {
    let mut tenant_id = None;
    let mut user_ids = Vec::new();
    for colleague in COLLEAGUES {
        let email = colleague.email();
        let new = NewUser {
            email: &email,
            name: colleague.name,
            role: colleague.role,
            locale: "en",
            password_hash: "",
        };
        let user = if let Some(tenant_id) = &tenant_id {
            users::insert_user(tx, tenant_id, &new, began).await?
        } else {
            let (tenant, user) = add_organisation(app, tx, cast::ORGANISATION, &new).await?;
            tenant_id = Some(tenant.id);
            user
        };
        user_ids.push(user.id);
    }
    Ok((tenant_id.context("the demo has no people")?, user_ids))
}

fn members_of(position: usize, user_ids: &[UserId]) -> Vec<UserId> {
    COLLEAGUES
        .iter()
        .zip(user_ids)
        .filter(|(colleague, _)| {
            colleague.role == Role::Agent && colleague.numbers.contains(&position)
        })
        .map(|(_, id)| id.clone())
        .collect()
}

async fn insert_meta_app(
    app: &App,
    tx: &mut Tx,
    tenant_id: &TenantId,
    began: Millis,
) -> anyhow::Result<MetaAppId> {
    let id = MetaAppId::new(began);
    let seal = |place: String| app.secrets.seal(&place, random_token().as_bytes());
    let sealed = SealedMetaApp {
        tenant_id: tenant_id.clone(),
        name: cast::META_APP.to_owned(),
        hook: random_token(),
        app_secret: seal(hooks::secret_place(&id))?,
        verify_token: seal(hooks::verify_place(&id))?,
        portfolio_id: None,
        created_at: began,
        id: id.clone(),
    };
    meta_apps::insert_meta_app(tx, &sealed).await?;
    Ok(id)
}

async fn insert_number(
    app: &App,
    tx: &mut Tx,
    tenant_id: &TenantId,
    meta_app_id: &MetaAppId,
    number: &Number,
    graph_url: &str,
) -> anyhow::Result<AccountId> {
    let began = app.clock.now() - BEGAN_MS;
    let id = AccountId::new(began);
    let token = format!("EAA{}", random_token());
    let sealed = app
        .secrets
        .seal(&access_token_place(&id), token.as_bytes())?;
    let phone = number.e164();
    let new = NewAccount {
        id: id.clone(),
        channel: Channel::Cloud,
        name: number.name,
        color: number.color,
        phone: Some(&phone),
        phone_number_id: Some(number.phone_number_id),
        waba_id: Some(cast::WABA_ID),
        meta_app_id: Some(meta_app_id),
        access_token: Some(&sealed),
        graph_url: Some(graph_url),
        state: AccountState::Connected,
    };
    accounts::insert_account(tx, tenant_id, &new, began).await?;
    Ok(id)
}

fn simulated_app(app: &App, sealed: &SealedMetaApp) -> anyhow::Result<SimApp> {
    let open = |place: String, text: &str| app.secrets.open_text(&place, text);
    Ok(SimApp {
        callback_url: format!(
            "{}/webhooks/whatsapp/{}",
            app.config.public_url(),
            sealed.hook
        ),
        app_secret: open(hooks::secret_place(&sealed.id), &sealed.app_secret)?,
        verify_token: open(hooks::verify_place(&sealed.id), &sealed.verify_token)?,
    })
}

async fn simulated_number(
    app: &App,
    tenant_id: &TenantId,
    account: &Account,
    graph_url: &str,
) -> anyhow::Result<SimNumber> {
    let access = accounts::get_provider_access(&app.db, tenant_id, &account.id).await?;
    let held = access.graph_url.unwrap_or_default();
    ensure!(
        held == graph_url,
        "the phones of this demo were at {held}: name that with --phones, or leave out --keep"
    );
    let sealed = access
        .access_token
        .context("a number has no access token")?;
    let token = app
        .secrets
        .open_text(&access_token_place(&account.id), &sealed)?;
    let phone_number_id = access.phone_number_id.unwrap_or_default();
    let known = NUMBERS
        .iter()
        .find(|number| number.phone_number_id == phone_number_id);
    Ok(SimNumber {
        phone_number_id,
        display_phone_number: known.map_or_else(
            || account.phone.clone().unwrap_or_default(),
            |number| number.phone.to_owned(),
        ),
        verified_name: known.map_or_else(
            || account.name.clone(),
            |number| number.verified_name.to_owned(),
        ),
        waba_id: account.waba_id.clone().unwrap_or_default(),
        access_token: token,
        app: 0,
    })
}
