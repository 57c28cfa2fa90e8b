//! Files of messages: fetched from the provider by a job as soon as they are announced, kept in a folder or an S3-compatible store, served to
//! those who may see the account. Also pictures of contacts (`portrait`).

mod failure;
mod fetch;
mod headers;
pub(crate) mod incoming;
mod linked;
mod picture;
mod portrait;
mod prepare;
mod range;
mod serve;
mod sniff;
mod store;
mod sweep;
mod upload;
mod worker;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

pub(crate) use linked::resume;
pub(crate) use portrait::keep as keep_picture;
pub use store::MediaStore;
pub use sweep::sweep;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(serve::get_media))
        .routes(routes!(serve::get_media_thumbnail))
        .routes(routes!(serve::retry_media))
        .routes(routes!(portrait::get_contact_picture))
        .routes(routes!(upload::create_upload))
        .routes(routes!(upload::get_upload))
}

/// Starts the feature's background tasks (through `app.tasks`); called once when the server starts.
pub fn start(app: &App) {
    app.media.clear_incoming();
    worker::start(app);
    sweep::start(app);
}
