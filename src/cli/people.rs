//! Commands that let people in.

use anyhow::{Context as _, bail};
use hoopoe_db::{
    Tx,
    model::{Role, Tenant},
    tenants,
    users::{self, NewUser},
};

use super::{CreateAdmin, LoginLink};
use crate::{
    app::App,
    auth::{add_organisation, links, passwords},
    clock::Clock,
    config::Config,
    secrets::random_token,
    team::check,
};

/// Everything at hand, without disturbing a server that may be at work on the same data.
async fn open(config: Config) -> anyhow::Result<App> {
    super::migrate_unless_served(&config).await?;
    App::open_beside(config, Clock::System).await
}

/// Adds an admin, and their organisation where it is new.
pub async fn create_admin(config: Config, args: CreateAdmin) -> anyhow::Result<()> {
    let app = open(config).await?;
    let email = check::email(&args.email)?;
    let name = check::name(&args.name)?;
    let (password, is_made_up) = password(args.password_stdin)?;
    passwords::check_new(&password)?;
    let password_hash = app.passwords.hash(password.clone()).await?;
    let admin = NewUser {
        email: &email,
        name,
        role: Role::Admin,
        locale: "en",
        password_hash: &password_hash,
    };
    let mut tx = app.db.begin().await?;
    let organisation = add(&app, &mut tx, args.organisation.as_deref(), &admin).await?;
    app.commit(tx).await?;
    println!("{email} is now an admin of {organisation}.");
    if is_made_up {
        println!("Password (shown only now): {password}");
    }
    app.stop().await;
    Ok(())
}

async fn add(
    app: &App,
    tx: &mut Tx,
    organisation: Option<&str>,
    admin: &NewUser<'_>,
) -> anyhow::Result<String> {
    match find_organisation(app, organisation).await? {
        Found::Known(tenant) => {
            users::insert_user(tx, &tenant.id, admin, app.clock.now()).await?;
            Ok(tenant.name)
        }
        Found::New(name) => {
            let (tenant, _) = add_organisation(app, tx, &name, admin).await?;
            Ok(tenant.name)
        }
    }
}

enum Found {
    Known(Tenant),
    New(String),
}

async fn find_organisation(app: &App, wanted: Option<&str>) -> anyhow::Result<Found> {
    let known = tenants::list_tenants(&app.db).await?;
    let Some(wanted) = wanted else {
        let mut known = known.into_iter();
        return match (known.next(), known.next()) {
            (Some(only), None) => Ok(Found::Known(only)),
            (None, _) => bail!("there is no organisation yet: name it with --organisation"),
            _ => bail!("there are several organisations: name one with --organisation"),
        };
    };
    let found = known
        .into_iter()
        .find(|tenant| tenant.name == wanted.trim());
    Ok(found.map_or_else(|| Found::New(wanted.to_owned()), Found::Known))
}

/// The password, and whether it was made up here.
fn password(from_stdin: bool) -> anyhow::Result<(String, bool)> {
    if !from_stdin {
        return Ok((random_token(), true));
    }
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("the password can't be read from standard input")?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

/// Prints a link that logs a user in.
pub async fn login_link(config: Config, args: LoginLink) -> anyhow::Result<()> {
    let app = open(config).await?;
    let email = check::email(&args.email)?;
    let user = users::find_credentials(&app.db, &email)
        .await?
        .with_context(|| format!("nobody has the e-mail address {email}"))?;
    println!("{}", links::login_link(&app, &user.id).await?);
    app.stop().await;
    Ok(())
}
