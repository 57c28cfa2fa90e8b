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
    /// The node that shows it; a node that shows nothing any more takes back only what is its own. `None` takes back whosever it is.
    by: Option<String>,
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
pub(super) struct Offers(Mutex<HashMap<AccountId, Shown>>);

impl Offers {
    /// Whether it is news.
    fn set(&self, shown: &Shown) -> bool {
        let mut offers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.offer.kind != OfferKind::None {
            offers.insert(shown.account_id.clone(), shown.clone());
            return true;
        }
        let is_its_own = |known: &Shown| shown.by.is_none() || known.by == shown.by;
        let takes_back = offers.get(&shown.account_id).is_some_and(is_its_own);
        if takes_back {
            offers.remove(&shown.account_id);
        }
        takes_back
    }

    /// What is shown now.
    pub(super) fn get(&self, id: &AccountId, now: Millis) -> LinkOffer {
        let offers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offer = offers.get(id).map(|shown| shown.offer.clone());
        let offer = offer.unwrap_or_default();
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
        by: Some(app.node_id.clone()),
    };
    tell(app, shown);
}

/// What was shown of an account is void, whichever node showed it.
pub(super) fn withdraw(app: &App, tenant_id: &TenantId, account_id: &AccountId) {
    let shown = Shown {
        tenant_id: tenant_id.clone(),
        account_id: account_id.clone(),
        offer: LinkOffer::default(),
        by: None,
    };
    tell(app, shown);
}

fn tell(app: &App, shown: Shown) {
    if hear(app, &shown) {
        realtime::tell_offer(app, shown);
    }
}

/// Remembers an offer and tells those who sit on this node. Whether it was news.
pub(crate) fn hear(app: &App, shown: &Shown) -> bool {
    let is_news = app.linked.offers.set(shown);
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

#[cfg(test)]
mod tests {
    use hoopoe_db::Id as _;

    use super::*;

    #[test]
    fn a_node_takes_back_its_own_and_a_reset_whatever_is_shown() {
        let (offers, id) = (Offers::default(), AccountId::new(1));
        let shown = |kind, by: Option<&str>| Shown {
            tenant_id: TenantId::new(1),
            account_id: id.clone(),
            offer: LinkOffer {
                kind,
                expires_at: Some(10),
                ..LinkOffer::default()
            },
            by: by.map(str::to_owned),
        };
        assert!(
            !offers.set(&shown(OfferKind::None, None)),
            "there is nothing"
        );
        assert!(offers.set(&shown(OfferKind::Qr, Some("n2"))));
        assert!(
            !offers.set(&shown(OfferKind::None, Some("n1"))),
            "another node's"
        );
        assert_eq!(offers.get(&id, 9).kind, OfferKind::Qr);
        assert_eq!(offers.get(&id, 10).kind, OfferKind::None, "it is over");
        assert!(offers.set(&shown(OfferKind::None, Some("n2"))));
        assert!(offers.set(&shown(OfferKind::Qr, Some("n2"))));
        assert!(offers.set(&shown(OfferKind::None, None)));
        assert_eq!(offers.get(&id, 9).kind, OfferKind::None);
    }
}
