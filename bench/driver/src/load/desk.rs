//! The desk: what an agent's client does to write to many customers. The same path and body on both stacks.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::load::board::Board;
use crate::load::http::Connection;
use crate::load::webhooks::Requests;
use crate::numbers::{count, index};

/// A user who may write in all conversations.
#[derive(Debug)]
pub struct Desk {
    token: String,
    conversations: Vec<String>,
}

impl Desk {
    /// Finds all conversations that `token` sees.
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let mut conversations = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/conversations?status=all&limit=100{cursor}");
            let (status, page) = connection.call("GET", &path, token, &Value::Null).await?;
            ensure!(status == 200, "GET {path} answered {status}: {page}");
            let items = page.get("items").and_then(Value::as_array);
            for item in items.context("no items")? {
                let id = item.get("id").and_then(Value::as_str);
                conversations.push(id.context("no id")?.to_owned());
            }
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        ensure!(!conversations.is_empty(), "no conversations to write in");
        Ok(Self {
            token: token.to_owned(),
            conversations,
        })
    }

    /// Finished requests, one text each, to all conversations in turn.
    pub fn requests(&self, board: &Board, amount: u64) -> Result<Requests> {
        Requests::filled(board, amount, |number, bytes| {
            let turn = index(number % count(self.conversations.len()));
            let id = self.conversations.get(turn).context("no conversation")?;
            let body = format!(
                r#"{{"client_id":"c{number:010}","text":{{"body":"BENCH{number:010} Guten Tag, ja, die Lieferung kommt morgen früh. 🙂"}}}}"#
            );
            let head = format!(
                "POST /api/v1/conversations/{id}/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
                self.token,
                body.len()
            );
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(body.as_bytes());
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_all_conversations_in_turn() -> Result<()> {
        let desk = Desk {
            token: "t".to_owned(),
            conversations: vec!["a".to_owned(), "b".to_owned()],
        };
        let requests = desk.requests(&Board::default(), 3)?;
        let paths: Vec<String> = (0..3)
            .filter_map(|position| requests.get(position))
            .filter_map(|(_, bytes)| String::from_utf8(bytes.to_vec()).ok())
            .filter_map(|text| text.split('/').nth(4).map(str::to_owned))
            .collect();
        assert_eq!(paths, ["a", "b", "a"]);
        let (_, last) = requests.get(2).context("the last")?;
        let (_, body) = std::str::from_utf8(last)?
            .split_once("\r\n\r\n")
            .context("no body")?;
        let body: Value = serde_json::from_str(body)?;
        assert_eq!(body.get("client_id"), Some(&Value::from("c0000000002")));
        Ok(())
    }
}
