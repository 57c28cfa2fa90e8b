//! What a supervisor needs of the server around it.

use async_trait::async_trait;
use hoopoe_db::{Millis, Tx, linked::Holder, model::Account};

use crate::{About, Arrived, Presence, Receipt, Typing};

/// Seals what is stored, bound to its place: elsewhere, or without the server's key, it can't be opened.
pub trait Seal: Send + Sync + 'static {
    /// Encrypts.
    ///
    /// # Errors
    /// Never in practice.
    fn seal(&self, place: &str, plain: &[u8]) -> anyhow::Result<String>;

    /// Decrypts what was sealed for the same place.
    ///
    /// # Errors
    /// When it was sealed with another key or for another place, or was changed.
    fn open(&self, place: &str, sealed: &str) -> anyhow::Result<Vec<u8>>;
}

/// What somebody with the phone in hand is to do, for as long as it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Scan this.
    Qr {
        /// What the QR code says.
        code: String,
        /// Unix milliseconds.
        until: Millis,
    },
    /// Type this.
    Code {
        /// Eight letters and digits.
        code: String,
        /// Unix milliseconds.
        until: Millis,
    },
    /// Confirm the passkey that the phone asks for.
    Passkey {
        /// Unix milliseconds.
        until: Millis,
    },
}

/// The server around a supervisor.
#[async_trait]
pub trait Host: Seal {
    /// The time, Unix milliseconds.
    fn now(&self) -> Millis;

    /// Commits, and tells those who may see it.
    ///
    /// # Errors
    /// When nothing was committed.
    async fn commit(&self, tx: Tx) -> anyhow::Result<()>;

    /// Shows what is to be scanned or typed, or that there is nothing (any more). It is never stored.
    fn show(&self, holder: &Holder, offer: Option<&Offer>);

    /// Stores messages, all or none. They may have been stored before: what was is left out. WhatsApp is told that they arrived when this has
    /// returned, and brings them again when it fails.
    ///
    /// # Errors
    /// When they were not stored.
    async fn receive(&self, holder: &Holder, messages: Vec<Arrived>) -> anyhow::Result<()>;

    /// Notes what became of messages, in the order in which it was told. It may be told again, and of messages that are not known (yet). WhatsApp does
    /// not bring it again: when it fails it is tried a few times more, then it is lost.
    ///
    /// # Errors
    /// When it was not noted.
    async fn receipts(&self, holder: &Holder, receipts: Vec<Receipt>) -> anyhow::Result<()>;

    /// Notes names, pictures and who is blocked, as [`receipts`](Self::receipts).
    ///
    /// # Errors
    /// When it was not noted.
    async fn people(&self, holder: &Holder, news: Vec<About>) -> anyhow::Result<()>;

    /// Shows how far the past that a phone shares has come, as [`typing`](Self::typing). The account has it from before.
    fn history(&self, holder: &Holder, account: &Account);

    /// Shows who writes. It is never stored, and must not wait for anything.
    fn typing(&self, holder: &Holder, typing: Typing);

    /// Shows who is there, as [`typing`](Self::typing).
    fn presence(&self, holder: &Holder, presence: Presence);
}
