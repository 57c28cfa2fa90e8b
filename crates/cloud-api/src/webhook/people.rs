//! Who a payload is about: from its own id fields, completed by the `contacts[]` beside it.

use crate::ids::CustomerIds;
use crate::wire::envelope::Contact;
use crate::wire::message::Message;

/// `contacts[]`, a thread's `context`, an address book entry.
pub(super) fn from_contact(contact: Contact) -> CustomerIds {
    let profile = contact.profile.or_default();
    let mut ids = CustomerIds::default();
    ids.add_user_id_field(contact.user_id.get());
    ids.add_parent_id_field(contact.parent_user_id.get());
    ids.add_phone_field(contact.wa_id.get());
    ids.add_phone_field(contact.phone_number.get());
    ids.add_username(profile.username.get());
    ids.add_username(contact.username.get());
    ids.add_profile_name(profile.name.get());
    ids.add_profile_name(contact.full_name.get());
    ids
}

/// Who wrote a message.
pub(super) fn sender(message: &Message) -> CustomerIds {
    three_fields(
        message.from.get(),
        message.from_user_id.get(),
        message.from_parent_user_id.get(),
    )
}

/// Whom a message was sent to.
pub(super) fn addressee(message: &Message) -> CustomerIds {
    three_fields(
        message.to.get(),
        message.to_user_id.get(),
        message.to_parent_user_id.get(),
    )
}

/// Ids from the three fields in which they always come.
pub(super) fn three_fields(
    phone: Option<&str>,
    user_id: Option<&str>,
    parent_id: Option<&str>,
) -> CustomerIds {
    let mut ids = CustomerIds::default();
    ids.add_user_id_field(user_id);
    ids.add_parent_id_field(parent_id);
    ids.add_phone_field(phone);
    ids
}

/// Completes `ids` from the contact that shares an id with them.
pub(super) fn complete(ids: &mut CustomerIds, contacts: &[CustomerIds]) {
    if let Some(contact) = contacts.iter().find(|contact| contact.shares_id_with(ids)) {
        ids.fill_from(contact);
    }
}

/// As [`complete`]; a payload with one contact means that one, unless the ids say otherwise. They must not be mixed then:
/// ids seen together are taken as evidence that they belong to one person.
pub(super) fn complete_or_only(ids: &mut CustomerIds, contacts: &[CustomerIds]) {
    match contacts {
        [only] if !only.contradicts(ids) => ids.fill_from(only),
        _ => complete(ids, contacts),
    }
}

/// A phone number as digits.
pub(super) fn digits(phone: Option<&str>) -> Option<String> {
    three_fields(phone, None, None).wa_id
}
