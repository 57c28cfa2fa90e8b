//! Meta's handshake, and signatures.

use serde_json::json;

use crate::{
    feature,
    support::{
        sign,
        whatsapp::{customers_say, delivery, text},
    },
};

feature! {
    async fn the_handshake_answers_the_challenge_to_the_right_token_only(server: Server) {
        let shop = server.organisation("shop").await;
        let token = shop.admin.get("/meta-apps").await.expect(200).json["items"][0]["verify_token"].as_str().unwrap().to_owned();
        let ask = async |hook: &str, query: &str| server.anonymous("GET", &format!("/webhooks/whatsapp/{hook}?{query}"), None).await;
        let right = ask(&shop.hook, &format!("hub.mode=subscribe&hub.challenge=11%2B58&hub.verify_token={token}")).await.expect(200);
        assert_eq!(right.text, "11+58");
        assert!(right.header("content-type").unwrap().starts_with("text/plain"));
        for wrong in [
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong".to_owned(),
            "hub.mode=subscribe&hub.challenge=1".to_owned(),
            format!("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={token}"),
            format!("hub.mode=subscribe&hub.verify_token={token}"),
            String::new(),
        ] {
            assert_eq!(ask(&shop.hook, &wrong).await.status, 403, "{wrong}");
        }
        let right = format!("hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}");
        assert_eq!(ask("nosuchhooknosuchhooknosuchhook00", &right).await.status, 404);
    }

    async fn a_delivery_is_taken_with_the_right_signature_only(server: Server) {
        let shop = server.organisation("shop").await;
        let change = customers_say(&shop.phone_number_id, &[text("40722000111", "wamid.1", "hello", 0)]);
        let body = delivery(&shop.waba_id, vec![vec![change]]).to_string().into_bytes();
        let right = sign(&body);
        let mut other = body.clone();
        other.push(b' ');
        for (wrong, what) in [
            (None, "without one"),
            (Some(String::new()), "an empty one"),
            (Some(right.replace("sha256=", "")), "without the algorithm"),
            (Some(right.replace("sha256=", "sha1=")), "another algorithm"),
            (Some(sign(&other)), "that of another body"),
            (Some(format!("{}0", &right[..right.len() - 1])).filter(|other| *other != right), "one digit wrong"),
            (Some(right[..20].to_owned()), "cut off"),
            (Some("sha256=zz".to_owned()), "not hex"),
        ] {
            let answer = shop.deliver_raw(server, body.clone(), wrong).await;
            assert_eq!(answer.status, 401, "{what}");
        }
        assert!(shop.conversations().await.is_empty());
        assert!(shop.letters("open").await.is_empty(), "what nobody signed is not kept");
        shop.deliver_raw(server, body, Some(right)).await.expect(200);
        assert_eq!(shop.texts_with("40722000111").await, ["hello"]);
    }

    async fn the_signature_is_over_the_bytes_as_they_came_with_their_escapes(server: Server) {
        let shop = server.organisation("shop").await;
        let change = customers_say(&shop.phone_number_id, &[text("40722000111", "wamid.1", "PLACEHOLDER", 0)]);
        let body = delivery(&shop.waba_id, vec![vec![change]]).to_string();
        // As Meta writes: everything beyond ASCII escaped, slashes too.
        let body = body.replace("PLACEHOLDER", r"Salut\u0103 \ud83d\ude00 a\/b").into_bytes();
        shop.deliver_raw(server, body.clone(), Some(sign(&body))).await.expect(200);
        assert_eq!(shop.texts_with("40722000111").await, ["Salută 😀 a/b"]);
    }

    async fn another_apps_signature_does_not_open_this_apps_hook(server: Server) {
        let shop = server.organisation("shop").await;
        let app = json!({ "name": "Other", "app_secret": "ffffffffffffffffffffffffffffffff" });
        let other = shop.admin.post("/meta-apps", app).await.expect(201).json;
        let body = delivery(&shop.waba_id, vec![]).to_string();
        let request = server.http
            .post(format!("{}/webhooks/whatsapp/{}", server.url, other["hook"].as_str().unwrap()))
            .header("x-hub-signature-256", sign(body.as_bytes()))
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}
