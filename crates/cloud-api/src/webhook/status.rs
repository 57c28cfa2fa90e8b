//! `statuses[]`: what became of a message of ours.

use super::people;
use super::scope::Scope;
use crate::update::{DeliveryStatus, ProviderError, StatusUpdate, UpdateKind};
use crate::wire::status::{Error, Status};

/// One status.
pub(super) fn status(
    scope: &Scope,
    wire: Status,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let timestamp_ms = wire
        .timestamp
        .time_ms()
        .or(scope.entry_time_ms)
        .ok_or("the status has no timestamp")?;
    let parent = wire
        .recipient_parent_user_id
        .get()
        .or(wire.parent_recipient_user_id.get());
    let is_group = wire.recipient_type.get() == Some("group");
    let (recipient, group_id) = if is_group {
        let mut participant = people::three_fields(
            wire.recipient_participant_id.get(),
            wire.recipient_participant_user_id.get(),
            wire.recipient_participant_parent_user_id.get(),
        );
        people::complete(&mut participant, &scope.contacts);
        (participant, wire.recipient_id.0)
    } else {
        let mut recipient = people::three_fields(
            wire.recipient_id.get(),
            wire.recipient_user_id.get(),
            parent,
        );
        people::complete_or_only(&mut recipient, &scope.contacts);
        (recipient, None)
    };
    let status = StatusUpdate {
        id: wire.id.0.ok_or("the status has no message id")?,
        status: DeliveryStatus::from_wire(wire.status.get().ok_or("the status has no status")?),
        timestamp_ms,
        recipient,
        group_id,
        biz_opaque_callback_data: wire.biz_opaque_callback_data.0,
        errors: wire.errors.objects().map(error).collect(),
        pricing: wire.pricing.filter(serde_json::Value::is_object),
    };
    emit(UpdateKind::Status(Box::new(status)));
    Ok(())
}

/// An error, wherever it stands.
pub(super) fn error(wire: Error) -> ProviderError {
    ProviderError {
        code: wire.code.0,
        title: wire.title.0,
        message: wire.message.0,
        detail: wire.error_data.or_default().details.or(wire.details),
    }
}
