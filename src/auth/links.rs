//! One-time links that are printed in the operator's terminal: set-up on the first start, and logins.

use hoopoe_db::{
    Millis,
    ids::UserId,
    sessions::{self, LinkPurpose},
};

use crate::{
    app::App,
    error::ApiResult,
    secrets::{random_token, token_hash},
};

/// How long a set-up link is good.
const SETUP_MS: Millis = 24 * 60 * 60 * 1000;

/// How long a login link is good.
const LOGIN_MS: Millis = 15 * 60 * 1000;

/// Makes a link to the page where the first organisation is named.
///
/// # Errors
/// When the database refuses.
pub async fn setup_link(app: &App) -> ApiResult<String> {
    let token = make(app, LinkPurpose::Setup, None, SETUP_MS).await?;
    Ok(format!("{}/setup#token={token}", app.config.public_url()))
}

/// Makes a link that logs a user in.
///
/// # Errors
/// When the database refuses.
pub async fn login_link(app: &App, user_id: &UserId) -> ApiResult<String> {
    let token = make(app, LinkPurpose::Login, Some(user_id), LOGIN_MS).await?;
    Ok(format!("{}/login#link={token}", app.config.public_url()))
}

async fn make(
    app: &App,
    purpose: LinkPurpose,
    user_id: Option<&UserId>,
    life: Millis,
) -> ApiResult<String> {
    let token = random_token();
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    sessions::insert_link(
        &mut tx,
        &token_hash(&token),
        purpose,
        user_id,
        now,
        now + life,
    )
    .await?;
    app.commit(tx).await?;
    Ok(token)
}
