//! Whom webhooks reach, and whom not.

use hoopoe_db::testing;
use serde_json::json;

use super::receiver::{Receiver, Reply, add, on_engines};
use crate::support::Server;

#[tokio::test]
async fn nothing_of_the_servers_own_network_is_reached() {
    let server = Server::start(testing::sqlite().await).await;
    let shop = server.organisation("shop").await;
    let mut receiver = Receiver::start().await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    let body = |url: &str| json!({ "name": "x", "url": url, "event_types": ["*"] });
    let refused = [
        receiver.url.clone(),
        format!("https://127.0.0.1:{port}"),
        "https://[::1]/".to_owned(),
        "https://[::ffff:10.0.0.1]/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "http://hooks.example.com/".to_owned(),
        "https://ana:secret@hooks.example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "not an address".to_owned(),
    ];
    for url in refused {
        shop.admin
            .post("/webhooks", body(&url))
            .await
            .refused_field("url");
    }
    // A name says nothing before it is resolved: it is checked then, each time, and what was checked is connected to.
    let by_name = format!("https://localhost:{port}");
    let added = shop
        .admin
        .post("/webhooks", body(&by_name))
        .await
        .expect(201)
        .json;
    let id = added["webhook"]["id"].as_str().unwrap();
    let tested = shop
        .admin
        .post(&format!("/webhooks/{id}/test"), json!({}))
        .await
        .expect(200)
        .json;
    assert_eq!(tested["state"], "failed");
    let error = tested["error"].as_str().unwrap();
    assert!(
        error.contains("localhost leads into a private network"),
        "{error}"
    );
    shop.admin
        .patch(&format!("/webhooks/{id}"), json!({ "url": receiver.url }))
        .await
        .refused_field("url");
    assert!(receiver.rest().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    on_engines(async |_server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        receiver.replies([Reply::Redirect]);
        let tested = shop
            .admin
            .post(&format!("/webhooks/{id}/test"), json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(
            tested["error"],
            "The answer was 307, and redirects are not followed (Temporary Redirect)."
        );
        assert_eq!(receiver.rest().len(), 1);
    })
    .await;
}
