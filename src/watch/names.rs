//! What ids are called, so that lines can be read: numbers, colleagues, and the people of conversations. Learned at the start and from events.

use std::collections::HashMap;

use serde_json::Value;

use super::login::Login;

/// Most conversations that are remembered.
const MOST_CONVERSATIONS: usize = 10_000;

/// Names by id.
#[derive(Debug, Default)]
pub struct Names {
    accounts: HashMap<String, String>,
    users: HashMap<String, String>,
    conversations: HashMap<String, String>,
}

impl Names {
    /// Asks the server for numbers and colleagues.
    pub async fn load(login: &mut Login) -> anyhow::Result<Self> {
        let mut names = Self::default();
        let accounts: Value = login.get("accounts").await?;
        remember_all(&mut names.accounts, &accounts);
        let users: Value = login.get("users").await?;
        remember_all(&mut names.users, &users);
        Ok(names)
    }

    /// Learns from an event's content.
    pub fn learn(&mut self, data: &Value) {
        if let Some(account) = data.get("account") {
            remember(&mut self.accounts, account);
        }
        if let Some(user) = data.get("user") {
            remember(&mut self.users, user);
        }
        let conversation = data.get("conversation");
        let contact = conversation.and_then(|conversation| conversation.pointer("/contact/name"));
        if let (Some(id), Some(name)) = (
            conversation.and_then(|conversation| text(conversation, "id")),
            contact.and_then(Value::as_str),
        ) {
            if self.conversations.len() >= MOST_CONVERSATIONS {
                self.conversations.clear();
            }
            self.conversations.insert(id.to_owned(), name.to_owned());
        }
    }

    /// A stream in a word: the number's name, or whose it is.
    pub fn stream<'a>(&'a self, stream: &'a str) -> &'a str {
        match stream.split_once(':') {
            Some(("account", id)) => self.accounts.get(id).map_or(id, String::as_str),
            Some(("tenant", _)) => "everybody",
            Some(("user", _)) => "me",
            _ => stream,
        }
    }

    /// A colleague.
    pub fn user<'a>(&'a self, id: &'a str) -> &'a str {
        self.users.get(id).map_or(id, String::as_str)
    }

    /// The other side of a conversation.
    pub fn conversation<'a>(&'a self, id: &'a str) -> &'a str {
        self.conversations.get(id).map_or(id, String::as_str)
    }
}

fn remember_all(names: &mut HashMap<String, String>, list: &Value) {
    let items = list.get("items").and_then(Value::as_array);
    for item in items.into_iter().flatten() {
        remember(names, item);
    }
}

fn remember(names: &mut HashMap<String, String>, item: &Value) {
    if let (Some(id), Some(name)) = (text(item, "id"), text(item, "name")) {
        names.insert(id.to_owned(), name.to_owned());
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}
