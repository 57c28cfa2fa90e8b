//! How the server is: for load balancers, admins and Prometheus.

use serde_json::json;

use crate::{
    feature,
    support::{Answer, Server},
};

feature! {
    async fn everybody_learns_the_status_and_only_that(server: Server) {
        let health = server.anonymous("GET", "/health", None).await.expect(200);
        assert_eq!(health.json, json!({ "status": "ok" }));
    }

    async fn an_admin_learns_the_details(server: Server) {
        let shop = server.organisation("shop").await;
        server.advance(5_000);
        let report = shop.admin.get("/health").await.expect(200).json;
        assert_eq!(report["status"], "ok", "{report}");
        assert_eq!(report["uptime_s"], 5);
        assert_eq!(report["storage"]["engine"], server.app.db.engine().name());
        assert_eq!(report["accounts"]["by_state"], json!({ "connected": 1 }));
        assert_eq!(report["accounts"]["items"][0]["id"], shop.account.to_string());
        assert!(report["storage"]["migration"].as_i64().unwrap() >= 1);
        let is_cluster = server.app.db.engine() == hoopoe_db::Engine::Postgres;
        assert_eq!(report["mode"], if is_cluster { "cluster" } else { "single" });
        shop.manager.get("/health").await.refused(403, "forbidden");
    }

    async fn metrics_tell_of_requests(server: Server) {
        server.anonymous("GET", "/api/v1/setup", None).await.expect(200);
        let metrics = server.anonymous("GET", "/metrics", None).await.expect(200);
        assert!(metrics.text.contains("http_request_duration_seconds_bucket"), "{}", metrics.text);
        assert!(metrics.text.contains("path=\"/api/v1/setup\""), "{}", metrics.text);
    }
}

#[tokio::test]
async fn everybody_who_is_logged_in_learns_where_the_source_is() {
    let database = hoopoe_db::testing::sqlite().await;
    let server = Server::start_with(database, |config| {
        "https://code.example/hoopoe/{commit}".clone_into(&mut config.server.source_url);
    })
    .await;
    let shop = server.organisation("shop").await;
    let about = shop.agent.get("/about").await.expect(200).json;
    let commit = about["commit"].as_str().unwrap();
    assert_eq!(
        about["source_url"],
        format!("https://code.example/hoopoe/{commit}")
    );
    assert_eq!(
        (&about["license"], &about["version"]),
        (&json!("AGPL-3.0-only"), &json!(env!("CARGO_PKG_VERSION")))
    );
    server
        .anonymous("GET", "/api/v1/about", None)
        .await
        .refused(401, "unauthorized");
    server.stop().await;
}

#[tokio::test]
async fn metrics_may_want_a_token() {
    let database = hoopoe_db::testing::sqlite().await;
    let server = Server::start_with(database, |config| {
        "hush".clone_into(&mut config.metrics.token);
    })
    .await;
    server
        .anonymous("GET", "/metrics", None)
        .await
        .refused(401, "unauthorized");
    let request = server
        .http
        .get(format!("{}/metrics", server.url))
        .bearer_auth("hush");
    Answer::of(request).await.expect(200);
    server.stop().await;
}
