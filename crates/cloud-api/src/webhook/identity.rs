//! People who are now known by other ids, and people who prefer not to be sent something.

use super::people;
use super::scope::Scope;
use crate::ids::CustomerIds;
use crate::update::{IdentityChange, IdentityChangeSource, PreferenceChange, UpdateKind};
use crate::wire::envelope::{UserIdUpdate, UserPreference};
use crate::wire::message::System;

/// `user_id_update[]`, the only payload with an explicit pair.
pub(super) fn user_id_update(
    scope: &Scope,
    wire: UserIdUpdate,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let user = wire.user_id.or_default();
    let parent = wire.parent_user_id.or_default();
    let previous =
        people::three_fields(wire.wa_id.get(), user.previous.get(), parent.previous.get());
    let mut current =
        people::three_fields(wire.wa_id.get(), user.current.get(), parent.current.get());
    people::complete_or_only(&mut current, &scope.contacts);
    if current.is_anonymous() {
        return Err("the identity change names no current id".to_owned());
    }
    let timestamp_ms = wire
        .timestamp
        .time_ms()
        .or(scope.entry_time_ms)
        .ok_or("the identity change has no timestamp")?;
    let source = IdentityChangeSource::UserIdUpdate;
    emit(UpdateKind::UserIdChange(Box::new(IdentityChange {
        previous,
        current,
        timestamp_ms,
        source,
    })));
    Ok(())
}

/// The identity change that a system message stands for. In it `from…` are the old ids and `system.…` the new ones; the
/// legacy `customer_changed_number` says `new_wa_id`.
pub(super) fn from_system(
    notice: &System,
    sender: CustomerIds,
    timestamp_ms: Option<i64>,
) -> Option<IdentityChange> {
    let source = match notice.kind.get()? {
        "user_changed_number" | "customer_changed_number" => IdentityChangeSource::ChangedNumber,
        "user_changed_user_id" => IdentityChangeSource::ChangedUserId,
        _ => return None,
    };
    let mut current = new_ids(notice);
    if current.is_anonymous() {
        return None;
    }
    if source == IdentityChangeSource::ChangedUserId && current.wa_id.is_none() {
        current.wa_id.clone_from(&sender.wa_id);
    }
    let previous = previous_ids(notice, sender, &current);
    Some(IdentityChange {
        previous,
        current,
        timestamp_ms: timestamp_ms?,
        source,
    })
}

/// Whom a system message is shown to be about: the ids it came from, else those inside it.
pub(super) fn subject_of_system(notice: &System, sender: CustomerIds) -> CustomerIds {
    let current = new_ids(notice);
    let previous = previous_ids(notice, sender, &current);
    if previous.is_anonymous() {
        current
    } else {
        previous
    }
}

fn new_ids(notice: &System) -> CustomerIds {
    let phone = notice.wa_id.get().or(notice.new_wa_id.get());
    people::three_fields(phone, notice.user_id.get(), notice.parent_user_id.get())
}

/// `from_user_id` was also seen with the new id; that is no previous id.
fn previous_ids(notice: &System, sender: CustomerIds, current: &CustomerIds) -> CustomerIds {
    let mut previous = CustomerIds::default();
    previous.add_user_id_field(notice.previous_user_id.get());
    let mut sender = sender;
    if sender.bsuid == current.bsuid {
        sender.bsuid = None;
    }
    if sender.parent_bsuid == current.parent_bsuid {
        sender.parent_bsuid = None;
    }
    previous.fill_from(&sender);
    previous.add_phone_field(notice.customer.get());
    previous
}

/// `user_preferences[]`.
pub(super) fn preference(
    scope: &Scope,
    wire: UserPreference,
    emit: &mut dyn FnMut(UpdateKind),
) -> Result<(), String> {
    let mut customer = people::three_fields(
        wire.wa_id.get(),
        wire.user_id.get(),
        wire.parent_user_id.get(),
    );
    people::complete_or_only(&mut customer, &scope.contacts);
    if customer.is_anonymous() {
        return Err("the preference names nobody".to_owned());
    }
    emit(UpdateKind::Preference(Box::new(PreferenceChange {
        customer,
        category: wire.category.0.unwrap_or_default(),
        value: wire.value.0.unwrap_or_default(),
        detail: wire.detail.0,
        timestamp_ms: wire.timestamp.time_ms().or(scope.entry_time_ms),
    })));
    Ok(())
}
