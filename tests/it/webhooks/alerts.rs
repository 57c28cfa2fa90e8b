//! An account goes down, and somebody is told.

use hoopoe_db::{
    accounts::{self, StateChange},
    model::AccountState,
};
use serde_json::{Value, json};

use super::receiver::{Receiver, add, on_engines};
use crate::support::{Organisation, Server};

async fn set(server: &Server, shop: &Organisation, state: AccountState, reason: Option<&str>) {
    let change = StateChange {
        state,
        reason,
        access_token: None,
        claimed_by: None,
    };
    let mut tx = server.app.db.begin().await.unwrap();
    let now = server.app.clock.now();
    accounts::update_state(&mut tx, &shop.id, &shop.account, &change, now)
        .await
        .unwrap();
    server.app.commit(tx).await.unwrap();
}

#[tokio::test]
async fn an_alert_leaves_when_an_account_goes_down_and_when_it_is_back() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        add(shop, &receiver, &["account:down", "account:up"]).await;
        let told = |heard: &Value| {
            (
                heard["type"].clone(),
                heard["data"]["reason"].clone(),
                heard["data"]["account"]["id"].clone(),
            )
        };
        let account = json!(shop.account);
        set(
            server,
            shop,
            AccountState::Error,
            Some("The access token was refused."),
        )
        .await;
        let down = receiver.next().await.json;
        assert_eq!(
            told(&down),
            (
                json!("account:down"),
                json!("The access token was refused."),
                account.clone()
            )
        );
        assert_eq!(down["data"]["account"]["state"], "error");
        // Another reason, another name: nothing new.
        set(
            server,
            shop,
            AccountState::Error,
            Some("It is still refused."),
        )
        .await;
        shop.admin
            .patch(
                &format!("/accounts/{}", shop.account),
                json!({ "name": "Renamed" }),
            )
            .await
            .expect(200);
        set(server, shop, AccountState::Connected, None).await;
        let up = receiver.next().await.json;
        assert_eq!(
            told(&up),
            (json!("account:up"), json!("It works."), account.clone())
        );
        assert_eq!(up["data"]["account"]["name"], "Renamed");
        set(server, shop, AccountState::Disconnected, None).await;
        assert_eq!(receiver.next().await.json["type"], "account:down");
        assert!(receiver.rest().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_was_down_before_is_no_news_but_that_it_is_back_is() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        set(server, shop, AccountState::Error, Some("Before.")).await;
        add(shop, &receiver, &["account:down", "account:up"]).await;
        set(server, shop, AccountState::Disconnected, None).await;
        set(server, shop, AccountState::Connected, None).await;
        assert_eq!(receiver.next().await.json["type"], "account:up");
        assert!(receiver.rest().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_webhook_for_some_accounts_hears_of_no_others() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let other = shop.connect("200200200200").await;
        let (id, _) = add(shop, &receiver, &["account:down", "message:new"]).await;
        let only = json!({ "account_ids": [other] });
        let changed = shop
            .admin
            .patch(&format!("/webhooks/{id}"), only)
            .await
            .expect(200)
            .json;
        assert_eq!(changed["account_ids"], json!([other]));
        set(server, shop, AccountState::Error, None).await;
        shop.receive(
            server,
            &[crate::support::whatsapp::text(
                "40722000111",
                "wamid.1",
                "here",
                0,
            )],
        )
        .await;
        let there = crate::support::whatsapp::text("40722000111", "wamid.2", "there", 0);
        let change = crate::support::whatsapp::customers_say("200200200200", &[there]);
        shop.deliver_changes(server, vec![change]).await.expect(200);
        assert_eq!(receiver.next().await.text(), "there");
        assert!(receiver.rest().is_empty());
    })
    .await;
}
