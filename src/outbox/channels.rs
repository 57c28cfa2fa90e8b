//! What an account's channel can do. An account never changes its channel, so it is asked once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hoopoe_cloud_api::send::{Action, Outgoing};
use hoopoe_db::{
    Millis, accounts,
    ids::{AccountId, TenantId},
    model::{Capabilities, ChangeKind},
};

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// What accounts can do, as far as was asked.
#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<AccountId, Capabilities>>);

/// What an account can do.
pub(super) async fn capabilities(
    app: &App,
    tenant_id: &TenantId,
    id: &AccountId,
) -> ApiResult<Capabilities> {
    let known = || app.outbox.channels.0.lock();
    let found = known()
        .unwrap_or_else(PoisonError::into_inner)
        .get(id)
        .copied();
    if let Some(found) = found {
        return Ok(found);
    }
    let account = accounts::get_account(&app.db, tenant_id, id).await?;
    known()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.clone(), account.capabilities);
    Ok(account.capabilities)
}

/// Refuses what an account can't send, by the field that asks for it.
pub(super) fn check(can: &Capabilities, message: &Outgoing) -> ApiResult<()> {
    let (possible, field) = match message {
        Outgoing::Text(_) => (can.text, "text"),
        Outgoing::Image(_) => (can.image, "media"),
        Outgoing::Video(_) => (can.video, "media"),
        Outgoing::Audio(audio) if audio.voice => (can.voice, "media.voice"),
        Outgoing::Audio(_) => (can.audio, "media"),
        Outgoing::Document(_) => (can.document, "media"),
        Outgoing::Sticker(_) => (can.sticker, "media.sticker"),
        Outgoing::Location(_) => (can.location, "location"),
        Outgoing::Contacts(_) => (can.contacts, "contacts"),
        Outgoing::Reaction(_) => (can.reaction, "reaction"),
        Outgoing::Interactive(interactive) => {
            let possible = match &interactive.action {
                Action::Buttons(_) => can.buttons,
                Action::List(_) => can.list,
                Action::Url(_) => can.cta_url,
                Action::LocationRequest => can.location_request,
                Action::ContactRequest => can.contact_request,
            };
            (possible, "interactive")
        }
        Outgoing::Template(_) => (can.template, "template"),
    };
    require(possible, field)
}

/// Refuses by its field what is not possible.
pub(super) fn require(possible: bool, field: &'static str) -> ApiResult<()> {
    if possible {
        return Ok(());
    }
    Err(ApiError::validation(
        field,
        "this account can't send that: see its capabilities",
    ))
}

/// For how long after it was sent a message can be changed; where it can't at all, that is refused. Milliseconds.
pub(super) fn check_change(can: &Capabilities, kind: ChangeKind) -> ApiResult<Millis> {
    let (possible, refusal) = match kind {
        ChangeKind::Edit => (
            can.edit_for_ms.filter(|_| can.edit),
            "this account can't change what it has sent: WhatsApp's Cloud API has no way to do that. Send another message instead",
        ),
        ChangeKind::Delete => (
            can.delete_for_ms.filter(|_| can.delete),
            "this account can't take back what it has sent: WhatsApp's Cloud API has no way to do that",
        ),
    };
    possible.ok_or_else(|| ApiError::validation(kind.as_str(), refusal))
}

/// Refuses groups where the account can't write in them.
pub(super) fn check_group(can: &Capabilities, is_group: bool) -> ApiResult<()> {
    require(can.groups || !is_group, "id")
}
