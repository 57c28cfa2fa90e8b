//! The mock's other half, with a bare client: what companions send, and what they are told of it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use hoopoe_simulator::linked::{Addressing, LinkedServer, Received};
use whatsapp_rust::{
    Client, Jid, SendOptions,
    async_channel::Receiver,
    bot::{Bot, BotHandle},
    http::{HttpClient, HttpRequest, HttpResponse},
    transport::TokioWebSocketTransportFactory,
    types::{
        events::{ChannelEventHandler, Event},
        presence::ReceiptType,
    },
    wacore::store::InMemoryBackend,
    waproto::whatsapp::Message,
};

use crate::stage::{ANA, SHOP};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

struct NoFiles;

#[async_trait]
impl HttpClient for NoFiles {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        anyhow::bail!("{} is out of reach", request.url)
    }
}

/// A companion of our phone, linked and connected.
struct Desk {
    client: Arc<Client>,
    events: Receiver<Arc<Event>>,
    running: BotHandle,
}

impl Desk {
    async fn new(mock: &LinkedServer) -> Self {
        mock.add_phone(SHOP, "Fern & Co").unwrap();
        mock.add_phone(ANA, "Ana").unwrap();
        let bot = Bot::builder()
            .with_backend(InMemoryBackend::new())
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(mock.url()))
            .with_http_client(NoFiles)
            .with_version((2, 3000, 1_030_000_000))
            .build()
            .await
            .unwrap();
        let (handler, events) = ChannelEventHandler::new();
        bot.client().subscribe_handler(handler).detach();
        let desk = Self {
            client: bot.client(),
            events,
            running: bot.spawn(),
        };
        let code = desk
            .event(|event| match event {
                Event::PairingQrCode(qr) => Some(qr.code.clone()),
                _ => None,
            })
            .await;
        mock.scan(SHOP, &code).unwrap();
        desk.event(|event| matches!(event, Event::Connected(_)).then_some(()))
            .await;
        desk
    }

    async fn event<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> T {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(found) = pick(&self.events.recv().await.unwrap()) {
                    return found;
                }
            }
        });
        waited.await.expect("the event that was waited for")
    }

    async fn send(&self, to: Jid, text: &str, id: &str) {
        let message = Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        };
        let options = SendOptions::default().with_message_id(id);
        let sent = self
            .client
            .send_message_with_options(to, message, options)
            .await
            .unwrap();
        assert_eq!(sent.message_id, id);
    }

    /// The code with which a message was refused, `None` where it was taken.
    async fn refusal(&self, id: &str) -> Option<String> {
        self.event(|event| match event {
            Event::ServerAck(ack) if ack.id == id => Some(ack.error.clone()),
            _ => None,
        })
        .await
    }

    async fn receipt(&self, id: &str) -> ReceiptType {
        self.event(|event| match event {
            Event::Receipt(receipt) if receipt.message_ids.iter().any(|of| of == id) => {
                Some(receipt.r#type.clone())
            }
            _ => None,
        })
        .await
    }

    /// The chat of the message with these words.
    async fn chat(&self, text: &str) -> Jid {
        self.event(|event| {
            let mut messages = event.messages();
            let found =
                messages.find(|message| message.message.conversation.as_deref() == Some(text));
            found.map(|message| message.info.source.chat.clone())
        })
        .await
    }
}

/// Who wrote what, under which id.
fn seen(message: &Received) -> (&str, &str, &str) {
    (&message.from, &message.id, &message.text)
}

async fn arrives(mock: &LinkedServer, id: &str, text: &str) {
    let arrived = mock.until(|mock| {
        let inbox = mock.inbox(ANA).unwrap();
        let mut inbox = inbox.iter();
        inbox
            .any(|message| seen(message) == (SHOP, id, text))
            .then_some(())
    });
    tokio::time::timeout(PATIENCE, arrived)
        .await
        .expect("the message");
}

fn ana() -> Jid {
    format!("{ANA}@s.whatsapp.net").parse().unwrap()
}

#[tokio::test]
async fn text_goes_both_ways_and_is_confirmed() {
    let mock = LinkedServer::start().await.unwrap();
    let desk = Desk::new(&mock).await;
    desk.send(ana(), "Hello", "OURS1").await;
    assert_eq!(desk.refusal("OURS1").await, None);
    arrives(&mock, "OURS1", "Hello").await;
    mock.report_delivered(ANA, SHOP, "OURS1").unwrap();
    assert_eq!(desk.receipt("OURS1").await, ReceiptType::Delivered);
    mock.report_read(ANA, SHOP, "OURS1").unwrap();
    assert_eq!(desk.receipt("OURS1").await, ReceiptType::Read);
    // Once both have written, each message turns the ratchet.
    for round in 0..3 {
        mock.write(ANA, SHOP, &format!("question {round}")).unwrap();
        let chat = desk.chat(&format!("question {round}")).await;
        let id = format!("ANSWER{round}");
        desk.send(chat, "answer", &id).await;
        arrives(&mock, &id, "answer").await;
    }
    desk.running.shutdown().await;
}

#[tokio::test]
async fn a_message_is_refused_on_demand() {
    let mock = LinkedServer::start().await.unwrap();
    let desk = Desk::new(&mock).await;
    mock.refuse_next_message(SHOP, "463").unwrap();
    desk.send(ana(), "one", "OURS1").await;
    assert_eq!(desk.refusal("OURS1").await.as_deref(), Some("463"));
    desk.send(ana(), "two", "OURS2").await;
    assert_eq!(desk.refusal("OURS2").await, None);
    arrives(&mock, "OURS2", "two").await;
    let inbox = mock.inbox(ANA).unwrap();
    assert_eq!(
        inbox.iter().map(seen).collect::<Vec<_>>(),
        [(SHOP, "OURS2", "two")]
    );
    desk.running.shutdown().await;
}

#[tokio::test]
async fn an_answer_to_a_lid_reaches_the_person() {
    let mock = LinkedServer::start().await.unwrap();
    let desk = Desk::new(&mock).await;
    mock.set_addressing(ANA, Addressing::Lid).unwrap();
    mock.write(ANA, SHOP, "question").unwrap();
    let chat = desk.chat("question").await;
    assert_eq!(chat.user.as_str(), mock.lid(ANA).unwrap());
    desk.send(chat, "answer", "OURS1").await;
    arrives(&mock, "OURS1", "answer").await;
    desk.running.shutdown().await;
}
