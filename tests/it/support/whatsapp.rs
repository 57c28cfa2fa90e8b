//! What Meta delivers: bodies of webhooks, as the Cloud API sends them.

use serde_json::{Value, json};

use super::{Answer, NOW, Organisation, Server};

/// A text of a customer; `at` is in seconds after [`NOW`].
pub fn text(from: &str, id: &str, body: &str, at: i64) -> Value {
    json!({ "from": from, "id": id, "timestamp": second(at), "type": "text", "text": { "body": body } })
}

/// A status of a message that we sent to a customer.
pub fn status(id: &str, to: &str, word: &str, at: i64) -> Value {
    json!({ "id": id, "status": word, "timestamp": second(at), "recipient_id": to })
}

/// A second after [`NOW`] as Meta writes it.
pub fn second(at: i64) -> String {
    (NOW / 1000 + at).to_string()
}

/// The whole body of a delivery: entries, each with its changes.
pub fn delivery(waba_id: &str, entries: Vec<Vec<Value>>) -> Value {
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|changes| json!({ "id": waba_id, "changes": changes }))
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

/// One change of the field `messages` with what else is in it.
pub fn change(phone_number_id: &str, mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] =
        json!({ "display_phone_number": "4930901820", "phone_number_id": phone_number_id });
    json!({ "field": "messages", "value": value })
}

/// One change with messages, for a number of ours; the senders' profiles are named after their numbers.
pub fn customers_say(phone_number_id: &str, messages: &[Value]) -> Value {
    let people = messages
        .iter()
        .filter_map(|message| message["from"].as_str());
    let contacts: Vec<Value> = people
        .map(|from| json!({ "wa_id": from, "profile": { "name": format!("Customer {from}") } }))
        .collect();
    change(
        phone_number_id,
        json!({ "contacts": contacts, "messages": messages }),
    )
}

impl Organisation {
    /// Delivers messages of customers in one POST, and expects that they are taken.
    pub async fn receive(&self, server: &Server, messages: &[Value]) -> Answer {
        let change = customers_say(&self.phone_number_id, messages);
        self.deliver_changes(server, vec![change]).await.expect(200)
    }

    /// Delivers statuses of our messages in one POST, and expects that they are taken.
    pub async fn receive_statuses(&self, server: &Server, statuses: &[Value]) -> Answer {
        let change = change(&self.phone_number_id, json!({ "statuses": statuses }));
        self.deliver_changes(server, vec![change]).await.expect(200)
    }

    /// Delivers changes in one entry of one POST.
    pub async fn deliver_changes(&self, server: &Server, changes: Vec<Value>) -> Answer {
        self.deliver(server, &delivery(&self.waba_id, vec![changes]))
            .await
    }

    /// Delivers bytes as they are, with a header for the signature or without one.
    pub async fn deliver_raw(
        &self,
        server: &Server,
        body: Vec<u8>,
        signature: Option<String>,
    ) -> Answer {
        let mut request = server
            .http
            .post(format!("{}/webhooks/whatsapp/{}", server.url, self.hook))
            .header("content-type", "application/json")
            .body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        Answer::of(request).await
    }

    /// All conversations that the admin sees.
    pub async fn conversations(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = "/conversations?status=all&limit=100".to_owned();
        loop {
            let page = self.admin.get(&path).await.expect(200).json;
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else {
                return all;
            };
            path = format!("/conversations?status=all&limit=100&cursor={cursor}");
        }
    }

    /// The conversation with a number.
    pub async fn conversation_with(&self, phone: &str) -> Value {
        let found = self.conversations().await.into_iter();
        let mut found = found.filter(|conversation| conversation["reply_to"]["value"] == phone);
        let first = found
            .next()
            .unwrap_or_else(|| panic!("no conversation with {phone}"));
        assert!(found.next().is_none(), "{phone} has one conversation");
        first
    }

    /// A thread's newest messages (at most 100), oldest first.
    pub async fn thread(&self, conversation: &Value) -> Vec<Value> {
        let id = conversation["id"].as_str().unwrap();
        let page = self
            .admin
            .get(&format!("/conversations/{id}/messages?limit=100"))
            .await
            .expect(200);
        page.json["items"].as_array().unwrap().clone()
    }

    /// The texts of a thread.
    pub async fn texts_with(&self, phone: &str) -> Vec<String> {
        let thread = self.thread(&self.conversation_with(phone).await).await;
        thread
            .iter()
            .map(|message| message["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The dead letters in a state.
    pub async fn letters(&self, state: &str) -> Vec<Value> {
        let page = self
            .admin
            .get(&format!("/dead-letters?state={state}&limit=100"))
            .await
            .expect(200);
        page.json["items"].as_array().unwrap().clone()
    }
}
