//! One change: which field, which lists, and each element to its decoder.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::scope::Scope;
use super::{coexistence, identity, message, people, status};
use crate::Update;
use crate::replay::Place;
use crate::update::{ManagementUpdate, UpdateKind};
use crate::wire::envelope::{Change, Payload};
use crate::wire::loose::{List, Node};
use crate::wire::status::Error;

/// Fields whose `value` holds the lists that are decoded.
const DECODED: [&str; 6] = [
    "messages",
    "user_id_update",
    "user_preferences",
    "smb_message_echoes",
    "history",
    "smb_app_state_sync",
];

/// Fields about the account, its templates, calls and groups (Meta webhook reference, plus the spellings of its
/// `OpenAPI` document).
const MANAGEMENT: [&str; 26] = [
    "account_alerts",
    "account_offboarded",
    "account_reconnected",
    "account_review_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_update",
    "business_username_updates",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participant_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "tracking_events",
];

/// Reads one change of the entry that `entry` describes.
pub(super) fn read_change(
    entry: &Scope,
    change: Node<Change<'_>>,
    place: Place,
    updates: &mut Vec<Update>,
) {
    let mut scope = Scope {
        place,
        ..entry.clone()
    };
    let Node::Object(change) = change else {
        updates.push(scope.undecodable("the change is not an object"));
        return;
    };
    let Change { field, value } = *change;
    scope.field = field.0.unwrap_or_default();
    let is_decoded = DECODED.contains(&scope.field.as_str());
    match value {
        Node::Object(payload) => {
            name_number(&mut scope, &payload);
            if is_decoded {
                read_payload(scope, *payload, updates);
            } else {
                updates.push(kept(&scope, payload.event.0, place));
            }
        }
        Node::Absent | Node::Odd if is_decoded => {
            updates.push(scope.undecodable("the value is not an object"));
        }
        Node::Absent | Node::Odd => updates.push(kept(&scope, None, place)),
    }
}

fn name_number(scope: &mut Scope, payload: &Payload<'_>) {
    let metadata = payload.metadata.as_object();
    scope.phone_number_id = metadata
        .and_then(|metadata| metadata.phone_number_id.0.clone())
        .or_else(|| payload.phone_number_id.0.clone());
    scope.our_number =
        metadata.and_then(|metadata| people::digits(metadata.display_phone_number.get()));
}

/// A field that is stored rather than decoded.
fn kept(scope: &Scope, event: Option<String>, place: Place) -> Update {
    let kind = if MANAGEMENT.contains(&scope.field.as_str()) {
        let value = scope.source_at(place).value();
        UpdateKind::Management(Box::new(ManagementUpdate { event, value }))
    } else {
        UpdateKind::UnknownField
    };
    scope.update_at(place, kind)
}

fn read_payload(mut scope: Scope, mut payload: Payload<'_>, updates: &mut Vec<Update>) {
    let before = updates.len();
    let had_list = has_list(&payload);
    let contacts = std::mem::take(&mut payload.contacts).objects();
    scope.contacts = contacts.map(people::from_contact).collect();
    let (messages, echoes) = (payload.messages, payload.message_echoes);
    let mut lists = Lists {
        scope: &scope,
        updates,
    };
    if scope.field == "history" {
        lists.each("messages", messages, coexistence::history_message);
        lists.each("message_echoes", echoes, coexistence::history_echo);
    } else {
        lists.each("messages", messages, message::inbound);
        lists.each("message_echoes", echoes, coexistence::echo);
    }
    lists.each("statuses", payload.statuses, status::status);
    lists.each(
        "user_id_update",
        payload.user_id_update,
        identity::user_id_update,
    );
    lists.each(
        "user_preferences",
        payload.user_preferences,
        identity::preference,
    );
    lists.each("state_sync", payload.state_sync, coexistence::state_sync);
    coexistence::read_history(&scope, payload.history, updates);
    read_notices(&scope, payload.errors, &payload.user_actions, updates);
    if updates.len() == before && !had_list {
        updates.push(scope.update_at(scope.place, UpdateKind::UnknownField));
    }
}

/// What concerns the number as a whole rather than one message.
fn read_notices(
    scope: &Scope,
    errors: List<Node<Error>>,
    user_actions: &List<&RawValue>,
    updates: &mut Vec<Update>,
) {
    if !errors.items.is_empty() {
        let errors = errors.objects().map(status::error).collect();
        updates.push(scope.update_at(scope.place.list("errors"), UpdateKind::Errors(errors)));
    }
    if !user_actions.items.is_empty() {
        updates.push(self::user_actions(scope));
    }
}

/// Whether any known list is there, be it empty. If none is, the change holds something this version does not know.
fn has_list(payload: &Payload<'_>) -> bool {
    [
        &payload.messages,
        &payload.statuses,
        &payload.message_echoes,
        &payload.user_id_update,
        &payload.user_preferences,
        &payload.history,
        &payload.state_sync,
        &payload.user_actions,
    ]
    .iter()
    .any(|list| list.present)
        || payload.errors.present
}

/// Undocumented addition to `messages`: an open set of actions, without a message (seen in the field).
fn user_actions(scope: &Scope) -> Update {
    let place = scope.place.list("user_actions");
    let update = ManagementUpdate {
        event: Some("user_actions".to_owned()),
        value: scope.source_at(place).value(),
    };
    scope.update_at(place, UpdateKind::Management(Box::new(update)))
}

/// The lists of one change, and where their updates go.
struct Lists<'s> {
    scope: &'s Scope,
    updates: &'s mut Vec<Update>,
}

impl Lists<'_> {
    /// Gives each element of a list to its decoder; what a decoder cannot read becomes undecodable by itself.
    fn each<'a, T: Deserialize<'a>>(
        &mut self,
        key: &'static str,
        list: List<&'a RawValue>,
        decode: impl Fn(&Scope, T, &mut dyn FnMut(UpdateKind)) -> Result<(), String>,
    ) {
        let Self { scope, updates } = self;
        if list.odd {
            let detail = format!("{key} is not a list");
            updates.push(scope.undecodable_at(scope.place.list(key), &detail));
        }
        for (number, raw) in list.items.into_iter().enumerate() {
            let place = scope.place.element(key, number);
            let mut emit = |kind| updates.push(scope.update_at(place, kind));
            let decoded = read_element(raw).and_then(|element| decode(scope, element, &mut emit));
            if let Err(detail) = decoded {
                updates.push(scope.undecodable_at(place, &detail));
            }
        }
    }
}

/// Reads one element that must be an object.
pub(super) fn read_element<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    let node: Node<T> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    node.object()
        .ok_or_else(|| "the element is not an object".to_owned())
}
