//! Who looks and who types, to the other side and from it, over an account's connection. Part of `handle`.

use whatsapp_rust::Jid;

use crate::{Activity, Handle, Person, SendError, handle::address};

impl Handle {
    /// Shows the other side that somebody types or speaks, or does no more. WhatsApp shows it only of accounts that are [seen](Self::set_seen).
    ///
    /// # Errors
    /// As [`mark_read`](Self::mark_read).
    pub async fn typing(&self, chat: &str, activity: Activity) -> Result<(), SendError> {
        let client = self.client().ok_or(SendError::NotConnected)?;
        let (chat, states) = (address(chat)?, client.chatstate());
        let told = match activity {
            Activity::Typing => states.send_composing(&chat).await,
            Activity::Recording => states.send_recording(&chat).await,
            Activity::Paused => states.send_paused(&chat).await,
        };
        told.map_err(|_| SendError::NotConnected)
    }

    /// Whether somebody looks at the account. While somebody does, WhatsApp tells who types, and the phone is silent about new messages; so it is to be
    /// taken back. It holds over connections.
    ///
    /// # Errors
    /// [`SendError::NotConnected`]: it is told with the next connection.
    pub async fn set_seen(&self, seen: bool) -> Result<(), SendError> {
        self.0.set_seen(seen);
        let client = self.client().ok_or(SendError::NotConnected)?;
        let told = if seen {
            client.presence().set_available().await
        } else {
            client.presence().set_unavailable().await
        };
        told.map_err(|_| SendError::NotConnected)
    }

    /// Asks to be told whether a person is there, and when they type, until [`unwatch`](Self::unwatch) or the run's end.
    ///
    /// # Errors
    /// As [`mark_read`](Self::mark_read).
    pub async fn watch(&self, person: &Person) -> Result<(), SendError> {
        let client = self.client().ok_or(SendError::NotConnected)?;
        let asked = client.presence().subscribe(somebody(person)?).await;
        asked.map_err(|_| SendError::NotConnected)
    }

    /// Asks to be told no more. Without a connection there is nothing to take back.
    ///
    /// # Errors
    /// As [`mark_read`](Self::mark_read).
    pub async fn unwatch(&self, person: &Person) -> Result<(), SendError> {
        let client = self.client().ok_or(SendError::NotConnected)?;
        let asked = client.presence().unsubscribe(&somebody(person)?).await;
        asked.map_err(|_| SendError::NotConnected)
    }
}

fn somebody(person: &Person) -> Result<Jid, SendError> {
    let jid = person.jid(true);
    jid.ok_or_else(|| SendError::invalid("Nobody to watch."))
}
