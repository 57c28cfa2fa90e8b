//! Merging two contacts by hand, and undoing a merge.

use axum::{extract::State, http::StatusCode};
use hoopoe_db::{
    ids::{ContactId, MergeId},
    merges::{self, MergeError},
    model::Merge,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
    page::Page,
};

impl From<MergeError> for ApiError {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::SameContact | MergeError::GroupAndPerson => {
                Self::validation("other_id", error.to_string())
            }
            MergeError::AlreadyUndone | MergeError::NewerMerge => Self::conflict(error.to_string()),
            MergeError::Db(error) => error.into(),
        }
    }
}

/// Who goes into the contact of the path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeContacts {
    /// The contact that goes.
    other_id: ContactId,
}

/// Make two contacts one: the one of the path remains
#[utoipa::path(post, path = "/contacts/{id}/merge", tag = "contacts", params(("id" = ContactId, Path)),
    request_body = MergeContacts,
    responses((status = 201, body = Merge), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn merge_contacts(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ContactId>,
    Json(body): Json<MergeContacts>,
) -> ApiResult<(StatusCode, Json<Merge>)> {
    let (tenant_id, user_id) = (&access.tenant_id, &access.user_id);
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let merge = merges::merge(&mut tx, tenant_id, &id, &body.other_id, user_id, now).await?;
    app.commit(tx).await?;
    Ok((StatusCode::CREATED, Json(merge)))
}

/// Merges that a contact was part of, newest first
#[utoipa::path(get, path = "/contacts/{id}/merges", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = Page<Merge>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_contact_merges(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ContactId>,
) -> ApiResult<Json<Page<Merge>>> {
    let found = merges::list_of_contact(&app.db, &access.tenant_id, &id).await?;
    if found.is_empty() {
        // Nothing was merged, or there is no such contact: only one of them is an empty list.
        hoopoe_db::contacts::get(&app.db, &access.tenant_id, &id).await?;
    }
    Ok(Json(Page::whole(found)))
}

/// Undo a merge: both contacts are there again
#[utoipa::path(post, path = "/merges/{id}/undo", tag = "contacts", params(("id" = MergeId, Path)),
    responses((status = 200, body = Merge), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn undo_merge(
    State(app): State<App>,
    access: Access,
    Path(id): Path<MergeId>,
) -> ApiResult<Json<Merge>> {
    let mut tx = app.db.begin().await?;
    let merge = merges::undo(&mut tx, &access.tenant_id, &id, app.clock.now()).await?;
    app.commit(tx).await?;
    Ok(Json(merge))
}
