//! Reading contacts: list and search, one, and what the contacts page tells of all.

use axum::extract::State;
use hoopoe_db::{
    Millis, contacts,
    contacts::{Duplicates, Place, Statistics},
    ids::ContactId,
    model::Contact,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
    page::{Limit, Page},
};

/// Longest search text in characters.
const MAX_SEARCH: usize = 200;

/// Milliseconds of a day.
const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// Which contacts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Words of a name, or digits of a number: its first ones, with or without country code, or its last ones.
    q: Option<String>,
    /// From the last answer.
    cursor: Option<String>,
    /// 1 to 100, 50 by default.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    limit: Limit,
}

/// Contacts: those who wrote last first, or with `q` by name
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ListQuery),
    responses((status = 200, body = Page<Contact>), (status = 401, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn list_contacts(
    State(app): State<App>,
    access: Access,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Contact>>> {
    let after = query.cursor.as_deref().map(str::parse::<Place>).transpose();
    let after = after.map_err(|reason| ApiError::validation("cursor", reason))?;
    let text = query.q.unwrap_or_default();
    if text.chars().count() > MAX_SEARCH {
        let message = format!("at most {MAX_SEARCH} characters");
        return Err(ApiError::validation("q", message));
    }
    let (db, tenant, limit) = (&app.db, &access.tenant_id, query.limit.get());
    let page = if text.trim().is_empty() {
        contacts::list(db, tenant, after.as_ref(), limit).await?
    } else {
        contacts::search(db, tenant, &text, after.as_ref(), limit).await?
    };
    Ok(Json(Page {
        items: page.items,
        next_cursor: page.next.map(|place| place.to_string()),
    }))
}

/// One contact
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = Contact), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_contact(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ContactId>,
) -> ApiResult<Json<Contact>> {
    let contact = contacts::get(&app.db, &access.tenant_id, &id).await?;
    Ok(Json(contact))
}

/// Where the asking person's day began.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StatisticsQuery {
    /// Start of the day for `new_today`, Unix milliseconds; midnight UTC by default.
    day_start: Option<Millis>,
}

/// How many contacts there are, and how well they are known
#[utoipa::path(get, path = "/contacts/statistics", tag = "contacts", params(StatisticsQuery),
    responses((status = 200, body = Statistics), (status = 401, body = ErrorBody)))]
pub(super) async fn get_contact_statistics(
    State(app): State<App>,
    access: Access,
    Query(query): Query<StatisticsQuery>,
) -> ApiResult<Json<Statistics>> {
    let now = app.clock.now();
    let day_start = query.day_start.unwrap_or(now - now.rem_euclid(DAY_MS));
    let counted = contacts::statistics(&app.db, &access.tenant_id, day_start).await?;
    Ok(Json(counted))
}

/// Contacts that may be one person
#[utoipa::path(get, path = "/contacts/duplicates", tag = "contacts",
    responses((status = 200, body = Page<Duplicates>), (status = 401, body = ErrorBody)))]
pub(super) async fn list_contact_duplicates(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Page<Duplicates>>> {
    let found = contacts::duplicates(&app.db, &access.tenant_id).await?;
    Ok(Json(Page::whole(found)))
}
