//! What all routes share: shapes of refusals, request ids, ETags, headers, the API's description, the web app.

use crate::{
    feature,
    support::{Answer, Server},
};

feature! {
    async fn what_is_not_there_is_refused_in_the_one_shape(server: Server) {
        for path in ["/api/v1/nothing", "/api/v2/me", "/api", "/api/v1/users/usr_wrong/more"] {
            server.anonymous("GET", path, None).await.refused(404, "not_found");
        }
        server.anonymous("DELETE", "/api/v1/setup", None).await.refused(405, "bad_request");
        server.anonymous("GET", "/assets/gone.js", None).await.refused(404, "not_found");
    }

    async fn a_body_that_is_not_json_or_too_large_is_refused(server: Server) {
        let url = format!("{}/api/v1/auth/login", server.url);
        let send = |body: String| server.http.post(&url).header("content-type", "application/json").body(body);
        Answer::of(send("{".to_owned())).await.refused(400, "bad_request");
        Answer::of(send(format!("\"{}\"", "x".repeat(1024 * 1024)))).await.refused(413, "payload_too_large");
        Answer::of(server.http.post(&url).body("x")).await.refused(400, "bad_request");
    }

    async fn a_harmless_request_id_is_taken_over(server: Server) {
        let ask = |id: &str| server.http.get(format!("{}/health", server.url)).header("x-request-id", id);
        assert_eq!(Answer::of(ask("proxy-42")).await.header("x-request-id"), Some("proxy-42"));
        let replaced = Answer::of(ask("<script>")).await;
        assert_eq!(replaced.header("x-request-id").unwrap().len(), 32);
    }

    async fn an_unchanged_answer_is_not_sent_again(server: Server) {
        let shop = server.organisation("shop").await;
        let first = shop.agent.get("/users").await.expect(200);
        let tag = first.header("etag").unwrap().to_owned();
        let ask = || Answer::of(shop.agent.request("GET", "/users").header("if-none-match", &tag));
        let same = ask().await.expect(304);
        assert!(same.text.is_empty());
        shop.agent.patch("/me", serde_json::json!({ "name": "Ann" })).await.expect(200);
        ask().await.expect(200);
    }

    async fn pages_tell_the_browser_what_they_may_do(server: Server) {
        let answer = server.anonymous("GET", "/api/v1/setup", None).await.expect(200);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
    }

    async fn the_api_describes_itself(server: Server) {
        let document = server.anonymous("GET", "/api/openapi.json", None).await.expect(200).json;
        assert_eq!(document["paths"]["/api/v1/auth/login"]["post"]["operationId"], "login");
        assert!(document["components"]["schemas"]["MessageNew"].is_object());
        let reference = server.http.get(format!("{}/api/docs/", server.url));
        Answer::of(reference).await.expect(200);
    }

    async fn every_other_path_shows_the_web_app(server: Server) {
        let ask = |path: &str| server.http.get(format!("{}{path}", server.url)).header("accept", "text/html");
        for path in ["/", "/inbox/cnv_1", "/login"] {
            let answer = Answer::of(ask(path)).await;
            // Without a built web app a page says so.
            assert!([200, 503].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
            assert!(answer.header("content-type").unwrap().starts_with("text/html"));
        }
        Answer::of(ask("/api/nothing")).await.refused(404, "not_found");
        server.anonymous("GET", "/favicon-that-is-not-there.ico", None).await.refused(404, "not_found");
    }
}

feature! {
    async fn a_delivery_that_is_too_large_is_refused_in_the_one_shape(server: Server) {
        let shop = server.organisation("shop").await;
        let url = format!("{}/webhooks/whatsapp/{}", server.url, shop.hook);
        let body = vec![b'x'; 4 * 1024 * 1024];
        Answer::of(server.http.post(url).body(body)).await.refused(413, "payload_too_large");
    }

    async fn text_is_compressed(server: Server) {
        let url = format!("{}/api/openapi.json", server.url);
        let ask = server.http.get(url).header("accept-encoding", "gzip, br, zstd");
        assert!(Answer::of(ask).await.expect(200).header("content-encoding").is_some());
    }
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_it_began() {
    let server = Server::start(hoopoe_db::testing::sqlite().await).await;
    let url = format!("{}/api/v1/auth/login", server.url);
    let login =
        serde_json::json!({ "email": "ana@shop.example", "password": "takes a while to check" });
    let pending = tokio::spawn(server.http.post(url).json(&login).send());
    // Answered only after the request was accepted: the login is under way by then.
    server.anonymous("GET", "/health", None).await.expect(200);
    server.stop().await;
    assert_eq!(pending.await.unwrap().unwrap().status(), 401);
}
