//! Budgets, outages and accounts that stop: what slows sending down, and how it goes on.

use serde_json::json;

use super::{ANA, refuse, world::on_engines};
use crate::support::sockets::PATIENCE;

#[tokio::test]
async fn an_account_sends_no_faster_than_its_rate() {
    on_engines(async |world| {
        world.set_rate(10).await;
        let phones: Vec<String> = (0..40).map(|nth| format!("407210001{nth:02}")).collect();
        let threads = world.customers(&phones).await;
        for thread in &threads {
            world.send_text(thread, "hello").await;
        }
        world.pass_until_sent(40, 100).await;
        let mut at: Vec<i64> = world
            .sim
            .sent_messages()
            .iter()
            .map(|sent| sent.at)
            .collect();
        at.sort_unstable();
        for (first, last) in at.iter().zip(at.iter().skip(10)) {
            assert!(
                last - first >= 1_000,
                "more than ten within a second: {at:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn one_person_gets_no_more_than_the_pair_limit_and_others_do_not_wait() {
    on_engines(async |world| {
        world.set_rate(1000).await;
        let (ana, ben) = (
            world.customer(ANA).await,
            world.customer("40721000002").await,
        );
        let mut last = json!(null);
        for nth in 0..47 {
            last = world.send_text(&ana, &nth.to_string()).await["id"].clone();
        }
        world.until_settled(45).await;
        let other = world.send_text(&ben, "hello").await;
        world.until_status(&other["id"], "delivered").await;
        assert_eq!(world.on_phone(ANA).len(), 45);
        world.pass(6_100).await;
        world.until_settled(47).await;
        assert_eq!(world.on_phone(ANA).len(), 46);
        world.pass(6_100).await;
        world.until_status(&last, "delivered").await;
    })
    .await;
}

#[tokio::test]
async fn after_an_outage_of_ten_minutes_all_goes_out_once_and_in_order() {
    on_engines(async |world| {
        let phones: Vec<String> = (0..20).map(|nth| format!("407210002{nth:02}")).collect();
        let threads = world.customers(&phones).await;
        world.sim.set_online(false);
        let mut ids = Vec::new();
        for text in ["one", "two", "three"] {
            for thread in &threads {
                ids.push(world.send_text(thread, text).await["id"].clone());
            }
        }
        world.until_settled(1).await;
        for _ in 0..60 {
            world.pass(10_000).await;
        }
        assert!(world.sim.sent_messages().is_empty());
        let tried: usize = futures_util::future::join_all(ids.iter().map(|id| world.attempts(id)))
            .await
            .iter()
            .map(Vec::len)
            .sum();
        assert!(tried < 200, "an outage is probed, not hammered: {tried}");
        world.sim.set_online(true);
        world.pass_until_sent(60, 500).await;
        for id in &ids {
            world.until_status(id, "delivered").await;
        }
        for phone in &phones {
            assert_eq!(world.on_phone(phone), ["one", "two", "three"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_stops_the_account_with_its_reason() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        world.sim.next_send(refuse(190));
        let sent = world.send_text(&ana, "hello").await;
        world.until_settled(1).await;
        let path = format!("/accounts/{}", world.shop.account);
        let mut settled = world.server.app.outbox.watch_settled();
        let stopped = async {
            loop {
                let account = world.shop.admin.get(&path).await.expect(200).json;
                if account["state"] == "error" {
                    return account;
                }
                drop(settled.has_changed());
                tokio::task::yield_now().await;
            }
        };
        let account = tokio::time::timeout(PATIENCE, stopped).await.unwrap();
        assert!(
            account["state_reason"]
                .as_str()
                .unwrap()
                .contains("access token"),
            "{account}"
        );
        assert_eq!(
            world.message(&sent["id"]).await["status"],
            "sending",
            "it waits"
        );
        settled.mark_unchanged();
        world.pass(61_000).await;
        world.until_status(&sent["id"], "delivered").await;
        let account = world.shop.admin.get(&path).await.expect(200).json;
        assert_eq!(account["state"], "connected", "{account}");
    })
    .await;
}
