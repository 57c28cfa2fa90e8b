//! Groups: their members, messages both ways, and who received what.

use hoopoe_db::contract;
use hoopoe_linked::{Arrived, Handle, Outgoing, Progress, Quoted, Said, Target};
use whatsapp_rust::waproto::whatsapp::Message;

use crate::{
    notes::text,
    stage::{ANA, SHOP, Stage, brisk},
};

/// Another customer's.
const DAN: &str = "40721000002";

fn words(text: &str) -> Message {
    Message {
        conversation: Some(text.into()),
        ..Default::default()
    }
}

/// A group of the three, by their numbers or by their LIDs: messages go both ways, and each member reports for itself.
async fn talks(db: hoopoe_db::Db, by_lid: bool) {
    let stage = Stage::new(db).await;
    stage.mock.add_phone(DAN, "Dan").unwrap();
    let group = stage.mock.add_group("Gardeners", &[ANA, DAN, SHOP], by_lid);
    let chat = format!("{group}@g.us");
    let running = stage.linked(brisk()).await;
    let subject = stage.told("the group's name", |notes| {
        let people = notes.people.lock().unwrap();
        people
            .iter()
            .find(|about| about.group.as_deref() == Some(&chat))
            .and_then(|about| about.profile_name.clone())
    });
    assert_eq!(subject.await, "Gardeners");
    stage
        .mock
        .send_to_group(ANA, &group, &words("Who has ferns?"))
        .unwrap();
    stage
        .mock
        .send_to_group(DAN, &group, &words("Not me"))
        .unwrap();
    stage
        .mock
        .send_to_group(ANA, &group, &words("Shop?"))
        .unwrap();
    let arrived = stage.arrived(3).await;
    assert!(
        arrived
            .iter()
            .all(|arrived| arrived.is_group && arrived.chat == chat)
    );
    let by: Vec<(&str, &str)> = arrived
        .iter()
        .map(|arrived| (arrived.person.phone.as_deref().unwrap(), text(arrived)))
        .collect();
    assert_eq!(
        by,
        [(ANA, "Who has ferns?"), (DAN, "Not me"), (ANA, "Shop?")]
    );
    assert_eq!(
        arrived[0].person.lid,
        Some(stage.mock.lid(ANA).unwrap()),
        "both names are told"
    );
    answers(&stage, &running.handle, &group, &arrived[0]).await;
    running.stop().await;
}

/// An answer to the group, and what its members report of it.
async fn answers(stage: &Stage, handle: &Handle, group: &str, question: &Arrived) {
    let chat = &question.chat;
    let target = Target {
        id: question.id.clone(),
        ours: false,
        author: question.person.clone(),
    };
    let quoted = Quoted {
        target,
        text: "Who has ferns?".into(),
    };
    let answer = Outgoing {
        content: Said::Text("We do".into()),
        quoted: Some(quoted),
    };
    handle.send("AA01", chat, answer).await.unwrap();
    for member in [ANA, DAN] {
        let inbox = stage
            .until_mock("the answer", |mock| mock.inbox(member).unwrap().pop())
            .await;
        assert_eq!(
            (inbox.group.as_deref(), inbox.text.as_str()),
            (Some(group), "We do")
        );
    }
    stage
        .mock
        .report_of_group((ANA, SHOP), group, "read", "AA01")
        .unwrap();
    stage
        .mock
        .report_of_group((DAN, SHOP), group, "", "AA01")
        .unwrap();
    let who = |by: &hoopoe_linked::Person| {
        let lid = |number| Some(stage.mock.lid(number).unwrap());
        [ANA, DAN]
            .into_iter()
            .find(|number| by.phone.as_deref() == Some(number) || by.lid == lid(number))
    };
    let read = stage
        .receipt("AA01", |receipt| receipt.progress == Progress::Read)
        .await;
    assert_eq!(
        (read.chat.as_str(), who(&read.by)),
        (chat.as_str(), Some(ANA))
    );
    let delivered = stage
        .receipt("AA01", |receipt| receipt.progress == Progress::Delivered)
        .await;
    assert_eq!(who(&delivered.by), Some(DAN));
    handle
        .mark_read(
            chat,
            Some(&question.person),
            std::slice::from_ref(&question.id),
        )
        .await
        .unwrap();
    stage
        .until_mock("a receipt", |mock| {
            let receipts = mock.receipts(SHOP).unwrap();
            receipts
                .iter()
                .any(|receipt| receipt.id == question.id && receipt.kind == "read")
                .then_some(())
        })
        .await;
    stage.mock.rename_group(group, ANA, "Fern people").unwrap();
    stage
        .told("the new name", |notes| {
            let people = notes.people.lock().unwrap();
            people
                .iter()
                .any(|about| about.profile_name.as_deref() == Some("Fern people"))
                .then_some(())
        })
        .await;
}

contract! {
    async fn a_group_by_numbers(db: Db) {
        talks(db, false).await;
    }

    async fn a_group_by_lids(db: Db) {
        talks(db, true).await;
    }
}
