//! Logging in, staying in, and getting out.

use hoopoe_db::model::Role;
use serde_json::json;

use crate::{
    feature,
    support::{PASSWORD, Server},
};

/// Life of an access token in milliseconds, by default.
const ACCESS_MS: i64 = 15 * 60 * 1000;

feature! {
    async fn a_login_gives_a_session_that_opens_the_api(server: Server) {
        let shop = server.organisation("shop").await;
        let user = server.add_user_with_password(&shop.id, "ana@shop.example", Role::Agent).await;
        let login = json!({ "email": " Ana@Shop.example ", "password": PASSWORD });
        let session = server.anonymous("POST", "/api/v1/auth/login", Some(login)).await.expect(200);
        assert_eq!(session.json["me"]["user"]["id"], user.id.to_string());
        assert_eq!(session.json["me"]["tenant"]["name"], "shop");
        assert_eq!(session.json["expires_at"], server.app.clock.now() + ACCESS_MS);
        let line = session.cookie_line("hoopoe_refresh=").unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=2592000"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!line.contains("Secure"), "a plain address would never send it back: {line}");
        assert!(session.cookie_line("hoopoe_media=").unwrap().contains("Path=/api/v1/media"));
    }

    async fn a_wrong_password_an_unknown_address_and_a_locked_user_look_the_same(server: Server) {
        let shop = server.organisation("shop").await;
        let user = server.add_user_with_password(&shop.id, "ana@shop.example", Role::Agent).await;
        shop.admin.patch(&format!("/users/{}", user.id), json!({ "disabled": true })).await.expect(200);
        let mut texts = Vec::new();
        for (email, password) in [
            ("admin@shop.example", ""),
            ("ana@shop.example", "wrong"),
            ("ana@shop.example", PASSWORD),
            ("nobody@shop.example", PASSWORD),
        ] {
            let login = json!({ "email": email, "password": password });
            let answer = server.anonymous("POST", "/api/v1/auth/login", Some(login)).await;
            texts.push(answer.refused(401, "unauthorized").json["error"]["message"].clone());
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
    }

    async fn an_access_token_expires_and_a_refresh_renews_it(server: Server) {
        let mut agent = server.organisation("shop").await.agent;
        agent.get("/me").await.expect(200);
        server.advance(ACCESS_MS);
        agent.get("/me").await.refused(401, "token_expired");
        agent.refresh(server).await.expect(200);
        agent.get("/me").await.expect(200);
    }

    async fn a_refresh_token_that_comes_twice_ends_the_login(server: Server) {
        let mut agent = server.organisation("shop").await.agent;
        let mut thief = agent.clone();
        agent.refresh(server).await.expect(200);
        let race = thief.refresh(server).await.refused(409, "conflict");
        assert_eq!(race.header("retry-after"), Some("1"));
        server.advance(10_000);
        thief.refresh(server).await.refused(401, "unauthorized");
        agent.refresh(server).await.refused(401, "unauthorized");
    }

    async fn two_tabs_that_refresh_at_once_keep_their_login(server: Server) {
        let mut first = server.organisation("shop").await.agent;
        let mut second = first.clone();
        let (one, two) = tokio::join!(first.refresh(server), second.refresh(server));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let winner = if one.status == 200 { &mut first } else { &mut second };
        winner.refresh(server).await.expect(200);
    }

    async fn a_refresh_token_dies_of_age(server: Server) {
        let mut agent = server.organisation("shop").await.agent;
        server.advance(30 * 24 * 60 * 60 * 1000);
        agent.refresh(server).await.refused(401, "unauthorized");
    }

    async fn a_logout_ends_the_login_and_clears_the_cookies(server: Server) {
        let mut agent = server.organisation("shop").await.agent;
        let request = agent.request("POST", "/auth/logout").header("cookie", &agent.refresh_cookie);
        let answer = crate::support::Answer::of(request).await.expect(204);
        assert_eq!(answer.cookie("hoopoe_refresh").unwrap(), "hoopoe_refresh=");
        assert!(answer.cookie_line("hoopoe_media=").unwrap().contains("Max-Age=0"));
        agent.refresh(server).await.refused(401, "unauthorized");
    }

    async fn a_new_password_needs_the_old_one_and_ends_all_other_logins(server: Server) {
        let shop = server.organisation("shop").await;
        let user = server.add_user_with_password(&shop.id, "ana@shop.example", Role::Agent).await;
        let mut here = server.log_in(&user.id).await;
        let mut elsewhere = server.log_in(&user.id).await;
        let wrong = json!({ "password": "a new password", "current_password": "wrong" });
        here.patch("/me", wrong).await.refused_field("current_password");
        let short = json!({ "password": "short", "current_password": PASSWORD });
        here.patch("/me", short).await.refused_field("password");
        let right = json!({ "password": "a new password", "current_password": PASSWORD });
        here.patch("/me", right).await.expect(200);
        elsewhere.get("/me").await.refused(401, "unauthorized");
        elsewhere.refresh(server).await.refused(401, "unauthorized");
        here.refresh(server).await.expect(200);
        let login = json!({ "email": "ana@shop.example", "password": "a new password" });
        server.anonymous("POST", "/api/v1/auth/login", Some(login)).await.expect(200);
    }

    async fn one_changes_ones_own_name_and_language(server: Server) {
        let agent = server.organisation("shop").await.agent;
        let me = agent.patch("/me", json!({ "name": " Ana ", "locale": "pt-BR" })).await.expect(200);
        assert_eq!(me.json["user"]["name"], "Ana");
        assert_eq!(agent.get("/me").await.json["user"]["locale"], "pt-BR");
        agent.patch("/me", json!({ "locale": "portuguese please" })).await.refused_field("locale");
        agent.patch("/me", json!({ "role": "admin" })).await.refused_field("role");
    }

    async fn a_login_link_works_once(server: Server) {
        let agent = server.organisation("shop").await.agent;
        let link = hoopoe::auth::links::login_link(&server.app, &agent.id).await.unwrap();
        assert!(link.starts_with(&server.url), "{link}");
        let body = json!({ "token": link.split_once("#link=").unwrap().1 });
        server.anonymous("POST", "/api/v1/auth/link", Some(body.clone())).await.expect(200);
        server.anonymous("POST", "/api/v1/auth/link", Some(body)).await.refused(401, "unauthorized");
    }

    async fn a_login_link_dies_of_age(server: Server) {
        let agent = server.organisation("shop").await.agent;
        let link = hoopoe::auth::links::login_link(&server.app, &agent.id).await.unwrap();
        server.advance(15 * 60 * 1000);
        let body = json!({ "token": link.split_once("#link=").unwrap().1 });
        server.anonymous("POST", "/api/v1/auth/link", Some(body)).await.refused(401, "unauthorized");
    }

    async fn whoever_holds_the_setup_link_becomes_the_first_admin(server: Server) {
        assert_eq!(server.anonymous("GET", "/api/v1/setup", None).await.json["needed"], true);
        let link = hoopoe::auth::links::setup_link(&server.app).await.unwrap();
        let other = hoopoe::auth::links::setup_link(&server.app).await.unwrap();
        let setup = |link: &str| json!({
            "token": link.split_once("#token=").unwrap().1, "organisation": "Shop", "name": "Ana",
            "email": "ana@shop.example", "password": PASSWORD,
        });
        let mut wrong = setup(&link);
        wrong["token"] = json!("guessed");
        server.anonymous("POST", "/api/v1/setup", Some(wrong)).await.refused(401, "unauthorized");
        let session = server.anonymous("POST", "/api/v1/setup", Some(setup(&link))).await.expect(200);
        assert_eq!(session.json["me"]["user"]["role"], "admin");
        assert_eq!(session.json["me"]["tenant"]["name"], "Shop");
        assert_eq!(server.anonymous("GET", "/api/v1/setup", None).await.json["needed"], false);
        server.anonymous("POST", "/api/v1/setup", Some(setup(&other))).await.refused(409, "conflict");
    }

    async fn a_token_is_needed_and_must_be_ours(server: Server) {
        server.anonymous("GET", "/api/v1/me", None).await.refused(401, "unauthorized");
        let mut agent = server.organisation("shop").await.agent;
        agent.token.push('x');
        agent.get("/me").await.refused(401, "unauthorized");
        agent.token = agent.media_cookie.split_once('=').unwrap().1.to_owned();
        agent.get("/me").await.refused(401, "unauthorized");
    }
}

#[tokio::test]
async fn too_many_tries_are_told_to_wait() {
    let database = hoopoe_db::testing::sqlite().await;
    let server = Server::start_with(database, |config| config.limits.login_burst = 2).await;
    let login = json!({ "email": "ana@shop.example", "password": "guess" });
    for _ in 0..2 {
        let answer = server
            .anonymous("POST", "/api/v1/auth/login", Some(login.clone()))
            .await;
        answer.refused(401, "unauthorized");
    }
    let answer = server
        .anonymous("POST", "/api/v1/auth/login", Some(login))
        .await;
    let wait: u64 = answer
        .refused(429, "rate_limited")
        .header("retry-after")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let colleague = json!({ "email": "leo@shop.example", "password": "guess" });
    let answer = server
        .anonymous("POST", "/api/v1/auth/login", Some(colleague))
        .await;
    answer.refused(401, "unauthorized");
    server.stop().await;
}

#[tokio::test]
async fn cookies_are_secure_behind_https() {
    let database = hoopoe_db::testing::sqlite().await;
    let server = Server::start_with(database, |config| {
        "https://inbox.example.com".clone_into(&mut config.server.public_url);
    })
    .await;
    let shop = server.organisation("shop").await;
    let user = server
        .add_user_with_password(&shop.id, "ana@shop.example", Role::Agent)
        .await;
    let login = json!({ "email": user.email, "password": PASSWORD });
    let session = server
        .anonymous("POST", "/api/v1/auth/login", Some(login))
        .await
        .expect(200);
    assert!(
        session
            .cookie_line("hoopoe_refresh=")
            .unwrap()
            .contains("Secure")
    );
    server.stop().await;
}
