//! The stand-in for Meta's Graph API under `/{version}/…`, and the media download address.
//! Called over HTTP by Hoopoe; mounted by `Simulator::start`.

mod auth;
mod content_check;
mod error;
mod interactive_check;
mod media;
mod messages;
mod new_template;
mod objects;
mod outbound;
mod param;
mod recipients;
mod samples;
mod template_check;
mod templates;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::engine::Engine;

/// Largest upload: a document of 100 MB and its multipart wrapping.
const UPLOAD_LIMIT: usize = 101 * 1024 * 1024;

/// All Graph API routes.
pub(crate) fn router() -> Router<Arc<Engine>> {
    Router::new()
        .route(
            "/{version}/{object}",
            get(objects::get_object)
                .post(templates::post_object)
                .delete(objects::delete_object)
                .layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/{version}/{object}/messages", post(messages::post_message))
        .route(
            "/{version}/{object}/media",
            post(media::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route(
            "/{version}/{object}/subscribed_apps",
            get(objects::list_subscribed_apps)
                .post(objects::subscribe_app)
                .delete(objects::unsubscribe_app),
        )
        .route(
            "/{version}/{object}/message_templates",
            get(templates::list_templates)
                .post(templates::create_template)
                .delete(templates::delete_template),
        )
        .route("/{version}/{object}/uploads", post(samples::start_upload))
        .route(
            "/{version}/{object}/phone_numbers",
            get(objects::list_phone_numbers),
        )
        .route("/whatsapp_business/attachments/", get(media::download))
}
