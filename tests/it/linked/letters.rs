//! What could not be stored of what came in on a linked device: kept, and put through again.

use hoopoe_db::{Engine, testing::sql};
use serde_json::json;

use super::{
    messages::shop,
    world::{ANA, SHOP, World, on_engines, until},
};

/// The database refuses messages that say this.
async fn poison(world: &World) {
    let db = &world.server.app.db;
    match db.engine() {
        Engine::Sqlite => {
            let trigger = "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.text = 'poison' BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
            sql(db, trigger).await;
        }
        Engine::Postgres => {
            let refuse = "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''poisoned''; END'";
            sql(db, refuse).await;
            let trigger = "CREATE TRIGGER poison BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.text = 'poison') EXECUTE FUNCTION poison()";
            sql(db, trigger).await;
        }
    }
}

async fn cure(world: &World) {
    let db = &world.server.app.db;
    let on = if db.engine() == Engine::Sqlite {
        ""
    } else {
        " ON messages"
    };
    sql(db, &format!("DROP TRIGGER poison{on}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_stored_is_put_through_again_as_it_came() {
    on_engines(async |world| {
        shop(world).await;
        poison(world).await;
        world.mock.write(ANA, SHOP, "poison").unwrap();
        let letter = until("the letter", async || {
            world.shop.letters("open").await.pop()
        })
        .await;
        assert_eq!(letter["source"], "linked", "{letter}");
        let replay = format!("/dead-letters/{}/replay", letter["id"].as_str().unwrap());
        let still = world
            .shop
            .manager
            .post(&replay, json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(still["state"], "open", "{still}");
        // What comes behind it is not held up.
        world.mock.write(ANA, SHOP, "Hello").unwrap();
        until("the next", async || world.shop.conversations().await.pop()).await;
        cure(world).await;
        let replayed = world
            .shop
            .manager
            .post(&replay, json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(replayed["state"], "replayed", "{replayed}");
        let mut texts = until("both", async || {
            let texts = world.shop.texts_with(ANA).await;
            (texts.len() == 2).then_some(texts)
        })
        .await;
        texts.sort();
        assert_eq!(texts, ["Hello", "poison"]);
    })
    .await;
}
