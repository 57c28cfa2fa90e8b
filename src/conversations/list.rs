//! Reading conversations: list, one, a contact's, and the numbers beside the views.

use axum::extract::State;
use hoopoe_db::{
    contacts, conversations,
    conversations::{Assignee, Counts, Filter, Sort},
    ids::{AccountId, ContactId, ConversationId, UserId},
    model::{Conversation, ConversationStatus},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::access_conversation;
use crate::{
    app::App,
    auth::Access,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path, Query},
    page::{Limit, Page},
};

/// Longest search text in characters.
const MAX_SEARCH: usize = 200;

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `open` (default), `resolved`, `snoozed` or `all`.
    status: Option<String>,
    /// `me`, `none`, or a user's id.
    assignee: Option<String>,
    /// Only of this account.
    account_id: Option<AccountId>,
    /// Only with unread messages.
    #[serde(default)]
    unread: bool,
    /// Words of a name, or digits of a number.
    q: Option<String>,
    /// `newest` (default) or `oldest` message first.
    #[serde(default)]
    #[param(inline)]
    sort: SortWord,
    /// From the last answer.
    cursor: Option<String>,
    /// 1 to 100, 50 by default.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    limit: Limit,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SortWord {
    #[default]
    Newest,
    Oldest,
}

impl ListQuery {
    fn filter(&self, access: &Access) -> ApiResult<Filter> {
        let accounts = match &self.account_id {
            None => access.accounts().to_vec(),
            Some(account_id) => {
                access.account(account_id)?;
                vec![account_id.clone()]
            }
        };
        let search = self.q.clone().unwrap_or_default();
        if search.chars().count() > MAX_SEARCH {
            return Err(ApiError::validation(
                "q",
                format!("at most {MAX_SEARCH} characters"),
            ));
        }
        let after = self.cursor.as_deref().map(str::parse).transpose();
        Ok(Filter {
            accounts,
            statuses: self.statuses()?,
            assignee: self.assignee(access)?,
            unread: self.unread,
            search: Some(search).filter(|text| !text.trim().is_empty()),
            sort: match self.sort {
                SortWord::Newest => Sort::Newest,
                SortWord::Oldest => Sort::Oldest,
            },
            after: after.map_err(|reason: String| ApiError::validation("cursor", reason))?,
            limit: self.limit.get(),
        })
    }

    fn statuses(&self) -> ApiResult<Vec<ConversationStatus>> {
        match self.status.as_deref() {
            None => Ok(vec![ConversationStatus::Open]),
            Some("all") => Ok(Vec::new()),
            Some(word) => word
                .parse()
                .map(|status| vec![status])
                .map_err(|_| ApiError::validation("status", "open, resolved, snoozed or all")),
        }
    }

    fn assignee(&self, access: &Access) -> ApiResult<Assignee> {
        match self.assignee.as_deref() {
            None => Ok(Assignee::Any),
            Some("me") => Ok(Assignee::User(access.user_id.clone())),
            Some("none") => Ok(Assignee::Nobody),
            Some(id) => id
                .parse::<UserId>()
                .map(Assignee::User)
                .map_err(|_| ApiError::validation("assignee", "me, none or a user's id")),
        }
    }
}

/// Conversations, by the time of their last message
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ListQuery),
    responses((status = 200, body = Page<Conversation>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn list_conversations(
    State(app): State<App>,
    access: Access,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Conversation>>> {
    let filter = query.filter(&access)?;
    let (items, next) = conversations::list(&app.db, &access.tenant_id, &filter).await?;
    Ok(Json(Page {
        items,
        next_cursor: next.map(|place| place.to_string()),
    }))
}

/// Numbers beside the views
#[utoipa::path(get, path = "/conversations/counts", tag = "conversations",
    responses((status = 200, body = Counts), (status = 401, body = ErrorBody)))]
pub(super) async fn get_conversation_counts(
    State(app): State<App>,
    access: Access,
) -> ApiResult<Json<Counts>> {
    let counts = conversations::counts(
        &app.db,
        &access.tenant_id,
        access.accounts(),
        &access.user_id,
    )
    .await?;
    Ok(Json(counts))
}

/// One conversation
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations", params(("id" = ConversationId, Path)),
    responses((status = 200, body = Conversation), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn get_conversation(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
) -> ApiResult<Json<Conversation>> {
    access_conversation(&app, &access, &id).await.map(Json)
}

/// A contact's conversations
#[utoipa::path(get, path = "/contacts/{id}/conversations", tag = "contacts", params(("id" = ContactId, Path)),
    responses((status = 200, body = Page<Conversation>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_contact_conversations(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ContactId>,
) -> ApiResult<Json<Page<Conversation>>> {
    contacts::get(&app.db, &access.tenant_id, &id).await?;
    let items =
        conversations::list_of_contact(&app.db, &access.tenant_id, &id, access.accounts()).await?;
    Ok(Json(Page::whole(items)))
}
