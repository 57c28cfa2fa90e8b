//! Shows the phone page without Hoopoe: plays the demo script to a callback that accepts everything, except
//! that every fiftieth POST is refused once so that retries can be seen. Then the business sends one message of every
//! kind to one customer.
//!
//! `cargo run -p hoopoe-simulator --example phone_page -- 127.0.0.1:4300`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use hoopoe_simulator::demo_script::{LiveOptions, conversations};
use hoopoe_simulator::{
    Customer, NewCustomer, Outgoing, SimApp, SimNumber, Simulator, SimulatorConfig, samples,
};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const NUMBER: &str = "100000000000001";
const TOKEN: &str = "EAAsimulated";

fn number(phone_number_id: &str, display: &str, name: &str) -> SimNumber {
    SimNumber {
        phone_number_id: phone_number_id.to_owned(),
        display_phone_number: display.to_owned(),
        verified_name: name.to_owned(),
        waba_id: "200000000000001".to_owned(),
        access_token: TOKEN.to_owned(),
        app: 0,
    }
}

/// A callback that accepts everything but every fiftieth POST; returns its address.
async fn callback() -> anyhow::Result<String> {
    let count = Arc::new(AtomicU64::new(1));
    let router = Router::new().route(
        "/hook",
        post(move || async move {
            if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(50) {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::OK
            }
        }),
    );
    let hook = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", hook.local_addr()?);
    tokio::spawn(async move { axum::serve(hook, router).await });
    Ok(url)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:4300".to_owned());
    let config = SimulatorConfig {
        apps: vec![SimApp {
            callback_url: callback().await?,
            app_secret: "secret".to_owned(),
            verify_token: "token".to_owned(),
        }],
        numbers: vec![
            number(NUMBER, "+1 555-010-0001", "Fern & Co"),
            number("100000000000002", "+1 555-010-0002", "Fern & Co Deliveries"),
        ],
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(TcpListener::bind(&address).await?, config)?;
    let script = conversations();
    let played = simulator.play(&script)?;
    simulator.settled().await;
    let nora = simulator.add_customer(NewCustomer::named("Nora Lindqvist", "46701740605"));
    send_every_kind(&simulator, &nora).await?;
    println!("{played} messages played; open {}", simulator.url());
    let _traffic = simulator.live_traffic(&script, LiveOptions::default());
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}

/// The Graph API, as a business uses it.
struct Business {
    http: reqwest::Client,
    url: String,
    to: String,
}

impl Business {
    async fn post(&self, edge: &str, body: Value) -> anyhow::Result<Value> {
        let url = format!("{}/v25.0/{NUMBER}/{edge}", self.url);
        let request = self.http.post(url).bearer_auth(TOKEN).json(&body);
        let response = request.send().await?;
        let is_success = response.status().is_success();
        let answer: Value = response.json().await?;
        ensure!(is_success, "{answer}");
        Ok(answer)
    }

    async fn send(&self, kind: &str, node: Value) -> anyhow::Result<()> {
        let body =
            json!({"messaging_product": "whatsapp", "to": self.to, "type": kind, kind: node});
        self.post("messages", body).await.map(drop)
    }

    async fn upload(&self, sample: &str) -> anyhow::Result<Value> {
        let found = samples::find(sample).with_context(|| format!("no sample {sample}"))?;
        let part = Part::bytes(found.bytes)
            .file_name(found.filename)
            .mime_str(found.mime)?;
        let form = Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", found.mime)
            .part("file", part);
        let url = format!("{}/v25.0/{NUMBER}/media", self.url);
        let request = self.http.post(url).bearer_auth(TOKEN).multipart(form);
        let answer: Value = request.send().await?.json().await?;
        answer.get("id").cloned().context("the upload has no id")
    }
}

async fn send_every_kind(simulator: &Simulator, customer: &Customer) -> anyhow::Result<()> {
    let hello = Outgoing::text("Hej! What do you have?");
    let hello = simulator.customer_sends(NUMBER, &customer.id, hello)?;
    let business = Business {
        http: reqwest::Client::builder().no_proxy().build()?,
        url: simulator.url(),
        to: customer.wa_id.clone(),
    };
    let quote = json!({"messaging_product": "whatsapp", "to": business.to, "type": "text", "context": {"message_id": hello},
        "text": {"body": "Hej Nora! *Everything green*, see https://example.com/spring"}});
    business.post("messages", quote).await?;
    let reaction = json!({"message_id": hello, "emoji": "🌿"});
    business.send("reaction", reaction).await?;
    let picture = business.upload("succulents").await?;
    let invoice = business.upload("invoice").await?;
    for (kind, node) in plain_messages(&business, &picture, &invoice).await? {
        business.send(kind, node).await?;
    }
    for message in interactive_messages(&picture) {
        business.send("interactive", message).await?;
    }
    for message in templates(&picture, &invoice) {
        business.send("template", message).await?;
    }
    Ok(())
}

async fn plain_messages(
    business: &Business,
    picture: &Value,
    invoice: &Value,
) -> anyhow::Result<Vec<(&'static str, Value)>> {
    let place = json!({"latitude": 59.3293, "longitude": 18.0686, "name": "Fern & Co", "address": "Stora Nygatan 1, Stockholm"});
    let card = json!({"name": {"formatted_name": "Tom Baker", "first_name": "Tom"}, "phones": [{"phone": "+1 555-010-0009"}]});
    let voice = json!({"id": business.upload("voice_note_en").await?, "voice": true});
    Ok(vec![
        (
            "sticker",
            json!({"id": business.upload("hoopoe_sticker").await?}),
        ),
        ("audio", voice),
        (
            "video",
            json!({"id": business.upload("balcony_film").await?}),
        ),
        (
            "image",
            json!({"id": picture, "caption": "Fresh from the greenhouse"}),
        ),
        (
            "document",
            json!({"id": invoice, "filename": "invoice.pdf", "caption": "For last week"}),
        ),
        ("location", place),
        ("contacts", json!([card])),
    ])
}

fn interactive_messages(picture: &Value) -> Vec<Value> {
    let reply =
        |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let row =
        |id: &str, title: &str, more: &str| json!({"id": id, "title": title, "description": more});
    let message = |kind: &str, text: &str, action: Value| json!({"type": kind, "body": {"text": text}, "action": action});
    let choice = [
        reply("yes", "Yes, please"),
        reply("no", "No, thanks"),
        reply("later", "Ask me later"),
    ];
    let buttons = json!({
        "type": "button",
        "header": {"type": "image", "image": {"id": picture}},
        "body": {"text": "Shall we put two succulents aside for you?"},
        "footer": {"text": "We keep them for two days"},
        "action": {"buttons": choice},
    });
    let times = [
        json!({"title": "Friday", "rows": [row("fri9", "9 to 12", "Morning round"), row("fri14", "14 to 17", "Afternoon round")]}),
        json!({"title": "Saturday", "rows": [row("sat10", "10 to 13", "Only in the city")]}),
    ];
    let list = json!({
        "type": "list",
        "header": {"type": "text", "text": "Delivery"},
        "body": {"text": "When may we deliver?"},
        "action": {"button": "Choose a time", "sections": times},
    });
    let link = json!({"name": "cta_url", "parameters": {"display_text": "See the catalogue", "url": "https://example.com/catalogue"}});
    vec![
        buttons,
        list,
        message("cta_url", "All plants with prices:", link),
        message(
            "location_request_message",
            "Where shall we bring them?",
            json!({"name": "send_location"}),
        ),
        message(
            "request_contact_info",
            "May the driver call you?",
            json!({"name": "request_contact_info"}),
        ),
    ]
}

fn templates(picture: &Value, invoice: &Value) -> Vec<Value> {
    let text = |text: &str| json!({"type": "text", "text": text});
    let named =
        |name: &str, text: &str| json!({"type": "text", "parameter_name": name, "text": text});
    let header = |parameter: Value| json!({"type": "header", "parameters": [parameter]});
    let body = |parameters: Value| json!({"type": "body", "parameters": parameters});
    let button = |index: &str, kind: &str, parameter: Value| json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]});
    let file = json!({"id": invoice, "filename": "invoice.pdf"});
    let coupon = json!({"type": "coupon_code", "coupon_code": "FERN25"});
    let payload = json!({"type": "payload", "payload": "stop"});
    let shipped = json!([
        header(json!({"type": "image", "image": {"id": picture}})),
        body(json!([text("Nora"), text("#1042")])),
        button("0", "url", text("1042")),
    ]);
    let bill = json!([
        header(json!({"type": "document", "document": file})),
        body(json!([
            named("first_name", "Nora"),
            named("number", "2026-118")
        ])),
    ]);
    let sale = json!([
        header(text("Nora")),
        body(json!([text("20 %")])),
        button("0", "copy_code", coupon),
        button("1", "quick_reply", payload),
    ]);
    let when = [
        named("name", "Nora"),
        named("day", "Monday"),
        named("time", "10:00"),
    ];
    let messages = [
        ("order_shipped", shipped),
        ("invoice_ready", bill),
        ("spring_sale", sale),
        ("appointment_reminder", json!([body(json!(when))])),
    ];
    let message = |(name, components): (&str, Value)| json!({"name": name, "language": {"code": "en_US"}, "components": components});
    messages.into_iter().map(message).collect()
}
