//! The API's description: put together from the handlers, completed with what all of them share, served beside them and kept as
//! `openapi.json`.

use std::collections::BTreeSet;

use axum::Router;
use hoopoe_db::event;
use utoipa::{
    OpenApi,
    openapi::{
        Ref, RefOr, ResponseBuilder,
        content::ContentBuilder,
        path::{Operation, PathItem},
        schema::Schema,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::{app::App, error::ErrorBody, router::api_routes};

/// Where the API is.
pub const PREFIX: &str = "/api/v1";

/// Where people read about it.
pub const REFERENCE: &str = "/api/docs";

/// Where programs read about it.
const DOCUMENT: &str = "/api/openapi.json";

/// Name of the security scheme.
const BEARER: &str = "bearer";

/// What no handler says: title, tags, and the events, which travel over sockets.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hoopoe",
        description = "Team inbox and gateway for WhatsApp. Times are Unix milliseconds (UTC). Errors have one shape. What is missing and what one may not see both answer 404."
    ),
    tags(
        (name = "auth", description = "Logins, and one's own user"),
        (name = "team", description = "People"),
        (name = "accounts", description = "Connected numbers and Meta apps"),
        (name = "conversations", description = "Threads"),
        (name = "messages", description = "What was said"),
        (name = "contacts", description = "Who writes to us"),
        (name = "templates", description = "What may be sent at any time"),
        (name = "writing", description = "Drafts and saved replies"),
        (name = "media", description = "Pictures, voice notes and files"),
        (name = "dead letters", description = "Inputs that could not be understood"),
        (name = "events", description = "The numbered log of what happened"),
        (name = "webhooks", description = "Events told by HTTP"),
        (name = "health", description = "How the server is")
    ),
    components(schemas(
        ErrorBody,
        event::Event,
        event::MessageNew,
        event::MessageUpdated,
        event::MessageStatusChanged,
        event::ConversationChanged,
        event::ConversationRead,
        event::ContactChanged,
        event::ContactMerged,
        event::FoldedConversation,
        event::AccountChanged,
        event::AccountDeleted,
        event::UserChanged,
        event::MembershipChanged,
        event::DraftChanged,
        event::SavedReplyChanged,
        event::TemplateChanged,
        event::SyncReset,
    )),
    security(("bearer" = []))
)]
struct Base;

/// The description of the whole API.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = OpenApiRouter::<App>::with_openapi(Base::openapi())
        .nest(PREFIX, api_routes())
        .into_openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        BEARER,
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            add_refusal(operation);
        }
    }
    complete_answers(&mut document);
    document
}

/// Fields that an answer may leave out; all others are always there, if need be as `null`.
const OPTIONAL_IN_ANSWERS: [(&str, &str); 6] = [
    ("ErrorDetail", "field"),
    ("MessageStatusChanged", "error"),
    ("MessageStatusChanged", "attempts"),
    ("MessageStatusChanged", "recipients"),
    ("MessageStatusChanged", "send_at"),
    ("Reaction", "actor"),
];

/// Says of everything that the server answers that all of its fields are there. Bodies of requests stay as they are.
fn complete_answers(document: &mut utoipa::openapi::OpenApi) {
    let asked: BTreeSet<String> = document
        .paths
        .paths
        .values_mut()
        .flat_map(operations)
        .filter_map(|operation| match &operation.request_body {
            Some(RefOr::T(body)) => Some(body),
            _ => None,
        })
        .flat_map(|body| body.content.values())
        .filter_map(|content| match content {
            RefOr::T(content) => content.schema.as_ref(),
            RefOr::Ref(_) => None,
        })
        .filter_map(|schema| match schema {
            RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
            RefOr::T(_) => None,
        })
        .map(str::to_owned)
        .collect();
    let Some(components) = &mut document.components else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        if let (false, RefOr::T(schema)) = (asked.contains(name), schema) {
            require_all(name, schema);
        }
    }
}

fn require_all(name: &str, schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            object.required = object
                .properties
                .keys()
                .filter(|field| !OPTIONAL_IN_ANSWERS.contains(&(name, field.as_str())))
                .cloned()
                .collect();
        }
        Schema::AllOf(all) => {
            for item in &mut all.items {
                if let RefOr::T(part) = item {
                    require_all(name, part);
                }
            }
        }
        _ => {}
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// Every operation may be refused, always in the same shape.
fn add_refusal(operation: &mut Operation) {
    let shape = Ref::from_schema_name("ErrorBody");
    let content = ContentBuilder::new()
        .schema(Some(RefOr::Ref(shape)))
        .build();
    let refusal = ResponseBuilder::new()
        .description("Refused: the code says why")
        .content("application/json", content)
        .build();
    operation
        .responses
        .responses
        .insert("default".to_owned(), refusal.into());
}

/// The description as it is committed: indented, with a line end.
///
/// # Errors
/// Never in practice: all of it is plain data.
pub fn printed() -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(&document())?;
    text.push('\n');
    Ok(text)
}

/// The pages about the API: for people and for programs.
pub fn pages() -> Router<App> {
    SwaggerUi::new(REFERENCE).url(DOCUMENT, document()).into()
}
