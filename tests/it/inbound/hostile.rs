//! Input that is meant to hurt: it is taken or refused, never a crash, and what comes after it is stored.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server, sign,
        whatsapp::{customers_say, delivery, text},
    },
};

async fn deliver(server: &Server, shop: &Organisation, body: impl Into<Vec<u8>>) -> u16 {
    let body = body.into();
    let signature = sign(&body);
    shop.deliver_raw(server, body, Some(signature))
        .await
        .status
        .as_u16()
}

/// The body of a delivery in which a message's text is replaced by JSON as it is written here.
fn with_text(shop: &Organisation, raw: &str) -> String {
    let change = customers_say(
        &shop.phone_number_id,
        &[text("40722000111", "wamid.1", "PLACEHOLDER", 0)],
    );
    delivery(&shop.waba_id, vec![vec![change]])
        .to_string()
        .replace("\"PLACEHOLDER\"", raw)
}

feature! {
    async fn a_body_of_more_than_three_megabytes_is_refused(server: Server) {
        let shop = server.organisation("shop").await;
        let filled = |n: usize| {
            let mut body = delivery(&shop.waba_id, vec![]).to_string();
            body.push_str(&" ".repeat(n - body.len()));
            body
        };
        assert_eq!(deliver(server, &shop, filled(3 * 1024 * 1024)).await, 200);
        assert_eq!(deliver(server, &shop, filled(3 * 1024 * 1024 + 70_000)).await, 413);
    }

    async fn deep_nesting_neither_crashes_nor_stops_what_comes_after(server: Server) {
        let shop = server.organisation("shop").await;
        for depth in [200, 100_000, 1_000_000] {
            let nest = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(deliver(server, &shop, nest.clone()).await, 200, "bare, {depth} deep");
            assert_eq!(deliver(server, &shop, with_text(&shop, &nest)).await, 200, "inside, {depth} deep");
        }
        shop.receive(server, &[text("40722000222", "wamid.2", "still here", 0)]).await;
        assert_eq!(shop.texts_with("40722000222").await, ["still here"]);
    }

    async fn nul_characters_and_halves_of_emojis_are_stored_as_far_as_they_are_text(server: Server) {
        let shop = server.organisation("shop").await;
        assert_eq!(deliver(server, &shop, with_text(&shop, r#""a\u0000b \ud83d c \ude00 d""#)).await, 200);
        let texts = shop.texts_with("40722000111").await;
        assert_eq!(texts.len(), 1);
        assert!(texts[0].starts_with('a') && texts[0].ends_with(" d") && !texts[0].contains('\0'), "{texts:?}");
    }

    async fn bytes_that_are_no_text_are_kept_as_a_letter(server: Server) {
        let shop = server.organisation("shop").await;
        let mut body = with_text(&shop, "\"x\"").into_bytes();
        let at = body.windows(3).position(|part| part == b"\"x\"").unwrap();
        body[at + 1] = 0xff;
        assert_eq!(deliver(server, &shop, body).await, 200);
        assert_eq!(shop.letters("open").await.len() + shop.conversations().await.len(), 1);
    }

    async fn names_texts_and_ids_of_monstrous_length_are_cut_or_kept_as_letters(server: Server) {
        let shop = server.organisation("shop").await;
        let long = "ă".repeat(10_000);
        let mut change = customers_say(&shop.phone_number_id, &[text("40722000111", "wamid.1", &"x".repeat(200_000), 0)]);
        change["value"]["contacts"][0]["profile"]["name"] = json!(long);
        let strange = customers_say(&shop.phone_number_id, &[text("40722000222", &"i".repeat(10_000), "long id", 0)]);
        shop.deliver_changes(server, vec![change, strange]).await.expect(200);
        let conversation = shop.conversation_with("40722000111").await;
        assert_eq!(conversation["contact"]["name"].as_str().unwrap().chars().count(), 200);
        assert_eq!(shop.thread(&conversation).await[0]["text"].as_str().unwrap().len(), 65_536);
        assert_eq!(conversation["last_message"]["text"].as_str().unwrap().len(), 160);
        assert_eq!(shop.letters("open").await.len(), 1, "an id of that length can't be kept");
    }

    async fn times_before_time_and_after_it_are_stored(server: Server) {
        let shop = server.organisation("shop").await;
        let at = |id: &str, timestamp: Value| {
            let mut message = text("40722000111", id, id, 0);
            message["timestamp"] = timestamp;
            message
        };
        let messages = [
            at("negative", json!("-5")),
            at("huge", json!("99999999999999999999999")),
            at("number", json!(1_790_000_000)),
            at("words", json!("yesterday")),
            at("nothing", Value::Null),
        ];
        shop.receive(server, &messages).await;
        let stored = if shop.conversations().await.is_empty() { 0 } else { shop.texts_with("40722000111").await.len() };
        assert_eq!(stored + shop.letters("open").await.len(), messages.len(), "none is lost");
        shop.receive(server, &[text("40722000222", "after", "after", 0)]).await;
        assert_eq!(shop.texts_with("40722000222").await, ["after"]);
    }

    async fn words_of_the_database_are_only_words(server: Server) {
        let shop = server.organisation("shop").await;
        let nasty = "'; DROP TABLE messages; -- $1 {rows: id TEXT} \\ \" %_";
        let mut change = customers_say(&shop.phone_number_id, &[text("40722000111", nasty, nasty, 0)]);
        change["value"]["contacts"][0]["profile"]["name"] = json!(nasty);
        shop.deliver_changes(server, vec![change]).await.expect(200);
        assert_eq!(shop.texts_with("40722000111").await, [nasty]);
        assert_eq!(shop.conversation_with("40722000111").await["contact"]["name"], nasty);
        assert_eq!(shop.admin.get("/conversations?q=%27%3B%20DROP%25_%22").await.status, 200);
    }
}
