//! What happens to groups: new ones have their names at once, who comes and goes is told, and admins may take back what others wrote.

use hoopoe_simulator::linked::words;
use serde_json::{Value, json};

use super::{
    messages::shop,
    world::{ANA, SHOP, World, on_engines, until},
};

const BEN: &str = "40721000002";
const CAI: &str = "40721000003";

/// The conversation of a group by its name, and its messages, once they are as wanted.
async fn group(
    world: &World,
    name: &str,
    what: &str,
    fits: impl Fn(&[Value]) -> bool,
) -> (Value, Vec<Value>) {
    until(what, async || {
        let found = world.shop.conversations().await;
        let of = |one: &Value| one["is_group"] == true && one["contact"]["name"] == name;
        let conversation = found.into_iter().find(of)?;
        let messages = world.shop.thread(&conversation).await;
        fits(&messages).then_some((conversation, messages))
    })
    .await
}

fn line<'a>(messages: &'a [Value], kind: &str) -> Option<&'a Value> {
    let mut lines = messages
        .iter()
        .filter(|message| message["type"] == "system");
    lines.find(|message| message["content"]["type"] == kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_group_has_its_name_at_once_and_follows_what_happens_to_it() {
    on_engines(async |world| {
        world.mock.add_phone(BEN, "Ben").unwrap();
        world.mock.add_phone(CAI, "Cai").unwrap();
        shop(world).await;
        let made = world.mock.add_group("Suppliers", &[ANA, BEN, SHOP], true);
        world
            .mock
            .send_to_group(ANA, &made, &words("Hello"))
            .unwrap();
        group(
            world,
            "Suppliers",
            "the name of a group that was made",
            |_| true,
        )
        .await;
        let joined = world.mock.add_group("Gardeners", &[BEN, ANA], false);
        world.mock.add_to_group(&joined, BEN, SHOP).unwrap();
        world
            .mock
            .send_to_group(BEN, &joined, &words("Welcome"))
            .unwrap();
        group(
            world,
            "Gardeners",
            "the name of a group that we were added to",
            |_| true,
        )
        .await;

        world.mock.rename_group(&made, ANA, "Fern people").unwrap();
        let (_, messages) = group(world, "Fern people", "the new name", |all| {
            line(all, "group_renamed").is_some()
        })
        .await;
        let renamed = &line(&messages, "group_renamed").unwrap()["content"];
        assert_eq!(
            (&renamed["subject"], &renamed["by"]["name"]),
            (&json!("Fern people"), &json!("Ana")),
            "{renamed}"
        );
        world.mock.add_to_group(&made, ANA, CAI).unwrap();
        world.mock.remove_from_group(&made, BEN, BEN).unwrap();
        let (conversation, messages) = group(world, "Fern people", "who came and went", |all| {
            line(all, "group_left").is_some()
        })
        .await;
        let added = &line(&messages, "group_added").unwrap()["content"];
        assert_eq!(added["by"]["name"], "Ana", "{added}");
        assert_eq!(added["members"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&conversation["unread_count"], &conversation["status"]),
            (&json!(1), &json!("open")),
            "Ana's greeting alone"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_admins_take_back_what_others_wrote_and_nobody_else_does() {
    on_engines(async |world| {
        world.mock.add_phone(BEN, "Ben").unwrap();
        shop(world).await;
        let made = world.mock.add_group("Suppliers", &[ANA, BEN, SHOP], true);
        let admins = world
            .mock
            .send_to_group(ANA, &made, &words("Of the admin"))
            .unwrap();
        let others = world
            .mock
            .send_to_group(BEN, &made, &words("Of another"))
            .unwrap();
        group(world, "Suppliers", "messages", |all| all.len() == 2).await;
        world
            .mock
            .delete_in_group(BEN, &made, ANA, &admins)
            .unwrap();
        world
            .mock
            .delete_in_group(ANA, &made, BEN, &others)
            .unwrap();
        let of = |text: &str, all: &[Value]| all.iter().find(|one| one["text"] == text).cloned();
        let (_, messages) = group(world, "Suppliers", "the deletion", |all| {
            all.iter().any(|one| !one["deleted_at"].is_null())
        })
        .await;
        let kept = of("Of the admin", &messages).unwrap();
        assert!(kept["deleted_at"].is_null(), "{kept}");
        let deleted = messages.iter().filter(|one| !one["deleted_at"].is_null());
        assert_eq!(deleted.count(), 1);
    })
    .await;
}
