//! Calls of the Graph client: what is asked, what is read, and what a refusal means.

use std::time::Duration;

use hoopoe_cloud_api::errors::ErrorClass;
use hoopoe_cloud_api::graph::{FailureClass, GraphClient, GraphError, PhoneNumber, Timeouts};

use crate::graph_server::{Graph, PICTURE_HEX, TOKEN};

#[tokio::test]
async fn media_descriptor_is_read() {
    let graph = Graph::start().await;
    let info = graph
        .client()
        .media_info(TOKEN, "good", "106540352242922")
        .await
        .unwrap();
    assert_eq!(info.url, "https://lookaside.fbsbx.com/x?mid=1");
    assert_eq!(info.mime_type.as_deref(), Some("image/jpeg"));
    assert_eq!(info.sha256.as_deref(), Some(PICTURE_HEX));
    assert_eq!(info.file_size, Some(9));
    let asked = (
        "/v25.0/good?phone_number_id=106540352242922".to_owned(),
        Some(format!("Bearer {TOKEN}")),
    );
    assert_eq!(graph.seen(), [asked]);
}

#[tokio::test]
async fn a_number_tells_its_name() {
    let graph = Graph::start().await;
    let number = graph.client().phone_number(TOKEN, "number").await.unwrap();
    let expected = PhoneNumber {
        id: "number".to_owned(),
        display_phone_number: Some("+1 555-078-3881".to_owned()),
        verified_name: Some("Hoopoe".to_owned()),
        quality_rating: Some("GREEN".to_owned()),
    };
    assert_eq!(number, expected);
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    let graph = Graph::start().await;
    for id in ["a/../../files/picture", "x?y=1", "a#b", "ü"] {
        let error = graph
            .client()
            .media_info(TOKEN, id, "1&fields=x")
            .await
            .unwrap_err();
        let GraphError::Refused(refusal) = &error else {
            panic!("{error}")
        };
        assert_eq!(refusal.error.message.as_deref(), Some(id));
    }
    for id in ["", ".", ".."] {
        let error = graph.client().media_info(TOKEN, id, "1").await.unwrap_err();
        assert!(matches!(error, GraphError::BadAddress(_)), "{error}");
    }
    assert!(
        graph
            .seen()
            .iter()
            .all(|(uri, _)| uri.ends_with("?phone_number_id=1%26fields%3Dx"))
    );
}

#[tokio::test]
async fn refusals_are_classified_by_code() {
    let graph = Graph::start().await;
    for (id, class, retry_after_s) in [
        ("expired", FailureClass::Gone, None),
        ("badtoken", FailureClass::Auth, None),
        ("busy", FailureClass::Transient, Some(17)),
        ("busy-account", FailureClass::Transient, Some(180)),
        ("wrong", FailureClass::Request, None),
        ("proxy", FailureClass::Transient, None),
        ("html", FailureClass::Unknown, None),
        ("no-url", FailureClass::Unknown, None),
        ("endless", FailureClass::Unknown, None),
        ("elsewhere", FailureClass::Unknown, None),
        ("unheard-of", FailureClass::Gone, None),
    ] {
        let error = graph.client().media_info(TOKEN, id, "1").await.unwrap_err();
        assert_eq!(
            (error.class(), error.retry_after_s()),
            (class, retry_after_s),
            "{id}: {error}"
        );
    }
}

#[tokio::test]
async fn a_refusal_keeps_what_meta_said() {
    let graph = Graph::start().await;
    let error = graph
        .client()
        .phone_number(TOKEN, "badtoken")
        .await
        .unwrap_err();
    let GraphError::Refused(refusal) = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (refusal.status, refusal.error.code, refusal.subcode),
        (401, Some(190), Some(463))
    );
    assert_eq!(refusal.error.class(), ErrorClass::Reauth);
    assert_eq!(
        error.to_string(),
        "the Graph API refused: HTTP 401, code 190: Error validating access token: Session has expired"
    );
}

#[tokio::test]
async fn silence_and_a_closed_door_are_transient() {
    let graph = Graph::start().await;
    let base = format!("http://{}", graph.address);
    let timeouts = Timeouts {
        call: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let hasty = GraphClient::with_timeouts(&base, "v25.0", timeouts).unwrap();
    let error = hasty.media_info(TOKEN, "silent", "1").await.unwrap_err();
    assert!(matches!(error, GraphError::Timeout), "{error}");
    assert_eq!(error.class(), FailureClass::Transient);

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let nobody = GraphClient::new(&format!("http://{closed}"), "v25.0").unwrap();
    let error = nobody.media_info(TOKEN, "good", "1").await.unwrap_err();
    assert!(matches!(error, GraphError::Unreachable(_)), "{error}");
    assert_eq!(error.class(), FailureClass::Transient);
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_not_repeated() {
    let graph = Graph::start().await;
    let error = graph
        .client()
        .phone_number("EAA\nsecret", "number")
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Request);
    assert!(
        !format!("{error} {error:?}").contains("secret"),
        "{error:?}"
    );
    assert!(graph.seen().is_empty());
}

#[test]
fn only_web_addresses_make_a_client() {
    for address in ["not an address", "mailto:a@b", ""] {
        let error = GraphClient::new(address, "v25.0").unwrap_err();
        assert_eq!(error.class(), FailureClass::Request, "{address}");
    }
    let client = GraphClient::new("https://graph.facebook.com", "/v25.0/").unwrap();
    assert_eq!(
        format!("{client:?}"),
        "GraphClient(https://graph.facebook.com/ v25.0)"
    );
}
