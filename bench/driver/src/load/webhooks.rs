//! Signed Cloud API webhooks, built before a trial begins, so that signing costs the trial nothing.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::load::board::Board;
use crate::numbers::{count, index};

/// Customers writing.
pub const CONTACTS: u64 = 1_000;

/// In front of each message's number, in its text: what listeners look for.
pub const MARKER: &[u8] = b"BENCH";
/// Digits of the number behind the marker.
pub const MARKER_DIGITS: usize = 10;

/// Where webhooks go and how they are signed.
#[derive(Debug, Clone)]
pub struct Door {
    /// Path of the webhook's address.
    pub path: String,
    /// The Meta app's secret.
    pub secret: String,
    /// The business numbers, as Meta's `phone_number_id`.
    pub phone_number_ids: Vec<String>,
}

/// Finished requests, one message each, in one piece of memory.
#[derive(Debug)]
pub struct Requests {
    first: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Requests {
    /// Builds `amount` messages, from all customers in turn, to all numbers of `door` in turn.
    pub fn build(door: &Door, board: &Board, amount: u64) -> Result<Self> {
        Self::filled(board, amount, |number, bytes| write(door, number, bytes))
    }

    /// Numbers `amount` messages; `write` appends the request of each.
    pub fn filled(
        board: &Board,
        amount: u64,
        mut write: impl FnMut(u64, &mut Vec<u8>) -> Result<()>,
    ) -> Result<Self> {
        let amount = amount.min(board.room_left());
        let first = board.reserve(amount);
        let mut requests = Self {
            first,
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        for number in first..first + amount {
            write(number, &mut requests.bytes)?;
            requests.ends.push(requests.bytes.len());
        }
        Ok(requests)
    }

    /// The number of the first message.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        count(self.ends.len())
    }

    /// The `position`th: its message number and its bytes.
    pub fn get(&self, position: u64) -> Option<(u64, &[u8])> {
        let end = *self.ends.get(index(position))?;
        let start = position
            .checked_sub(1)
            .and_then(|before| self.ends.get(index(before)).copied());
        Some((
            self.first + position,
            self.bytes.get(start.unwrap_or(0)..end)?,
        ))
    }
}

/// Appends one signed delivery.
fn write(door: &Door, number: u64, bytes: &mut Vec<u8>) -> Result<()> {
    let target = index(number % count(door.phone_number_ids.len()).max(1));
    let phone_number_id = door
        .phone_number_ids
        .get(target)
        .ok_or_else(|| anyhow!("no business number"))?;
    let body = body(phone_number_id, number);
    let mut mac = Hmac::<Sha256>::new_from_slice(door.secret.as_bytes())?;
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n\
             Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\nContent-Length: {}\r\n\r\n",
        door.path,
        body.len()
    );
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(body.as_bytes());
    Ok(())
}

fn body(phone_number_id: &str, number: u64) -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let customer = number % CONTACTS;
    let wa_id = format!("49151{:08}", 12_340_000 + customer);
    let user_id = format!("DE.134912086553027{customer:05}");
    let mut body = String::with_capacity(1024);
    // Non-ASCII is written \uXXXX, as Meta does.
    let written = write!(
        body,
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"4930123456","phone_number_id":"{phone_number_id}"}},"contacts":[{{"profile":{{"name":"Zo\u00eb Kunde {customer}"}},"wa_id":"{wa_id}","user_id":"{user_id}"}}],"messages":[{{"from":"{wa_id}","from_user_id":"{user_id}","id":"wamid.HBgNNDkxNTE{customer:05}FQIAEhgUM0E{number:012}AA==","timestamp":"{seconds}","text":{{"body":"BENCH{number:010} Guten Tag, ist die Lieferung f\u00fcr morgen noch m\u00f6glich? \ud83d\ude42"}},"type":"text"}}]}}}}]}}]}}"#
    );
    debug_assert!(written.is_ok(), "writing to a String does not fail");
    body
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn requests_are_numbered_and_complete() -> Result<()> {
        let door = Door {
            path: "/w".into(),
            secret: "s".into(),
            phone_number_ids: vec!["1".into(), "2".into()],
        };
        let board = Board::default();
        board.reserve(5);
        let requests = Requests::build(&door, &board, 3)?;
        assert_eq!(requests.len(), 3);
        let (number, bytes) = requests.get(1).context("the second")?;
        let text = std::str::from_utf8(bytes)?;
        assert_eq!(number, 6);
        assert!(text.starts_with("POST /w HTTP/1.1\r\n") && text.contains("BENCH0000000006 "));
        let (_, body) = text.split_once("\r\n\r\n").context("no body")?;
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
        assert!(requests.get(3).is_none());
        Ok(())
    }
}
