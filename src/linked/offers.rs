//! What somebody with the phone in hand is to scan, type or confirm, for the moment: never stored, told to managers and admins alone, and remembered on
//! every node for those who ask.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hoopoe_db::{
    Millis,
    ids::{AccountId, TenantId},
};
use hoopoe_linked::Offer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{app::App, realtime};

/// What is to be done on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// Nothing; the account's state says how it stands.
    #[default]
    None,
    /// `code` is to be shown as a QR code and scanned.
    Qr,
    /// `code` is to be typed.
    Code,
    /// The phone asks its owner for a passkey.
    Passkey,
}

/// What is to be done on the phone now, so that the account is linked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LinkOffer {
    /// What.
    pub kind: OfferKind,
    /// What the QR code says, or what is to be typed.
    pub code: Option<String>,
    /// Until when it is good. Unix milliseconds.
    pub expires_at: Option<Millis>,
    /// More about it, in words.
    pub message: Option<String>,
}

impl LinkOffer {
    fn of(offer: Option<&Offer>) -> Self {
        let (kind, code, until, message) = match offer {
            None => return Self::default(),
            Some(Offer::Qr { code, until }) => (OfferKind::Qr, Some(code.clone()), until, None),
            Some(Offer::Code { code, until }) => (OfferKind::Code, Some(code.clone()), until, None),
            Some(Offer::Passkey { until }) => {
                let message = "The phone asks for its passkey. Confirm it there.";
                (OfferKind::Passkey, None, until, Some(message.to_owned()))
            }
        };
        Self {
            kind,
            code,
            expires_at: Some(*until),
            message,
        }
    }
}

/// An account's offer on its way to those who may see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Whose account.
    tenant_id: TenantId,
    /// Which.
    account_id: AccountId,
    offer: LinkOffer,
}

/// Packet `account:link`.
#[derive(Debug, Serialize)]
struct Packet<'a> {
    account_id: &'a AccountId,
    #[serde(flatten)]
    offer: &'a LinkOffer,
}

/// What is shown of which account.
#[derive(Debug, Default)]
pub(super) struct Offers(Mutex<HashMap<AccountId, LinkOffer>>);

impl Offers {
    /// Whether it is news.
    fn set(&self, id: &AccountId, offer: &LinkOffer) -> bool {
        let mut offers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if offer.kind == OfferKind::None {
            return offers.remove(id).is_some();
        }
        offers.insert(id.clone(), offer.clone()).as_ref() != Some(offer)
    }

    /// What is shown now.
    pub(super) fn get(&self, id: &AccountId, now: Millis) -> LinkOffer {
        let offers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offer = offers.get(id).cloned().unwrap_or_default();
        if offer.expires_at.is_some_and(|until| until <= now) {
            return LinkOffer::default();
        }
        offer
    }
}

/// A supervisor of this node shows something, or nothing any more.
pub(super) fn show(app: &App, tenant_id: &TenantId, account_id: &AccountId, offer: Option<&Offer>) {
    let shown = Shown {
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        offer: LinkOffer::of(offer),
    };
    if hear(app, &shown) {
        realtime::tell_offer(app, shown);
    }
}

/// Remembers an offer and tells those who sit on this node. Whether it was news.
pub(crate) fn hear(app: &App, shown: &Shown) -> bool {
    let is_news = app.linked.offers.set(&shown.account_id, &shown.offer);
    if is_news {
        let packet = Packet {
            account_id: &shown.account_id,
            offer: &shown.offer,
        };
        realtime::tell_managers(
            app,
            &shown.tenant_id,
            &shown.account_id,
            "account:link",
            &packet,
        );
    }
    is_news
}
