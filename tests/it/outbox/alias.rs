//! Numbers with two forms (Brazil, Mexico): WhatsApp, told to write to the one, names the other, and answers come from that.

use serde_json::{Value, json};

use super::world::{World, on_engines};
use crate::support::{sockets::PATIENCE, whatsapp::text};

/// As the customer was known, and as WhatsApp names them.
const SHORT: &str = "551187654321";
const LONG: &str = "5511987654321";

/// Somebody of whom we know the short form only, and whom Meta knows by the long one. Their conversation.
async fn ana(world: &World) -> Value {
    let hello = text(SHORT, "wamid.short", "hello", 0);
    world.shop.receive(&world.server, &[hello]).await;
    let long = hoopoe_simulator::NewCustomer::named("Ana", LONG);
    let customer = world.sim.add_customer(long);
    world.sim.add_form(&customer.id, SHORT).unwrap();
    // The simulator has not heard of what came in above.
    let mut rules = world.sim.rules();
    rules.service_window = false;
    world.sim.set_rules(rules);
    world.shop.conversation_with(SHORT).await["id"].clone()
}

async fn contacts(world: &World) -> Vec<Value> {
    let listed = world.shop.admin.get("/contacts?limit=100").await;
    listed.expect(200).json["items"].as_array().unwrap().clone()
}

/// Waits until the answer to a message has told that the two forms are one person's.
async fn until_learnt(world: &World) -> Value {
    let learnt = async {
        loop {
            world.sim.settled().await;
            let all = contacts(world).await;
            if let [one] = all.as_slice()
                && identities(world, one).await.len() >= 2
            {
                return one.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let learnt = tokio::time::timeout(PATIENCE, learnt).await;
    learnt.expect("one person with both forms")
}

/// Phones of a contact.
async fn identities(world: &World, contact: &Value) -> Vec<String> {
    let path = format!("/contacts/{}", contact["id"].as_str().unwrap());
    let contact = world.shop.admin.get(&path).await.expect(200).json;
    let ids = contact["identities"].as_array().unwrap().iter();
    ids.filter(|id| id["kind"] == "phone")
        .map(|id| id["value"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_answer_from_the_other_form_of_a_number_finds_the_same_conversation() {
    on_engines(async |world| {
        let thread = ana(world).await;
        let sent = world
            .send_text(thread.as_str().unwrap(), "How are you?")
            .await;
        world.until_status(&sent["id"], "delivered").await;
        let contact = until_learnt(world).await;
        let mut phones = identities(world, &contact).await;
        phones.sort();
        assert_eq!(phones, [SHORT, LONG]);
        let number = &world.shop.phone_number_id;
        let answer = hoopoe_simulator::Outgoing::text("Fine");
        world.sim.customer_sends(number, LONG, answer).unwrap();
        world.sim.settled().await;
        let all = world.shop.conversations().await;
        assert_eq!((all.len(), &all[0]["id"]), (1, &thread));
        let texts: Vec<Value> = world.shop.thread(&all[0]).await;
        let texts: Vec<&Value> = texts.iter().map(|message| &message["text"]).collect();
        assert_eq!(texts, ["hello", "How are you?", "Fine"]);
        let found = world.shop.admin.get(&format!("/contacts?q={LONG}")).await;
        assert_eq!(found.expect(200).json["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn where_the_other_form_is_somebody_elses_the_two_become_one_and_it_can_be_undone() {
    on_engines(async |world| {
        let thread = ana(world).await;
        let before = text(LONG, "wamid.long", "hi", 1);
        world.shop.receive(&world.server, &[before]).await;
        assert_eq!(contacts(world).await.len(), 2);
        let sent = world
            .send_text(thread.as_str().unwrap(), "How are you?")
            .await;
        world.until_status(&sent["id"], "delivered").await;
        let contact = until_learnt(world).await;
        let path = format!("/contacts/{}/merges", contact["id"].as_str().unwrap());
        let merges = world.shop.admin.get(&path).await.expect(200).json;
        let merge = &merges["items"][0];
        assert_eq!(merge["kind"], "automatic", "{merges}");
        assert!(
            merge["reason"].as_str().unwrap().contains("took a message"),
            "{merge}"
        );
        let undo = format!("/merges/{}/undo", merge["id"].as_str().unwrap());
        world.shop.admin.post(&undo, json!({})).await.expect(200);
        assert_eq!(contacts(world).await.len(), 2);
    })
    .await;
}
