//! What is read on the phone is read here. A mark may be told before its message is stored (after a while without a connection both come at once): it
//! waits for it, in memory.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use hoopoe_db::linked::{self, Holder, ReadMark};
use hoopoe_linked::{Person, Progress, Receipt};

use super::ids;
use crate::app::App;

/// In how many chats marks wait at most, and of how many messages in each: what is more is left unread.
const MOST_CHATS: usize = 1_000;
const MOST_IDS: usize = 64;

/// The chat of receipts that tell none: whatever was read by another of our devices in a chat of two.
const UNTOLD: &str = "";

/// Marks of an account that wait for their messages, by chat.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<HashMap<String, ReadMark>>);

impl Reads {
    /// Takes in what was read elsewhere, of receipts in the order in which they were told.
    pub(super) async fn note(
        &self,
        app: &App,
        holder: &Holder,
        receipts: &[Receipt],
    ) -> anyhow::Result<()> {
        let read = receipts
            .iter()
            .filter(|receipt| receipt.progress == Progress::ReadElsewhere);
        for receipt in read {
            // Without ids all is meant that was there.
            let mark = ReadMark {
                until: receipt.ids.is_empty().then_some(receipt.at),
                ids: receipt.ids.clone(),
            };
            if !apply(app, holder, &receipt.chat, &mark).await? {
                self.keep(&receipt.chat, mark);
            }
        }
        Ok(())
    }

    /// Messages came in these chats: what waited for them is read.
    pub(super) async fn arrived(&self, app: &App, holder: &Holder, chats: &BTreeSet<String>) {
        // What was read in a chat that was not told waits for any.
        for chat in chats.iter().map(String::as_str).chain([UNTOLD]) {
            let Some(mark) = self.take(chat) else {
                continue;
            };
            match apply(app, holder, chat, &mark).await {
                Ok(true) => {}
                Ok(false) => self.keep(chat, mark),
                Err(error) => {
                    tracing::info!(%error, "what was read on the phone is read with the next message");
                    self.keep(chat, mark);
                }
            }
        }
    }

    fn take(&self, chat: &str) -> Option<ReadMark> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(chat)
    }

    fn keep(&self, chat: &str, mark: ReadMark) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST_CHATS && !waiting.contains_key(chat) {
            return;
        }
        let held = waiting.entry(chat.to_owned()).or_default();
        held.until = held.until.max(mark.until);
        held.ids.extend(mark.ids);
        let surplus = held.ids.len().saturating_sub(MOST_IDS);
        held.ids.drain(..surplus);
    }
}

/// Marks what is there as read. Whether all of it was.
async fn apply(app: &App, holder: &Holder, chat: &str, mark: &ReadMark) -> anyhow::Result<bool> {
    let keys = ids::keys(chat, &Person::at(chat));
    let (tenant_id, account_id) = (&holder.tenant_id, &holder.account_id);
    let known = linked::find_known(&app.db, tenant_id, account_id, &keys).await?;
    let conversation_id = known.and_then(|known| known.conversation_id);
    if conversation_id.is_none() && chat != UNTOLD {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let all = linked::mark_read(&mut tx, holder, conversation_id.as_ref(), mark, now).await?;
    app.commit(tx).await?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let reads = Reads::default();
        let mark = |id: usize| ReadMark {
            ids: vec![id.to_string()],
            until: None,
        };
        for id in 0..MOST_IDS + 10 {
            reads.keep("a", mark(id));
        }
        let held = reads.take("a").unwrap_or_default();
        assert_eq!(held.ids.len(), MOST_IDS);
        assert_eq!(
            held.ids.first().map(String::as_str),
            Some("10"),
            "the newest stay"
        );
        for chat in 0..MOST_CHATS + 10 {
            reads.keep(&chat.to_string(), mark(1));
        }
        assert!(reads.take("0").is_some() && reads.take(&MOST_CHATS.to_string()).is_none());
    }
}
