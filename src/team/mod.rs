//! The people of a tenant: everybody may list them (for names), admins add and change them.

pub mod check;
mod users;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::update_user))
}
