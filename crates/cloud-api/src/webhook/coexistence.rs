//! What only numbers have that are also used in the WhatsApp Business app: echoes, history, the address book.

use serde_json::value::RawValue;

use super::change::read_element;
use super::scope::Scope;
use super::{message, people, status};
use crate::Update;
use crate::ids::CustomerIds;
use crate::replay::Place;
use crate::update::{
    ContactSync, ContactSyncAction, DeliveryStatus, EchoMessage, HistoryMessage, HistoryThread,
    UpdateKind,
};
use crate::wire::envelope::{History, HistoryMetadata, StateSync, Thread};
use crate::wire::loose::List;
use crate::wire::message::Message;

/// `message_echoes[]`: the business wrote from its own phone.
pub(super) fn echo(
    scope: &Scope,
    wire: Message,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let mut customer = people::addressee(&wire);
    people::complete_or_only(&mut customer, &scope.contacts);
    let message = message::build(scope, wire, customer)?;
    emit(UpdateKind::Echo(Box::new(EchoMessage { message })));
    Ok(())
}

/// `messages[]` under the field `history`: an earlier message once more, now with its media id.
pub(super) fn history_message(
    scope: &Scope,
    wire: Message,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    emit(single(past_message(scope, wire, None)?));
    Ok(())
}

/// `message_echoes[]` under the field `history`.
pub(super) fn history_echo(
    scope: &Scope,
    wire: Message,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let mut past = past_message(scope, wire, None)?;
    past.from_us = true;
    emit(single(past));
    Ok(())
}

fn single(past: HistoryMessage) -> UpdateKind {
    UpdateKind::History(Box::new(HistoryThread {
        phase: None,
        chunk_order: None,
        progress: None,
        customer: past.message.customer.clone(),
        messages: vec![past],
    }))
}

/// Ours are those with an addressee (Meta webhook reference), and those from our own number.
fn past_message(
    scope: &Scope,
    mut wire: Message,
    other_side: Option<&CustomerIds>,
) -> Result<HistoryMessage, String> {
    let (sender, addressee) = (people::sender(&wire), people::addressee(&wire));
    let from_our_number = sender.wa_id.is_some() && sender.wa_id == scope.our_number;
    let from_us =
        from_our_number || !(addressee.is_anonymous() || addressee.wa_id == scope.our_number);
    let mut customer = if from_us { addressee } else { sender };
    match other_side {
        Some(other) if !other.contradicts(&customer) => customer.fill_from(other),
        Some(_) => {}
        None => people::complete_or_only(&mut customer, &scope.contacts),
    }
    let status = std::mem::take(&mut wire.history_context)
        .object()
        .and_then(|context| context.status.0);
    Ok(HistoryMessage {
        message: message::build(scope, wire, customer)?,
        from_us,
        status: status.as_deref().map(DeliveryStatus::from_wire),
    })
}

/// `history[]`: one update for each thread; one more for each thing in it that makes no sense.
pub(super) fn read_history(scope: &Scope, list: List<&RawValue>, updates: &mut Vec<Update>) {
    if list.odd {
        updates.push(scope.undecodable_at(scope.place.list("history"), "history is not a list"));
    }
    for (number, raw) in list.items.into_iter().enumerate() {
        let place = scope.place.element("history", number);
        match read_element::<History<'_>>(raw) {
            Ok(history) => read_piece(scope, history, place, updates),
            Err(detail) => updates.push(scope.undecodable_at(place, &detail)),
        }
    }
}

fn read_piece(scope: &Scope, history: History<'_>, place: Place, updates: &mut Vec<Update>) {
    if !history.errors.items.is_empty() {
        let errors = history.errors.objects().map(status::error).collect();
        updates.push(scope.update_at(place, UpdateKind::Errors(errors)));
    }
    if history.threads.odd {
        updates.push(scope.undecodable_at(place, "threads is not a list"));
    }
    let metadata = history.metadata.or_default();
    for (number, raw) in history.threads.items.into_iter().enumerate() {
        let place = place.thread(number);
        match read_element::<Thread<'_>>(raw) {
            Ok(thread) => read_thread(scope, thread, metadata, place, updates),
            Err(detail) => updates.push(scope.undecodable_at(place, &detail)),
        }
    }
}

fn read_thread(
    scope: &Scope,
    thread: Thread<'_>,
    metadata: HistoryMetadata,
    place: Place,
    updates: &mut Vec<Update>,
) {
    let mut customer = thread
        .context
        .object()
        .map(people::from_contact)
        .unwrap_or_default();
    customer.add_phone_field(thread.id.get());
    people::complete(&mut customer, &scope.contacts);
    if thread.messages.odd {
        updates.push(scope.undecodable_at(place, "messages is not a list"));
    }
    let mut messages = Vec::with_capacity(thread.messages.items.len());
    for (number, raw) in thread.messages.items.into_iter().enumerate() {
        match read_element(raw).and_then(|wire| past_message(scope, wire, Some(&customer))) {
            Ok(message) => messages.push(message),
            Err(detail) => updates.push(scope.undecodable_at(place.message(number), &detail)),
        }
    }
    if !messages.is_empty() {
        let HistoryMetadata {
            phase,
            chunk_order,
            progress,
        } = metadata;
        let thread = HistoryThread {
            phase: phase.0,
            chunk_order: chunk_order.0,
            progress: progress.0,
            customer,
            messages,
        };
        updates.push(scope.update_at(place, UpdateKind::History(Box::new(thread))));
    }
}

/// `state_sync[]`: the address book of the business's own phone.
pub(super) fn state_sync(
    _: &Scope,
    wire: StateSync,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    if wire.kind.get().is_some_and(|kind| kind != "contact") {
        emit(UpdateKind::UnknownField);
        return Ok(());
    }
    let contact = wire.contact.or_default();
    let first_name = contact.first_name.0.clone();
    let customer = people::from_contact(contact);
    if customer.is_anonymous() {
        return Err("the address book entry names nobody".to_owned());
    }
    let action = match wire.action.0.unwrap_or_default() {
        action if action == "add" => ContactSyncAction::Add,
        action if action == "remove" => ContactSyncAction::Remove,
        action => ContactSyncAction::Unknown(action),
    };
    let timestamp_ms = wire.metadata.or_default().timestamp.time_ms();
    emit(UpdateKind::ContactSync(Box::new(ContactSync {
        action,
        customer,
        first_name,
        timestamp_ms,
    })));
    Ok(())
}
