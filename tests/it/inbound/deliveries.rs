//! Deliveries of all sizes, each message stored once, under the one who wrote it.

use futures_util::future::join_all;
use hoopoe_db::Id;
use serde_json::Value;

use crate::{
    feature,
    support::whatsapp::{customers_say, delivery, text},
};

feature! {
    async fn one_post_of_two_entries_with_two_changes_of_three_messages_stores_twelve(server: Server) {
        let shop = server.organisation("shop").await;
        let mut n = 0;
        let mut change = || {
            let messages: Vec<Value> = (0..3)
                .map(|i| {
                    n += 1;
                    text(&format!("4072200011{i}"), &format!("wamid.{n}"), &format!("text {n}"), n)
                })
                .collect();
            customers_say(&shop.phone_number_id, &messages)
        };
        let entries = vec![vec![change(), change()], vec![change(), change()]];
        shop.deliver(server, &delivery(&shop.waba_id, entries)).await.expect(200);
        assert_eq!(shop.texts_with("40722000110").await, ["text 1", "text 4", "text 7", "text 10"]);
        assert_eq!(shop.texts_with("40722000111").await, ["text 2", "text 5", "text 8", "text 11"]);
        assert_eq!(shop.texts_with("40722000112").await, ["text 3", "text 6", "text 9", "text 12"]);
        assert_eq!(shop.conversations().await.len(), 3);
    }

    async fn a_batch_of_a_thousand_updates_works(server: Server) {
        let shop = server.organisation("shop").await;
        let messages: Vec<Value> = (0..1000)
            .map(|n| text(&format!("40722{:06}", n % 250), &format!("wamid.{n}"), &format!("text {n}"), n))
            .collect();
        shop.receive(server, &messages).await;
        let conversations = shop.conversations().await;
        assert_eq!(conversations.len(), 250);
        assert!(conversations.iter().all(|conversation| conversation["message_count"] == 4));
        assert_eq!(shop.texts_with("40722000007").await, ["text 7", "text 257", "text 507", "text 757"]);
    }

    async fn the_same_message_eight_times_at_once_and_once_more_is_one_row(server: Server) {
        let shop = server.organisation("shop").await;
        let message = text("40722000111", "wamid.1", "hello", 0);
        let again = std::slice::from_ref(&message);
        join_all((0..8).map(|_| shop.receive(server, again))).await;
        shop.receive(server, again).await;
        assert_eq!(shop.texts_with("40722000111").await, ["hello"]);
        let conversation = shop.conversation_with("40722000111").await;
        assert_eq!((&conversation["message_count"], &conversation["unread_count"]), (&1.into(), &1.into()));
    }

    async fn thirty_two_first_messages_at_once_are_stored_in_order_under_one_contact(server: Server) {
        let shop = server.organisation("shop").await;
        join_all((0..32).map(async |n| {
            shop.receive(server, &[text("40722000111", &format!("wamid.{n}"), &format!("text {n}"), n)]).await
        }))
        .await;
        let expected: Vec<String> = (0..32).map(|n| format!("text {n}")).collect();
        assert_eq!(shop.texts_with("40722000111").await, expected);
        assert_eq!(shop.admin.get("/contacts/statistics").await.expect(200).json["total"], 1);
    }

    async fn many_at_once_each_land_under_their_own_contact(server: Server) {
        let shop = server.organisation("shop").await;
        let shop = &shop;
        join_all((0..16).map(async |sender| {
            for n in 0..12 {
                let phone = format!("40722{:06}", (sender * 7 + n * 5) % 60);
                let id = format!("wamid.{sender}.{n}");
                shop.receive(server, &[text(&phone, &id, &format!("{phone} {id}"), n)]).await;
            }
        }))
        .await;
        let mut count = 0;
        for conversation in shop.conversations().await {
            let phone = conversation["reply_to"]["value"].as_str().unwrap().to_owned();
            for message in shop.thread(&conversation).await {
                assert!(message["text"].as_str().unwrap().starts_with(&phone), "{phone}: {}", message["text"]);
                count += 1;
            }
        }
        assert_eq!(count, 16 * 12);
    }

    async fn two_numbers_of_one_app_have_a_conversation_each_with_the_same_customer(server: Server) {
        let shop = server.organisation("shop").await;
        let branch = shop.connect("200200200200").await;
        let to_branch = customers_say("200200200200", &[text("40722000111", "wamid.2", "to the branch", 1)]);
        let to_shop = customers_say(&shop.phone_number_id, &[text("40722000111", "wamid.1", "to the shop", 0)]);
        shop.deliver_changes(server, vec![to_shop, to_branch]).await.expect(200);
        let conversations = shop.conversations().await;
        assert_eq!(conversations.len(), 2);
        let accounts: Vec<_> = conversations.iter().map(|c| c["account_id"].as_str().unwrap()).collect();
        assert!(accounts.contains(&branch.as_str()) && accounts.contains(&shop.account.as_str()), "{accounts:?}");
        assert_eq!(conversations[0]["contact"]["id"], conversations[1]["contact"]["id"]);
    }

    async fn an_empty_delivery_is_taken_and_stores_nothing(server: Server) {
        let shop = server.organisation("shop").await;
        shop.deliver(server, &delivery(&shop.waba_id, vec![])).await.expect(200);
        shop.deliver(server, &delivery(&shop.waba_id, vec![vec![]])).await.expect(200);
        assert!(shop.conversations().await.is_empty());
        assert!(shop.letters("open").await.is_empty());
    }
}
