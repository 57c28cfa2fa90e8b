//! Downloads of the Graph client: from whom, how much, and whether it is the announced file.

use std::time::Duration;

use hoopoe_cloud_api::graph::{DownloadRequest, FailureClass, GraphClient, GraphError, Timeouts};

use crate::graph_server::{Graph, PICTURE, PICTURE_BASE64, PICTURE_HEX, TOKEN, collected};

#[tokio::test]
async fn a_file_is_fetched_with_the_token_and_checked() {
    let graph = Graph::start().await;
    for digest in [
        None,
        Some(PICTURE_HEX),
        Some(PICTURE_BASE64),
        Some("not a digest"),
    ] {
        for name in ["picture", "unannounced", "moved"] {
            assert_eq!(
                graph.fetch(name, 9, digest).await.unwrap(),
                PICTURE,
                "{name} {digest:?}"
            );
        }
    }
    let bearer = format!("Bearer {TOKEN}");
    assert!(
        graph
            .seen()
            .iter()
            .all(|(_, token)| token.as_ref() == Some(&bearer))
    );
}

#[tokio::test]
async fn a_finished_file_tells_its_digest_and_type() {
    let graph = Graph::start().await;
    let url = graph.file("picture");
    let request = DownloadRequest {
        token: TOKEN,
        url: &url,
        max_bytes: 100,
        sha256: None,
    };
    let mut media = graph.client().download(&request).await.unwrap();
    assert_eq!(
        (media.content_type(), media.sha256()),
        (Some("image/jpeg"), None)
    );
    while media.chunk().await.unwrap().is_some() {}
    assert_eq!(
        (media.received_bytes(), media.sha256()),
        (9, Some(PICTURE_HEX))
    );
    assert!(media.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_that_is_too_long_is_cut_off() {
    let graph = Graph::start().await;
    for name in ["picture", "unannounced"] {
        let error = graph.fetch(name, 8, None).await.unwrap_err();
        assert!(
            matches!(error, GraphError::TooLarge { max_bytes: 8 }),
            "{name}: {error}"
        );
        assert_eq!(error.class(), FailureClass::TooLarge);
    }
}

#[tokio::test]
async fn another_file_than_announced_is_refused_for_good() {
    let graph = Graph::start().await;
    let url = graph.file("picture");
    let request = DownloadRequest {
        token: TOKEN,
        url: &url,
        max_bytes: 100,
        sha256: Some(&"0".repeat(64)),
    };
    let mut media = graph.client().download(&request).await.unwrap();
    assert!(media.chunk().await.unwrap().is_some());
    for _ in 0..2 {
        let error = media.chunk().await.unwrap_err();
        assert!(matches!(error, GraphError::Corrupt { .. }), "{error}");
        assert_eq!(error.class(), FailureClass::Transient);
    }
    assert_eq!(media.sha256(), None);
}

#[tokio::test]
async fn a_file_that_stops_coming_is_an_error() {
    let graph = Graph::start().await;
    let error = graph.fetch("broken", 100, None).await.unwrap_err();
    assert!(matches!(error, GraphError::Unreachable(_)), "{error}");

    let timeouts = Timeouts {
        idle: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let hasty = GraphClient::with_timeouts(&format!("http://{}", graph.address), "v25.0", timeouts)
        .unwrap();
    let url = graph.file("stalled");
    let request = DownloadRequest {
        token: TOKEN,
        url: &url,
        max_bytes: 100,
        sha256: None,
    };
    let error = collected(hasty.download(&request).await.unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::Timeout), "{error}");
}

#[tokio::test]
async fn redirects_to_strangers_are_not_followed() {
    let graph = Graph::start().await;
    for name in ["away", "downgraded"] {
        let error = graph.fetch(name, 100, None).await.unwrap_err();
        assert!(
            matches!(error, GraphError::HostNotAllowed(_)),
            "{name}: {error}"
        );
        assert_eq!(error.class(), FailureClass::Request);
    }
    for name in ["loop", "nowhere"] {
        let error = graph.fetch(name, 100, None).await.unwrap_err();
        assert!(
            matches!(error, GraphError::Unexpected(_)),
            "{name}: {error}"
        );
    }
    let loops = graph
        .seen()
        .iter()
        .filter(|(uri, _)| uri.ends_with("loop"))
        .count();
    assert_eq!(loops, 4);
}

#[tokio::test]
async fn strangers_are_not_asked_at_all() {
    let graph = Graph::start().await;
    let port = graph.address.port();
    let elsewhere = format!("http://localhost:{port}/files/picture");
    let with_user = format!("http://user:secret@127.0.0.1:{port}/files/picture");
    for url in [
        "https://evil.example/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://.fbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "data:text/plain,x",
        &elsewhere,
        &with_user,
    ] {
        let request = DownloadRequest {
            token: TOKEN,
            url,
            max_bytes: 100,
            sha256: None,
        };
        let error = graph.client().download(&request).await.unwrap_err();
        assert!(
            matches!(
                error,
                GraphError::HostNotAllowed(_) | GraphError::BadAddress(_)
            ),
            "{url}: {error}"
        );
    }
    assert!(graph.seen().is_empty());
}

#[tokio::test]
async fn a_refused_download_is_classified_by_status() {
    let graph = Graph::start().await;
    for (status, class) in [
        ("401", FailureClass::Auth),
        ("403", FailureClass::Transient),
        ("404", FailureClass::Gone),
        ("410", FailureClass::Gone),
        ("429", FailureClass::Transient),
        ("503", FailureClass::Transient),
        ("418", FailureClass::Unknown),
    ] {
        let error = graph.fetch(status, 100, None).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
    }
}
