//! Staying connected, and what a person does where that ends.

use hoopoe_simulator::linked::Refusal;
use serde_json::json;

use super::world::{SHOP, World, on_engines};

async fn connections(world: &World, count: usize) {
    world
        .until_companions("a connection", |all| {
            all.last()
                .is_some_and(|one| one.active && one.connections >= count)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_the_connection_and_the_account_can_be_linked_again() {
    on_engines(async |world| {
        let id = world.linked().await;
        connections(world, 1).await;
        let account = world.reset(&id).await.expect(200).json;
        assert_eq!(
            (&account["state"], &account["phone"]),
            (&json!("needs_qr"), &json!("+4930901820"))
        );
        world
            .until_companions("the end of the link", <[_]>::is_empty)
            .await;
        world.reset(&id).await.expect(200);
        world.link(&id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_removed_lets_go_of_its_connection() {
    on_engines(async |world| {
        let id = world.linked().await;
        connections(world, 1).await;
        let path = format!("/accounts/{id}");
        world.shop.admin.delete(&path).await.expect(204);
        world
            .until_companions("the end of the link", <[_]>::is_empty)
            .await;
        super::world::until("its end", async || {
            (world.server.app.linked.count() == 0).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_end_that_left_the_link_whole_no_code_is_needed() {
    on_engines(async |world| {
        let id = world.linked().await;
        connections(world, 1).await;
        for (refusal, state, reason) in [
            (Refusal::Banned { seconds: 7200 }, "banned", "about 2 h"),
            (Refusal::Outdated, "outdated", "newer Hoopoe"),
        ] {
            world.mock.refuse(SHOP, Some(refusal)).unwrap();
            world.mock.drop_connections(SHOP).unwrap();
            let account = world.until_state(&id, state).await;
            let said = account["state_reason"].as_str().unwrap();
            assert!(said.contains(reason), "{said}");
            world.mock.refuse(SHOP, None).unwrap();
            world.begin(&id, json!({})).await.expect(202);
            world.until_state(&id, "connected").await;
        }
        world.mock.replace(SHOP).unwrap();
        world.until_state(&id, "replaced").await;
        world.begin(&id, json!({})).await.expect(202);
        world.until_state(&id, "connected").await;
        assert_eq!(
            world.mock.companions(SHOP).unwrap().len(),
            1,
            "never linked anew"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_the_phone_unlinked_wants_a_new_code() {
    on_engines(async |world| {
        let id = world.linked().await;
        connections(world, 1).await;
        world.mock.unlink(SHOP).unwrap();
        world.until_state(&id, "logged_out").await;
        world.link(&id).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_comes_back_by_itself() {
    on_engines(async |world| {
        let id = world.linked().await;
        connections(world, 1).await;
        world.mock.drop_connections(SHOP).unwrap();
        connections(world, 2).await;
        world.until_state(&id, "connected").await;
    })
    .await;
}
