//! The client against the simulator, which is as strict as Meta: whatever we write is taken, and whatever goes wrong is
//! what we say it is.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use hoopoe_cloud_api::graph::{
    GraphClient, MediaUpload, NewTemplate, ParameterFormat, SampleUpload, SendError, Sent, Timeouts,
};
use hoopoe_cloud_api::send::{Action, Envelope, MediaRef, Outgoing, Recipient};
use hoopoe_cloud_api::voice;
use hoopoe_simulator::{
    Customer, NewCustomer, Outgoing as Inbound, Rules, SendFault, SimApp, SimNumber, Simulator,
    SimulatorConfig, Timing,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::bodies;

const NUMBER: &str = "106540352242922";
const WABA: &str = "102290129340398";
const TOKEN: &str = "EAAJB-token";

struct Meta {
    simulator: Simulator,
    client: GraphClient,
    customer: Customer,
    /// The customer's message.
    wamid: String,
}

/// A simulator in which a customer has just written.
async fn meta() -> Meta {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let number = SimNumber {
        phone_number_id: NUMBER.to_owned(),
        display_phone_number: "+1 555-078-3881".to_owned(),
        verified_name: "Hoopoe".to_owned(),
        waba_id: WABA.to_owned(),
        access_token: TOKEN.to_owned(),
        app: 0,
    };
    // Nobody listens to the webhooks.
    let app = SimApp {
        callback_url: "http://127.0.0.1:9/".to_owned(),
        app_secret: String::new(),
        verify_token: String::new(),
    };
    let config = SimulatorConfig {
        apps: vec![app],
        numbers: vec![number],
        timing: Timing::instant(),
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(listener, config).unwrap();
    let customer = simulator.add_customer(NewCustomer::named("Ana", "4915112345678"));
    let hello = Inbound::text("Hello");
    let wamid = simulator
        .customer_sends(NUMBER, &customer.id, hello)
        .unwrap();
    let timeouts = Timeouts {
        call: std::time::Duration::from_millis(400),
        ..Timeouts::default()
    };
    let client = GraphClient::with_timeouts(&simulator.url(), "v25.0", timeouts).unwrap();
    Meta {
        simulator,
        client,
        customer,
        wamid,
    }
}

impl Meta {
    async fn send(&self, envelope: &Envelope) -> Result<Sent, SendError> {
        self.client.send(TOKEN, NUMBER, envelope).await
    }

    async fn send_text(&self, callback: &str) -> Result<Sent, SendError> {
        let mut envelope = bodies::to_phone(Outgoing::text("Good morning"));
        callback.clone_into(&mut envelope.callback);
        self.send(&envelope).await
    }

    fn accepted(&self, callback: &str) -> usize {
        let summary = self.simulator.sent_summary();
        summary.by_callback.get(callback).copied().unwrap_or(0)
    }

    async fn upload(&self, mime: &str) -> String {
        let upload = MediaUpload {
            phone_number_id: NUMBER,
            mime,
            filename: "file",
            size: 4,
        };
        let file = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"file"))]);
        self.client
            .upload_media(TOKEN, &upload, file)
            .await
            .unwrap()
    }
}

/// The file type that a kind of message needs.
fn mime_for(name: &str) -> &'static str {
    match name {
        "video" | "buttons_video_header" | "template_video" => "video/mp4",
        "audio" | "voice" => "audio/ogg",
        "document" | "buttons_document_header" | "template_document" => "application/pdf",
        "sticker" => "image/webp",
        _ => "image/jpeg",
    }
}

#[tokio::test]
async fn every_kind_of_message_is_taken() {
    let meta = meta().await;
    let mut expected = 0;
    for (name, envelope) in bodies::all() {
        // The simulator has no groups, and these templates are not its own.
        if name == "to_group" || (name.starts_with("template") && name != "template_positional") {
            continue;
        }
        let stored = serde_json::to_string(&envelope).unwrap();
        let id = meta.upload(mime_for(name)).await;
        let stored = stored
            .replace("1234567890", &id)
            .replace("wamid.HBgM", &meta.wamid)
            .replace("US.13491208655302741918", &meta.customer.user_id);
        let envelope: Envelope = serde_json::from_str(&stored).unwrap();
        let sent = meta.send(&envelope).await;
        assert!(sent.is_ok(), "{name}: {sent:?}");
        expected += 1;
    }
    assert_eq!(meta.simulator.sent_messages().len(), expected);
    assert!(expected > 20);
}

#[tokio::test]
async fn a_user_id_is_answered_with_a_user_id() {
    let meta = meta().await;
    let to_user = Envelope {
        to: Recipient::Bsuid(meta.customer.user_id.clone()),
        ..bodies::to_phone(bodies::interactive(Action::ContactRequest))
    };
    let sent = meta.send(&to_user).await.unwrap();
    assert_eq!(
        sent.user_id.as_deref(),
        Some(meta.customer.user_id.as_str())
    );
    assert_eq!(sent.wa_id, None);
}

#[tokio::test]
async fn what_may_be_tried_again_is_what_was_not_accepted() {
    let meta = meta().await;
    let refuse = |http_status, code| SendFault::Refuse {
        http_status,
        code,
        message: "No".to_owned(),
        retry_after_s: None,
    };
    for (callback, fault, is_unknown, accepted) in [
        ("lost answer", SendFault::LoseAnswer, true, 1),
        ("cut answer", SendFault::CutAnswer, true, 1),
        ("late answer", SendFault::Delay { ms: 60_000 }, true, 1),
        ("lost request", SendFault::LoseRequest, true, 0),
        ("silence", SendFault::Silence, true, 0),
        ("overloaded", refuse(503, 131_016), true, 0),
        ("refused", refuse(400, 131_026), false, 0),
        ("too fast", refuse(429, 130_429), false, 0),
    ] {
        meta.simulator.next_send(fault);
        let error = meta.send_text(callback).await.unwrap_err();
        assert_eq!(
            matches!(error, SendError::Unknown(_)),
            is_unknown,
            "{callback}: {error:?}"
        );
        assert_eq!(meta.accepted(callback), accepted, "{callback}");
        assert!(
            !(error.may_retry() && meta.accepted(callback) > 0),
            "{callback}"
        );
    }
}

#[tokio::test]
async fn an_outage_is_noticed_before_anything_is_sent() {
    let meta = meta().await;
    meta.send_text("before").await.unwrap();
    meta.simulator.set_online(false);
    loop {
        match meta.send_text("during").await.unwrap_err() {
            SendError::NotSent(_) => break,
            // The connection that was kept breaks at this moment.
            SendError::Unknown(_) => {}
            other => panic!("{other:?}"),
        }
    }
    meta.simulator.set_online(true);
    while meta.send_text("after").await.is_err() {}
    assert_eq!((meta.accepted("during"), meta.accepted("after")), (0, 1));
}

#[tokio::test]
async fn the_limit_of_the_pair_is_a_limit() {
    let meta = meta().await;
    meta.simulator.set_rules(Rules {
        pair_limit: true,
        ..Rules::default()
    });
    let error = loop {
        if let Err(error) = meta.send_text("x").await {
            break error;
        }
    };
    assert!(matches!(error, SendError::RateLimited { .. }), "{error:?}");
    assert_eq!(error.code(), Some(131_056));
    assert_eq!(meta.accepted("x"), 45);
}

#[tokio::test]
async fn a_recorded_voice_note_is_taken_as_such() {
    let meta = meta().await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/voice");
    let recording = std::fs::read(folder.join("chromium.webm")).unwrap();
    let voice = voice::webm_opus_to_ogg(&recording).unwrap();
    let upload = MediaUpload {
        phone_number_id: NUMBER,
        mime: "audio/ogg; codecs=opus",
        filename: "voice.ogg",
        size: u64::try_from(voice.bytes.len()).unwrap(),
    };
    let file = stream::iter([Ok::<_, io::Error>(Bytes::from(voice.bytes.clone()))]);
    let id = meta
        .client
        .upload_media(TOKEN, &upload, file)
        .await
        .unwrap();
    let node = json!({"audio": {"id": id, "voice": true}});
    let note: Outgoing = serde_json::from_value(node).unwrap();
    let sent = meta.send(&bodies::to_phone(note)).await.unwrap();
    let shown = meta.simulator.message(&sent.wamid).unwrap();
    assert_eq!(shown.media.unwrap().size, Some(voice.bytes.len()));
    meta.client.delete_media(TOKEN, NUMBER, &id).await.unwrap();
    meta.client.delete_media(TOKEN, NUMBER, &id).await.unwrap();
    let again = bodies::to_phone(Outgoing::Sticker(hoopoe_cloud_api::send::Sticker {
        file: MediaRef::id(id),
    }));
    assert_eq!(meta.send(&again).await.unwrap_err().code(), Some(131_009));
}

#[tokio::test]
async fn reading_and_typing_are_told() {
    let meta = meta().await;
    meta.client
        .mark_read(TOKEN, NUMBER, &meta.wamid, true)
        .await
        .unwrap();
    assert!(
        meta.simulator
            .message(&meta.wamid)
            .unwrap()
            .read_by_business
    );
    assert!(
        meta.client
            .mark_read(TOKEN, NUMBER, "wamid.x", false)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn templates_live_through_the_client() {
    let meta = meta().await;
    let client = &meta.client;
    let sample = SampleUpload {
        app_id: "900",
        mime: "image/png",
        filename: "fern.png",
    };
    let pixels = Bytes::from_static(b"pixels");
    let handle = client.upload_sample(TOKEN, &sample, pixels).await.unwrap();
    let parts = json!([
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}},
        {"type": "BODY", "text": "Hello {{name}}!", "example": {"body_text_named_params": [{"param_name": "name", "example": "Ana"}]}},
    ]);
    let new = NewTemplate {
        name: "greeting".to_owned(),
        language: "en".to_owned(),
        category: "UTILITY".to_owned(),
        parameter_format: ParameterFormat::Named,
        components: parts,
    };
    let created = client.create_template(TOKEN, WABA, &new).await.unwrap();
    let found = async || {
        let all = client.list_templates(TOKEN, WABA).await.unwrap();
        all.into_iter().find(|template| template.id == created.id)
    };
    let listed = found().await.unwrap();
    assert_eq!(
        (listed.parameter_format, &listed.components),
        (ParameterFormat::Named, &new.components)
    );
    let change = hoopoe_cloud_api::graph::TemplateChange {
        components: Some(json!([{"type": "BODY", "text": "Hello!"}])),
        ..Default::default()
    };
    client
        .edit_template(TOKEN, &created.id, &change)
        .await
        .unwrap();
    assert_eq!(Some(found().await.unwrap().components), change.components);
    let id = Some(created.id.as_str());
    client
        .delete_template(TOKEN, WABA, "greeting", id)
        .await
        .unwrap();
    assert_eq!(found().await, None);
    let empty = NewTemplate {
        components: Value::Null,
        ..new
    };
    assert!(client.create_template(TOKEN, WABA, &empty).await.is_err());
}
