//! HTTPS by the server itself, and the addresses of clients behind a proxy.

use hoopoe_db::testing::sqlite;
use reqwest::Certificate;
use serde_json::json;

use crate::support::{Answer, Server};

const CERT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/cert.pem");
const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/key.pem");

#[tokio::test]
async fn with_a_certificate_the_server_speaks_https_and_nothing_else() {
    let server = Server::start_with(sqlite().await, |config| {
        CERT.clone_into(&mut config.server.tls.cert);
        KEY.clone_into(&mut config.server.tls.key);
    })
    .await;
    let certificate = Certificate::from_pem(&std::fs::read(CERT).unwrap()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap();
    let url = server.url.replace("http://", "https://");
    let answer = Answer::of(client.get(format!("{url}/api/v1/setup")))
        .await
        .expect(200);
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=31536000")
    );
    assert!(
        server
            .http
            .get(format!("{}/health", server.url))
            .send()
            .await
            .is_err(),
        "no plain HTTP"
    );
    let strangers = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(
        strangers.get(format!("{url}/health")).send().await.is_err(),
        "the certificate is the one that was named"
    );
    drop((client, strangers));
    server.stop().await;
}

#[tokio::test]
async fn browsers_are_told_to_come_back_by_https_only_where_they_can() {
    for (public_url, told) in [
        ("https://inbox.example.com", Some("max-age=31536000")),
        ("http://inbox.example.com", None),
    ] {
        let server = Server::start_with(sqlite().await, |config| {
            public_url.clone_into(&mut config.server.public_url);
        })
        .await;
        let answer = server
            .anonymous("GET", "/api/v1/setup", None)
            .await
            .expect(200);
        assert_eq!(
            answer.header("strict-transport-security"),
            told,
            "{public_url}"
        );
        server.stop().await;
    }
}

/// Tries to log in from an address that is told by a header. The status.
async fn log_in_from(server: &Server, address: &str, n: usize) -> u16 {
    let body = json!({ "email": format!("nobody{n}@shop.example"), "password": "wrong" });
    let request = server
        .http
        .post(format!("{}/api/v1/auth/login", server.url))
        .header("x-forwarded-for", address)
        .json(&body);
    Answer::of(request).await.status.as_u16()
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_its_clients_and_others_are_not() {
    for is_trusted in [true, false] {
        let server = Server::start_with(sqlite().await, |config| {
            (config.limits.login_burst, config.limits.login_per_minute) = (1, 1);
            if is_trusted {
                config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            }
        })
        .await;
        // Ten times the burst, since an office shares an address.
        for n in 0..10 {
            assert_eq!(log_in_from(&server, "9.9.9.9", n).await, 401);
        }
        assert_eq!(log_in_from(&server, "9.9.9.9", 10).await, 429);
        let another = if is_trusted { 401 } else { 429 };
        assert_eq!(
            log_in_from(&server, "8.8.8.8", 11).await,
            another,
            "trusted: {is_trusted}"
        );
        server.stop().await;
    }
}
