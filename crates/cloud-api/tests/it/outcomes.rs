//! What is certain about a message after its send, whatever the network does.

use std::time::Duration;

use hoopoe_cloud_api::errors::ErrorClass;
use hoopoe_cloud_api::graph::{GraphClient, SendError, Sent};
use hoopoe_cloud_api::send::Outgoing;

use crate::bodies::to_phone;
use crate::scripted::{Act, Scripted, answer};

const TOKEN: &str = "EAAJB-token";
const ACCEPTED: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"4915112345678","wa_id":"4915112345678"}],
    "messages":[{"id":"wamid.HBgM","message_status":"accepted"}]}"#;

fn refusal(code: i64) -> String {
    format!(
        r#"{{"error":{{"message":"(#{code}) No","type":"OAuthException","code":{code},"error_data":{{"messaging_product":"whatsapp","details":"Because."}},"fbtrace_id":"AbC"}}}}"#
    )
}

async fn send(client: &GraphClient) -> Result<Sent, SendError> {
    let envelope = to_phone(Outgoing::text("Good morning"));
    client.send(TOKEN, "106540352242922", &envelope).await
}

async fn outcome(acts: Vec<Act>) -> Result<Sent, SendError> {
    send(&Scripted::play(acts).await.client()).await
}

async fn outcome_of_answer(status: &str, headers: &str, body: &str) -> Result<Sent, SendError> {
    outcome(vec![Act::Say(answer(status, headers, body))]).await
}

#[tokio::test]
async fn an_accepted_message_has_its_id() {
    let host = Scripted::answering("200 OK", "", ACCEPTED).await;
    let sent = send(&host.client()).await.unwrap();
    assert_eq!(
        sent,
        Sent {
            wamid: "wamid.HBgM".to_owned(),
            wa_id: Some("4915112345678".to_owned()),
            user_id: None,
            message_status: Some("accepted".to_owned()),
        }
    );
    let asked = host.asked().remove(0);
    assert!(asked.starts_with("POST /v25.0/106540352242922/messages HTTP/1.1\r\n"));
    assert!(
        asked.contains("\r\nauthorization: Bearer EAAJB-token\r\n"),
        "{asked}"
    );
    let (_, body) = asked.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        body,
        r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"4915112345678","biz_opaque_callback_data":"msg_1/1","type":"text","text":{"body":"Good morning"}}"#
    );
}

#[tokio::test]
async fn a_message_to_a_user_id_is_answered_with_it() {
    let body = r#"{"contacts":[{"input":"US.1","user_id":"US.13491208655302741918"}],"messages":[{"id":"wamid.1"}]}"#;
    let sent = outcome_of_answer("200 OK", "", body).await.unwrap();
    assert_eq!(sent.user_id.as_deref(), Some("US.13491208655302741918"));
    assert_eq!((sent.wa_id, sent.message_status), (None, None));
}

#[tokio::test]
async fn metas_no_is_certain() {
    for (status, code, class) in [
        ("400 Bad Request", 100, ErrorClass::Request),
        ("400 Bad Request", 131_047, ErrorClass::NeedsTemplate),
        ("400 Bad Request", 131_026, ErrorClass::Recipient),
        ("401 Unauthorized", 190, ErrorClass::Reauth),
        ("403 Forbidden", 368, ErrorClass::Account),
        ("400 Bad Request", 131_016, ErrorClass::Retry),
        ("404 Not Found", 132_001, ErrorClass::Request),
    ] {
        let error = outcome_of_answer(status, "", &refusal(code))
            .await
            .unwrap_err();
        assert!(matches!(error, SendError::Refused(_)), "{error:?}");
        assert_eq!((error.code(), error.class()), (Some(code), class));
        assert_eq!(error.may_retry(), class == ErrorClass::Retry, "{code}");
    }
}

#[tokio::test]
async fn limits_say_when_to_come_again() {
    let usage = "x-business-use-case-usage: {\"1\":[{\"type\":\"messaging\",\"call_count\":100,\"estimated_time_to_regain_access\":4}]}\r\n";
    let no = "<html>slow down</html>";
    for (status, headers, body, seconds) in [
        (
            "429 Too Many Requests",
            "retry-after: 17\r\n",
            refusal(80007),
            Some(17),
        ),
        (
            "429 Too Many Requests",
            "retry-after: 3\r\n",
            no.to_owned(),
            Some(3),
        ),
        ("429 Too Many Requests", "", no.to_owned(), None),
        ("400 Bad Request", usage, refusal(80007), Some(240)),
        ("400 Bad Request", "", refusal(131_056), None),
        ("400 Bad Request", "", refusal(130_429), None),
        ("400 Bad Request", "", refusal(131_048), None),
        ("400 Bad Request", "", refusal(4), None),
    ] {
        let error = outcome_of_answer(status, headers, &body).await.unwrap_err();
        assert!(error.may_retry() && error.class() == ErrorClass::Retry);
        let SendError::RateLimited { retry_after, .. } = error else {
            panic!("{status} {body}: {error:?}")
        };
        assert_eq!(
            retry_after,
            seconds.map(Duration::from_secs),
            "{status} {body}"
        );
    }
}

fn unclear_answers() -> Vec<(&'static str, Act)> {
    let cut = |bytes: &[u8], at: usize| Act::Say(bytes[..at].to_vec());
    let accepted = answer("200 OK", "", ACCEPTED);
    let refused = answer("400 Bad Request", "", &refusal(100));
    let garbage = |status: &str, body: &str| Act::Say(answer(status, "", body));
    vec![
        ("the answer is cut in its head", cut(&accepted, 20)),
        (
            "the answer is cut in its body",
            cut(&accepted, accepted.len() - 1),
        ),
        (
            "the refusal is cut in its body",
            cut(&refused, refused.len() - 1),
        ),
        (
            "the connection is closed without an answer",
            Act::Say(Vec::new()),
        ),
        (
            "the connection is closed while the request is read",
            Act::CloseAfter(30),
        ),
        ("the answer never comes", Act::SayAndHang(Vec::new())),
        (
            "the answer stops in the middle",
            Act::SayAndHang(accepted[..100].to_vec()),
        ),
        ("accepted, but not as JSON", garbage("200 OK", "<html>")),
        ("accepted, but empty", garbage("200 OK", "")),
        (
            "accepted, but which message?",
            garbage("200 OK", r#"{"messages":[{}]}"#),
        ),
        (
            "accepted, with an error",
            garbage("200 OK", &refusal(131_000)),
        ),
        (
            "not HTTP at all",
            Act::Say(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ),
        (
            "Meta's own trouble",
            garbage("500 Internal Server Error", &refusal(131_000)),
        ),
        ("trouble on the way", garbage("502 Bad Gateway", "<html>")),
        ("too slow on the way", garbage("504 Gateway Timeout", "")),
        (
            "a proxy's no",
            garbage("403 Forbidden", "<html>blocked</html>"),
        ),
        (
            "a no without a code",
            garbage("400 Bad Request", r#"{"error":{"message":"?"}}"#),
        ),
        (
            "a redirect",
            Act::Say(answer("302 Found", "location: /v25.0/x\r\n", "")),
        ),
    ]
}

#[tokio::test]
async fn whatever_is_not_a_clear_no_is_unknown() {
    for (name, act) in unclear_answers() {
        let error = outcome(vec![act]).await.unwrap_err();
        assert!(matches!(error, SendError::Unknown(_)), "{name}: {error:?}");
        assert!(!error.may_retry(), "{name}");
        assert!(!error.to_string().contains(TOKEN), "{name}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_for_only_once() {
    let host = Scripted::play(vec![
        Act::Say(Vec::new()),
        Act::Say(answer("200 OK", "", ACCEPTED)),
    ])
    .await;
    assert!(send(&host.client()).await.is_err());
    assert_eq!(host.asked().len(), 1);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let hosts = [
        format!("http://{closed}"),
        // Speaks no TLS: the handshake fails before the request.
        format!(
            "https://{}",
            Scripted::answering("200 OK", "", "").await.address
        ),
    ];
    for host in hosts {
        let client = GraphClient::new(&host, "v25.0").unwrap();
        let error = send(&client).await.unwrap_err();
        assert!(matches!(error, SendError::NotSent(_)), "{host}: {error:?}");
        assert!(error.may_retry(), "{host}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let host = Scripted::answering("200 OK", "", ACCEPTED).await;
    let too_long = to_phone(Outgoing::text("x".repeat(4097)));
    let error = host.client().send(TOKEN, "1", &too_long).await.unwrap_err();
    assert!(matches!(error, SendError::Invalid(_)), "{error:?}");
    assert_eq!(
        error.plain_words(),
        "text.body must be at most 4096 characters long; it has 4097"
    );
    let hello = to_phone(Outgoing::text("Hello"));
    for (token, number) in [("EAA\nsecret", "1"), (TOKEN, "..")] {
        let error = host.client().send(token, number, &hello).await.unwrap_err();
        assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("secret"));
    }
    assert_eq!(host.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn agents_read_words_of_ours_or_of_meta() {
    let words = async |status: &str, body: String| {
        outcome_of_answer(status, "", &body)
            .await
            .unwrap_err()
            .plain_words()
    };
    assert_eq!(
        words("400 Bad Request", refusal(131_047)).await,
        "More than 24 hours have passed since the customer's last message. Send a template instead."
    );
    assert_eq!(words("400 Bad Request", refusal(999_999)).await, "Because.");
    assert_eq!(
        words("429 Too Many Requests", String::new()).await,
        "Too many messages at once. Sending slows down by itself."
    );
    assert_eq!(
        words("500 Internal Server Error", String::new()).await,
        "WhatsApp did not answer clearly: the message may or may not have been sent."
    );
}

#[tokio::test]
async fn a_read_mark_may_show_typing() {
    let host = Scripted::answering("200 OK", "", r#"{"success":true}"#).await;
    let client = host.client();
    client
        .mark_read(TOKEN, "1", "wamid.1", false)
        .await
        .unwrap();
    client.mark_read(TOKEN, "1", "wamid.1", true).await.unwrap();
    let bodies: Vec<serde_json::Value> = host
        .asked()
        .iter()
        .map(|asked| serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap())
        .collect();
    let plain = serde_json::json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"});
    let mut typing = plain.clone();
    typing["typing_indicator"] = serde_json::json!({"type": "text"});
    assert_eq!(bodies, [plain, typing]);
    let unsure = Scripted::answering("200 OK", "", "{}").await;
    assert!(
        unsure
            .client()
            .mark_read(TOKEN, "1", "wamid.1", false)
            .await
            .is_err()
    );
}
