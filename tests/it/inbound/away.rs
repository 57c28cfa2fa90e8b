//! The database goes away and comes back: nothing is answered 200 that is not stored, and Meta is asked to deliver again.

use hoopoe_db::{Db, testing};

use crate::support::{
    Server,
    line::Line,
    whatsapp::{customers_say, text},
};

#[tokio::test]
async fn while_the_line_to_postgres_is_cut_deliveries_are_refused_and_afterwards_taken() {
    let Some(database) = testing::postgres().await else {
        return;
    };
    let line = Line::lay(&database.url).await;
    let server =
        Server::start_with(database, |config| config.database.url = line.url.clone()).await;
    let shop = server.organisation("shop").await;
    shop.receive(&server, &[text("40722000111", "wamid.1", "before", 0)])
        .await;
    line.set_up(false);
    let message = text("40722000111", "wamid.2", "meanwhile", 1);
    let change = customers_say(&shop.phone_number_id, std::slice::from_ref(&message));
    let refused = shop.deliver_changes(&server, vec![change]).await;
    refused.refused(503, "unavailable");
    line.set_up(true);
    shop.receive(&server, &[message]).await;
    assert_eq!(
        shop.texts_with("40722000111").await,
        ["before", "meanwhile"]
    );
    server.stop().await;
}

#[tokio::test]
async fn while_another_program_holds_sqlite_deliveries_are_refused_and_afterwards_taken() {
    let database = testing::sqlite().await;
    let other = Db::open(&database.url, 2).await.unwrap();
    let server = Server::start(database).await;
    let shop = server.organisation("shop").await;
    let held = other.begin().await.unwrap();
    let message = text("40722000111", "wamid.1", "hello", 0);
    let change = customers_say(&shop.phone_number_id, std::slice::from_ref(&message));
    let refused = shop.deliver_changes(&server, vec![change]).await;
    refused.refused(503, "unavailable");
    drop(held);
    shop.receive(&server, &[message]).await;
    assert_eq!(shop.texts_with("40722000111").await, ["hello"]);
    other.close().await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_stores_what_it_took() {
    let database = testing::sqlite().await;
    let url = database.url.clone();
    let server = Server::start(database).await;
    let shop = server.organisation("shop").await;
    let deliveries = (0..64).map(|n| {
        let message = text(&format!("4072200{n:04}"), &format!("wamid.{n}"), "hello", n);
        let change = customers_say(&shop.phone_number_id, &[message]);
        let (shop, server) = (&shop, &server);
        async move {
            shop.deliver_changes(server, vec![change])
                .await
                .status
                .as_u16()
        }
    });
    let answers = futures_util::future::join_all(deliveries).await;
    let taken = answers.iter().filter(|status| **status == 200).count();
    let kept = Db::open(&url, 2).await.unwrap();
    let stored = testing::number(&kept, "SELECT count(*) FROM messages").await;
    assert_eq!((taken, stored), (64, 64));
    kept.close().await;
    server.stop().await;
}
