//! Connected numbers: who may see them, and the Meta apps whose webhooks bring their messages.

#[expect(
    clippy::module_inception,
    reason = "the feature's main thing has the feature's name"
)]
mod accounts;
mod check;
pub mod hooks;
mod members;
mod meta_apps;
mod state;
mod touched;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(crate) use check::phone as check_phone;
pub use state::{Seen, report};
pub use touched::Touched;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list_accounts, accounts::create_account))
        .routes(routes!(
            accounts::get_account,
            accounts::update_account,
            accounts::delete_account
        ))
        .routes(routes!(accounts::get_capabilities))
        .routes(routes!(members::get_members, members::replace_members))
        .routes(routes!(
            meta_apps::list_meta_apps,
            meta_apps::create_meta_app
        ))
        .routes(routes!(meta_apps::delete_meta_app))
}

/// Starts the feature's tasks.
pub fn start(app: &App) {
    touched::start(app);
}

/// Where an account's access token is sealed to.
pub fn access_token_place(id: &hoopoe_db::ids::AccountId) -> String {
    format!("accounts/{id}/access_token")
}
