//! Reactions, edits and deletions: applied to their message, whichever comes first.

use hoopoe_db::{contract, ingest::Change, testing::NOW};

use super::shop::{Shop, edit, kinds, phone, reaction, who};

fn emojis(message: &hoopoe_db::model::Message) -> Vec<&str> {
    message
        .reactions
        .iter()
        .map(|reaction| reaction.emoji.as_str())
        .collect()
}

contract! {
    async fn a_reaction_is_replaced_taken_back_and_one_per_person(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone("40722000111")]), "m")]).await;
        let done = shop.takes(&[shop.change("m", reaction("❤️", "a"), 1)]).await;
        assert_eq!(kinds(&done.events), ["message:updated"]);
        shop.takes(&[shop.change("m", reaction("👍", "b"), 2), shop.change("m", reaction("😂", "a"), 3)]).await;
        assert_eq!(emojis(&shop.stored("m").await), ["👍", "😂"]);
        let older = shop.takes(&[shop.change("m", reaction("❤️", "a"), 1)]).await;
        assert!(older.events.is_empty(), "an older one that comes again changes nothing");
        shop.takes(&[shop.change("m", reaction("", "a"), 4)]).await;
        assert_eq!(emojis(&shop.stored("m").await), ["👍"]);
    }

    async fn a_reaction_that_comes_before_its_message_waits_for_it(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.change("m", reaction("❤️", "a"), 1), shop.change("m", reaction("👍", "b"), 2)]).await;
        shop.takes(&[shop.change("m", reaction("😂", "a"), 3)]).await;
        assert!(shop.takes(&[shop.change("m", reaction("❤️", "a"), 1)]).await.events.is_empty());
        let done = shop.takes(&[shop.text(&who(&[phone("40722000111")]), "m")]).await;
        assert_eq!(kinds(&done.events), ["contact:new", "conversation:new", "message:new", "message:updated"]);
        let mut found = shop.stored("m").await;
        found.reactions.sort_by(|a, b| a.actor.cmp(&b.actor));
        assert_eq!(emojis(&found), ["😂", "👍"]);
        assert_eq!(shop.count("parked_updates").await, 0);
    }

    async fn an_edit_replaces_the_text_and_an_older_edit_does_not(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone("40722000111")]), "m")]).await;
        shop.takes(&[shop.change("m", edit("second"), 20)]).await;
        shop.takes(&[shop.change("m", edit("first"), 10)]).await;
        let message = shop.stored("m").await;
        assert_eq!((message.text.as_deref(), message.edited_at), (Some("second"), Some(NOW + 20_000)));
    }

    async fn edit_and_deletion_may_come_before_and_together_with_their_message(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.change("early", edit("better"), 5), shop.change("early", Change::Revoke, 9)]).await;
        shop.takes(&[shop.change("same", Change::Revoke, 9), shop.text(&customer, "early"), shop.text(&customer, "same")]).await;
        let early = shop.stored("early").await;
        assert_eq!((early.text.as_deref(), early.deleted_at), (Some("better"), Some(NOW + 9_000)));
        assert_eq!(shop.stored("same").await.deleted_at, Some(NOW + 9_000));
        assert!(shop.takes(&[shop.change("same", Change::Revoke, 20)]).await.events.is_empty(), "deleted once");
    }

    async fn an_edit_of_the_last_message_shows_in_the_conversations_preview(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone("40722000111")]), "m")]).await;
        shop.takes(&[shop.change("m", edit("second"), 20)]).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(thread.last_message.unwrap().text, "second");
    }
}
