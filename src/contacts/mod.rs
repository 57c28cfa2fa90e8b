//! Contacts as people of the team work with them: list and search, one, statistics, doubles, merges.
//!
//! Contacts belong to the whole tenant: everybody of it may see and change them. Who may see what was said is decided by conversations.

mod changes;
mod list;
mod merges;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// The feature's routes below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list_contacts, changes::create_contact))
        .routes(routes!(list::get_contact_statistics))
        .routes(routes!(list::list_contact_duplicates))
        .routes(routes!(list::get_contact, changes::update_contact))
        .routes(routes!(merges::merge_contacts))
        .routes(routes!(merges::list_contact_merges))
        .routes(routes!(merges::undo_merge))
}
