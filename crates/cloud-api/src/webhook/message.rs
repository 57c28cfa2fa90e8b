//! `messages[]`: one message, and the identity change that some system messages stand for.

use super::scope::Scope;
use super::{content, identity, people, status};
use crate::ids::CustomerIds;
use crate::update::{Context, InboundMessage, ReferredProduct, UpdateKind};
use crate::wire;
use crate::wire::message::Message;

/// A message from a customer.
pub(super) fn inbound(
    scope: &Scope,
    mut wire: Message,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let sender = people::sender(&wire);
    if wire.kind.get() != Some("system") {
        let mut customer = sender;
        people::complete_or_only(&mut customer, &scope.contacts);
        let message = build(scope, wire, customer)?;
        emit(UpdateKind::Message(Box::new(message)));
        return Ok(());
    }
    let notice = std::mem::take(&mut wire.system).or_default();
    let change = identity::from_system(&notice, sender.clone(), timestamp(scope, &wire));
    let mut customer = identity::subject_of_system(&notice, sender);
    people::complete(&mut customer, &scope.contacts);
    wire.system = wire::loose::Node::Object(Box::new(notice));
    let message = build(scope, wire, customer)?;
    emit(UpdateKind::Message(Box::new(message)));
    if let Some(change) = change {
        emit(UpdateKind::UserIdChange(Box::new(change)));
    }
    Ok(())
}

/// When it was written. A message without a time of its own gets its entry's.
fn timestamp(scope: &Scope, wire: &Message) -> Option<i64> {
    wire.timestamp.time_ms().or(scope.entry_time_ms)
}

/// A message between `customer` and us, whoever wrote it.
pub(super) fn build(
    scope: &Scope,
    mut wire: Message,
    customer: CustomerIds,
) -> Result<InboundMessage, String> {
    let timestamp_ms = timestamp(scope, &wire).ok_or("the message has no timestamp")?;
    let id = std::mem::take(&mut wire.id)
        .0
        .ok_or("the message has no id")?;
    let group_id = std::mem::take(&mut wire.group_id).0;
    if customer.is_anonymous() && group_id.is_none() {
        return Err("the message names nobody".to_owned());
    }
    let context = std::mem::take(&mut wire.context)
        .object()
        .map(|found| context(scope, found, &customer));
    let errors: Vec<_> = std::mem::take(&mut wire.errors)
        .objects()
        .map(status::error)
        .collect();
    let referral = wire.referral.take().filter(serde_json::Value::is_object);
    let found = content::decode(wire, &errors);
    Ok(InboundMessage {
        id,
        timestamp_ms,
        customer,
        group_id,
        kind: found.kind,
        content: found.content,
        text: found.text,
        context,
        referral,
        media: found.media,
        errors,
    })
}

fn context(scope: &Scope, wire: wire::message::Context, customer: &CustomerIds) -> Context {
    let quoted_from = people::three_fields(
        wire.from.get(),
        wire.from_user_id.get(),
        wire.from_parent_user_id.get(),
    );
    let from_us = if quoted_from.wa_id.is_some() && quoted_from.wa_id == scope.our_number {
        Some(true)
    } else {
        quoted_from.shares_id_with(customer).then_some(false)
    };
    Context {
        quoted_id: wire.id.0,
        quoted_from,
        from_us,
        forwarded: wire.forwarded.0 || wire.frequently_forwarded.0,
        frequently_forwarded: wire.frequently_forwarded.0,
        referred_product: wire
            .referred_product
            .object()
            .map(|product| ReferredProduct {
                catalog_id: product.catalog_id.0,
                product_retailer_id: product.product_retailer_id.0,
            }),
    }
}
