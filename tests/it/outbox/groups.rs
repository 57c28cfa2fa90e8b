//! Messages to groups, out through the Graph API and back as statuses of their members, those before our own answer included.

use hoopoe_simulator::{MessageStatus, NewCustomer, Outgoing};
use serde_json::{Value, json};

use super::world::{World, on_engines};

const MEMBERS: [&str; 3] = ["40721000001", "40721000002", "40721000003"];

/// A group that a member has just written in: its id, and its conversation's.
async fn group(world: &World) -> (String, String) {
    for member in MEMBERS {
        world.sim.add_customer(NewCustomer::named(member, member));
    }
    let group = world.sim.add_group("Wedding", &MEMBERS).unwrap();
    let number = &world.shop.phone_number_id;
    let hello = Outgoing::text("Hello all");
    world
        .sim
        .member_sends(number, &group.id, MEMBERS[0], hello)
        .unwrap();
    world.sim.settled().await;
    let conversation = world.shop.conversation_with(&group.id).await["id"].clone();
    (group.id, conversation.as_str().unwrap().to_owned())
}

fn counts(sent: i64, delivered: i64, read: i64) -> Value {
    json!({ "total": 3, "sent": sent, "delivered": delivered, "read": read, "failed": 0 })
}

#[tokio::test]
async fn a_message_to_a_group_is_delivered_once_all_members_have_it() {
    on_engines(async |world| {
        let (id, conversation) = group(world).await;
        world.sim.set_phone_on(MEMBERS[2], false).unwrap();
        let mut switches = world.sim.switches();
        switches.status_before_response = true;
        world.sim.set_switches(switches);
        let sent = world.send_text(&conversation, "The cake is ready").await["id"].clone();
        let two = |message: &Value| message["recipients"] == counts(3, 2, 0);
        let held = world.until(&sent, "at two members", two).await;
        assert_eq!(held["status"], "sent", "one member's phone is off");
        let request = &world.sim.sent_messages().pop().unwrap();
        assert_eq!(request.request["recipient_type"], "group");
        assert_eq!(request.request["to"], json!(id));
        for (member, status) in [
            (MEMBERS[2], MessageStatus::Delivered),
            (MEMBERS[0], MessageStatus::Read),
        ] {
            let told = world
                .sim
                .send_member_status(&request.wamid, member, status, None);
            told.unwrap();
        }
        let read = |message: &Value| message["recipients"] == counts(3, 3, 1);
        let held = world.until(&sent, "read by one", read).await;
        assert_eq!(held["status"], "delivered");
    })
    .await;
}
