//! What becomes of a message to a group: the status follows from the members, and may go back.

use super::recorder::Recorder;
use crate::{
    recipients::{sends_to_group, status_at},
    support::Server,
};

/// Records what members' receipts do.
pub(super) async fn record(server: &Server, recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    sends_to_group(server, shop, "to_group").await;
    let told = [
        ("message_status_group_sent", "1", "sent"),
        ("message_status_group_delivered", "1", "delivered"),
        ("message_status_group_back", "2", "sent"),
        ("message_status_group_failed_at_one", "2", "failed"),
        ("message_status_group_read", "1", "read"),
    ];
    for (at, (name, member, word)) in (300..).zip(told) {
        let member = format!("4072200011{member}");
        let news = [status_at(&member, "to_group", word, at)];
        let receiving = shop.receive_statuses(server, &news);
        let reads = ["conversations", "messages"];
        recorder
            .record(name, "message:status", &reads, receiving)
            .await;
    }
}
