//! The mock of linked devices as a program of its own, for tests in a browser: its address is the first line of its output; then it does what lines
//! of JSON on its input say, such as `{"do":"scan","number":"4930901820","code":"2@…"}`, and answers each with a line. It ends with its input.
//!
//! `cargo run -p hoopoe-simulator --features linked --example linked_phones`

use anyhow::Context as _;
use hoopoe_simulator::linked::{LinkedServer, Received, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is to be done.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// A phone that has WhatsApp.
    AddPhone { number: String, name: String },
    /// The phone's camera sees a QR code.
    Scan { number: String, code: String },
    /// Its owner types a code.
    EnterCode { number: String, code: String },
    /// A customer writes.
    Write {
        from: String,
        to: String,
        text: String,
    },
    /// What a customer's phone has received.
    Inbox { number: String },
    /// The owner ends the link on the phone.
    Unlink { number: String },
    /// The link is used from elsewhere.
    Replace { number: String },
    /// The connections break.
    Drop { number: String },
    /// The number is kept out from the next connection on, or let in again with 0 seconds.
    Ban { number: String, seconds: u32 },
}

fn obey(mock: &LinkedServer, order: Order) -> anyhow::Result<Value> {
    match order {
        Order::AddPhone { number, name } => mock.add_phone(&number, &name)?,
        Order::Scan { number, code } => mock.scan(&number, &code)?,
        Order::EnterCode { number, code } => mock.enter_code(&number, &code)?,
        Order::Write { from, to, text } => return Ok(json!(mock.write(&from, &to, &text)?)),
        Order::Inbox { number } => return Ok(inbox(&mock.inbox(&number)?)),
        Order::Unlink { number } => mock.unlink(&number)?,
        Order::Replace { number } => mock.replace(&number)?,
        Order::Drop { number } => mock.drop_connections(&number)?,
        Order::Ban { number, seconds } => {
            let refusal = (seconds > 0).then_some(Refusal::Banned { seconds });
            mock.refuse(&number, refusal)?;
        }
    }
    Ok(Value::Null)
}

fn inbox(received: &[Received]) -> Value {
    let shown = |message: &Received| json!({ "from": message.from, "text": message.text });
    received.iter().map(shown).collect()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mock = LinkedServer::start().await?;
    say(&json!({ "url": mock.url() }));
    tokio::task::spawn_blocking(move || follow(&mock)).await?
}

/// Does what it is told until nobody is there any more.
fn follow(mock: &LinkedServer) -> anyhow::Result<()> {
    for line in std::io::stdin().lines() {
        let line = line?;
        let order = serde_json::from_str(&line).context("an order that is not understood");
        let done = order.and_then(|order| obey(mock, order));
        say(&match done {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        });
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "whoever started it reads its output")]
fn say(line: &Value) {
    println!("{line}");
}
