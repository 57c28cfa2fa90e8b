//! `POST /{phone_number_id}/messages`: sending, marking as read, typing.
//! Called by Hoopoe's sender; a sent message appears on the simulated phone and gets its statuses.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::auth::Bearer;
use super::error::GraphError;
use super::outbound::{Outbound, check_product, read_outbound};
use super::param::Param;
use crate::chats::{AddressedBy, ChatEntry, MessageStatus, Side};
use crate::customer_acts::enter;
use crate::customers::{Customer, NewCustomer};
use crate::engine::{Engine, PageEvent, World};
use crate::faults::SendFault;
use crate::outgoing::without_nulls;
use crate::sent_log::SentMessage;
use crate::statuses::Failure;
use crate::{SimNumber, ids};

/// Handler of `POST /{version}/{phone_number_id}/messages`.
pub(crate) async fn post_message(
    State(engine): State<Arc<Engine>>,
    Path((_version, phone_number_id)): Path<(String, String)>,
    bearer: Bearer,
    body: Bytes,
) -> Result<Response, GraphError> {
    let number = engine
        .world
        .with(|world| bearer.number(world, "post", &phone_number_id))?;
    let request: Value = serde_json::from_slice(&body)
        .map_err(|_| GraphError::invalid("The request body is not valid JSON."))?;
    let params = Param::new("", &request);
    check_product(&params)?;
    if params.optional("status")?.is_some() {
        return mark_as_read(&engine, &number, &params).map(IntoResponse::into_response);
    }
    send(&engine, &number, &request).await
}

/// What became of an accepted message.
struct Accepted {
    wamid: String,
    answer: Value,
    failure: Option<Failure>,
    entries: Vec<ChatEntry>,
    new_customer: Option<Customer>,
}

async fn send(
    engine: &Arc<Engine>,
    number: &SimNumber,
    request: &Value,
) -> Result<Response, GraphError> {
    let now_ms = engine.clock.now_ms();
    let outbound = engine.world.with(|world| {
        let params = Param::new("", request);
        read_outbound(world, number, &params, now_ms)
    })?;
    let fault = engine.world.with(|world| world.faults.next_send(request));
    if let Some(refusal) = refusal(fault.as_ref()) {
        return refusal;
    }
    if fault == Some(SendFault::Silence) {
        return std::future::pending().await;
    }
    let mut accepted = engine
        .world
        .with(|world| accept(world, number, outbound, request, now_ms))?;
    if let Some(SendFault::FailLater { code, title }) = &fault {
        accepted.failure = Some(Failure {
            code: *code,
            title: title.clone(),
            details: title.clone(),
        });
    }
    // On a task of its own: what is accepted goes its way even if the business hangs up.
    let telling = Arc::clone(engine);
    let told = tokio::spawn(async move { tell(&telling, accepted).await });
    let answer = told.await.unwrap_or_default();
    match fault {
        Some(SendFault::Delay { ms }) => engine.pause(Duration::from_millis(ms)).await,
        Some(SendFault::LoseAnswer) => {
            return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        }
        Some(SendFault::CutAnswer) => return Ok(cut_answer(&answer)),
        _ => {}
    }
    Ok(Json(answer).into_response())
}

/// An answer whose connection breaks in the middle of the body.
fn cut_answer(answer: &Value) -> Response {
    let text = answer.to_string();
    let half = text.get(..text.len() / 2).unwrap_or_default().to_owned();
    let pieces = [
        Ok(Bytes::from(half)),
        Err(std::io::Error::other("the connection is cut on purpose")),
    ];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    ([(header::CONTENT_LENGTH, text.len())], body).into_response()
}

fn refusal(fault: Option<&SendFault>) -> Option<Result<Response, GraphError>> {
    match fault? {
        SendFault::Refuse {
            http_status,
            code,
            message,
            retry_after_s,
        } => {
            let mut error = GraphError::new(*code, format!("(#{code}) {message}"));
            error.status = StatusCode::from_u16(*http_status).unwrap_or(StatusCode::BAD_REQUEST);
            error.retry_after_s = *retry_after_s;
            Some(Err(error.with_details(message.clone())))
        }
        SendFault::LoseRequest => Some(Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
        _ => None,
    }
}

/// Shows the message on the phone and starts its statuses; returns the answer.
async fn tell(engine: &Arc<Engine>, accepted: Accepted) -> Value {
    if let Some(customer) = accepted.new_customer {
        engine.announce(PageEvent::Customer { customer });
    }
    for entry in accepted.entries {
        engine.announce_entry(entry);
    }
    let early = engine.switches().status_before_response && accepted.failure.is_none();
    if early {
        let _ = engine.set_status(&accepted.wamid, MessageStatus::Sent, None);
        // Ten seconds bound the wait when the callback is down.
        let _ = tokio::time::timeout(Duration::from_secs(10), engine.settled()).await;
    }
    engine.start_statuses(&accepted.wamid, accepted.failure);
    accepted.answer
}

fn accept(
    world: &mut World,
    number: &SimNumber,
    outbound: Outbound,
    request: &Value,
    now_ms: i64,
) -> Result<Accepted, GraphError> {
    if outbound.address.by == AddressedBy::Group {
        return accept_in_group(world, number, &outbound, request, now_ms);
    }
    let (customer, is_new) = find_recipient(world, &outbound)?;
    check_limits(world, number, &customer, now_ms)?;
    let failure = failure_of(world, number, &customer, &outbound, is_new, now_ms);
    if outbound.address.by == AddressedBy::Phone {
        world
            .chats
            .note_phone_contact(&number.phone_number_id, &customer.id, now_ms);
    }
    let wamid = ids::new_wamid(&customer.wa_id);
    world.remember_sent(SentMessage {
        wamid: wamid.clone(),
        phone_number_id: number.phone_number_id.clone(),
        customer: customer.id.clone(),
        callback: outbound.opaque.clone(),
        request: request.clone(),
        at: now_ms,
    });
    let status = outbound.content.is_template.then_some("accepted");
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [outbound.address.to_contact(&customer)],
        "messages": [without_nulls(json!({"id": wamid, "message_status": status}))],
    });
    let entry = new_entry(number, &customer, &wamid, outbound, now_ms);
    if entry.kind == "reaction" {
        // Statuses of the reaction itself need an entry to live on, off the visible chat.
        world.chats.add(entry.clone());
    }
    let entries = enter(world, entry).unwrap_or_default();
    Ok(Accepted {
        wamid,
        answer,
        failure,
        entries,
        new_customer: is_new.then_some(customer),
    })
}

/// A group has no window, and its members no limit each.
fn accept_in_group(
    world: &mut World,
    number: &SimNumber,
    outbound: &Outbound,
    request: &Value,
    now_ms: i64,
) -> Result<Accepted, GraphError> {
    let group = &outbound.address.value;
    if world.groups.find(group).is_none() {
        return Err(GraphError::bad_value("Param to is not a known group."));
    }
    let wamid = world.groups.write(number, group, outbound.opaque.clone());
    world.remember_sent(SentMessage {
        wamid: wamid.clone(),
        phone_number_id: number.phone_number_id.clone(),
        customer: group.clone(),
        callback: outbound.opaque.clone(),
        request: request.clone(),
        at: now_ms,
    });
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [outbound.address.to_group()],
        "messages": [{"id": wamid}],
    });
    Ok(Accepted {
        wamid,
        answer,
        failure: None,
        entries: Vec::new(),
        new_customer: None,
    })
}

fn check_limits(
    world: &mut World,
    number: &SimNumber,
    customer: &Customer,
    now_ms: i64,
) -> Result<(), GraphError> {
    let id = &number.phone_number_id;
    if world.is_over_throughput(id, now_ms) {
        let details = "Message failed to send because there were too many messages sent from this \
                       phone number in a short period of time.";
        return Err(GraphError::too_fast(130_429, "Rate limit hit", details));
    }
    if world.is_over_pair_limit(id, &customer.id, now_ms) {
        let message = "(Business Account, Consumer Account) pair rate limit hit";
        let details = "Message failed to send because there were too many messages sent from this \
                       phone number to the same phone number in a short period of time.";
        return Err(GraphError::too_fast(131_056, message, details));
    }
    Ok(())
}

/// Why an accepted message will not arrive, if it will not.
fn failure_of(
    world: &World,
    number: &SimNumber,
    customer: &Customer,
    outbound: &Outbound,
    is_new: bool,
    now_ms: i64,
) -> Option<Failure> {
    if is_new && !world.rules.invent_recipients {
        return Some(Failure::undeliverable());
    }
    let is_open = world
        .chats
        .window_is_open(&number.phone_number_id, &customer.id, now_ms);
    let needs_window = world.rules.service_window && !outbound.content.is_template;
    (needs_window && !is_open).then(Failure::window_closed)
}

fn find_recipient(world: &mut World, outbound: &Outbound) -> Result<(Customer, bool), GraphError> {
    let address = &outbound.address;
    if let Some(known) = world.customers.find(&address.value) {
        return Ok((known.clone(), false));
    }
    if address.by == AddressedBy::UserId {
        return Err(GraphError::bad_value(
            "Param recipient is not a known user ID.",
        ));
    }
    let new = NewCustomer {
        phone: Some(address.value.clone()),
        ..NewCustomer::default()
    };
    Ok((world.customers.add(new), true))
}

fn new_entry(
    number: &SimNumber,
    customer: &Customer,
    wamid: &str,
    outbound: Outbound,
    now_ms: i64,
) -> ChatEntry {
    ChatEntry {
        id: wamid.to_owned(),
        phone_number_id: number.phone_number_id.clone(),
        customer: customer.id.clone(),
        from: Side::Business,
        kind: outbound.kind,
        text: outbound.content.text,
        content: outbound.node,
        shown: outbound.content.shown,
        media: outbound.content.media,
        quote: outbound.quote,
        reactions: Vec::new(),
        at: now_ms,
        edited: false,
        deleted: false,
        webhook: None,
        read_by_business: false,
        status: Some(MessageStatus::Accepted),
        failure: None,
        addressed_by: outbound.address.by,
        is_template: outbound.content.is_template,
        opaque: outbound.opaque,
    }
}

fn mark_as_read(
    engine: &Arc<Engine>,
    number: &SimNumber,
    request: &Param<'_>,
) -> Result<Json<Value>, GraphError> {
    let allowed = [
        "messaging_product",
        "status",
        "message_id",
        "typing_indicator",
    ];
    request.only(&allowed)?;
    request.required("status")?.one_of(&["read"])?;
    let message_id = request.required("message_id")?.text(512)?;
    let typing = request.optional("typing_indicator")?;
    if let Some(typing) = &typing {
        typing
            .only(&["type"])?
            .required("type")?
            .one_of(&["text"])?;
    }
    let (customer, changed) = engine.world.with(|world| {
        let entry = world
            .chats
            .find(message_id)
            .filter(|entry| entry.from == Side::Customer)
            .filter(|entry| entry.phone_number_id == number.phone_number_id)
            .ok_or_else(|| GraphError::bad_value(format!("Message {message_id} not found.")))?;
        let customer = entry.customer.clone();
        Ok((customer, world.chats.read_by_business(message_id)))
    })?;
    for entry in changed {
        engine.announce_entry(entry);
    }
    if typing.is_some() {
        engine.announce(PageEvent::Typing {
            phone_number_id: number.phone_number_id.clone(),
            customer,
        });
    }
    Ok(Json(json!({"success": true})))
}
