//! Pieces of history that are not stored as messages yet: WhatsApp brings them once. And whom the phone blocked when it was asked last.

use whatsapp_rust::wacore::store::error::Result;

use super::{Entry, Store};

const HISTORY: &str = "history";
const PLACE: &str = "history_place";
const BLOCKED: &str = "blocked";
const THE_LIST: &str = "all";

impl Store {
    /// Keeps a piece until it is done with.
    pub(crate) async fn keep_history(&self, name: &str, packed: &[u8]) -> Result<()> {
        self.put(HISTORY, name, packed).await
    }

    /// The names of those that are kept, in the order in which they came.
    pub(crate) async fn list_history(&self) -> Result<Vec<String>> {
        let kept = self.list(PLACE, "").await?;
        Ok(kept.into_iter().map(|(name, _)| name).collect())
    }

    pub(crate) async fn find_history(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.get(HISTORY, name).await
    }

    /// How many of a piece's conversations are done with.
    pub(crate) async fn find_place(&self, name: &str) -> Result<u64> {
        Ok(self.get_json(PLACE, name).await?.unwrap_or_default())
    }

    pub(crate) async fn note_place(&self, name: &str, place: u64) -> Result<()> {
        let plain = place.to_string();
        let entry: Entry<'_> = (name.to_owned(), plain.as_bytes(), 0);
        self.put_all(PLACE, &[entry]).await
    }

    pub(crate) async fn forget_history(&self, name: &str) -> Result<()> {
        self.delete(HISTORY, name).await?;
        self.delete(PLACE, name).await
    }

    pub(crate) async fn list_blocked(&self) -> Result<Vec<String>> {
        Ok(self.get_json(BLOCKED, THE_LIST).await?.unwrap_or_default())
    }

    pub(crate) async fn note_blocked(&self, addresses: &Vec<String>) -> Result<()> {
        self.put_json(BLOCKED, THE_LIST, addresses).await
    }
}
