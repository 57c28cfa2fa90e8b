//! What fetching shows of the account, and what becomes of stored files.

use serde_json::{Value, json};

use super::{
    on_engines,
    world::{Held, below_api, files, photo},
};

/// What the Graph API says of a token that is no longer good.
fn expired() -> Held {
    let error = json!({ "message": "Error validating access token", "type": "OAuthException", "code": 190 });
    Held::Refusal(401, json!({ "error": error }))
}

#[tokio::test]
async fn a_refused_token_is_a_state_that_everybody_sees_until_it_works_again() {
    on_engines(
        |_| {},
        async |world| {
            let path = format!("/accounts/{}", world.shop.account);
            let account = async || world.shop.admin.get(&path).await.expect(200).json;
            let node = || json!({ "mime_type": "image/jpeg" });
            let events = async || {
                world
                    .shop
                    .admin
                    .get("/events")
                    .await
                    .expect(200)
                    .text
                    .matches("account:updated")
                    .count()
            };
            let before = events().await;
            world.meta.put("m1", expired());
            world.receive("m1", "image", node()).await;
            let refused = account().await;
            assert_eq!(refused["state"], "error");
            assert_eq!(
                refused["state_reason"],
                "The access token is no longer valid. An administrator must enter a new one."
            );
            assert_eq!(events().await, before + 1, "it is announced");
            let health = world.shop.admin.get("/health").await.expect(200).json;
            assert_eq!(
                (&health["status"], &health["accounts"]["items"][0]["state"]),
                (&json!("degraded"), &json!("error"))
            );
            assert_eq!(
                health["accounts"]["items"][0]["state_reason"],
                refused["state_reason"]
            );

            world.meta.put("m2", expired());
            world.receive("m2", "image", node()).await;
            assert_eq!(events().await, before + 1, "and not again");
            world.meta.put("m3", Held::file(&photo()));
            world.receive("m3", "image", node()).await;
            let works = account().await;
            assert_eq!(
                (&works["state"], &works["state_reason"]),
                (&json!("connected"), &Value::Null)
            );

            world.meta.put("m4", expired());
            world.receive("m4", "image", node()).await;
            assert_eq!(account().await["state"], "error");
            let renewed = world
                .shop
                .admin
                .patch(&path, json!({ "access_token": "EAAtoken" }))
                .await
                .expect(200)
                .json;
            assert_eq!(
                (&renewed["state"], &renewed["state_reason"]),
                (&json!("connected"), &Value::Null),
                "with a new token"
            );
            world.meta.put("m5", Held::gone());
            world.receive("m5", "image", node()).await;
            assert_eq!(
                account().await["state"],
                "connected",
                "a missing file says nothing of the account"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn stored_files_that_nothing_names_are_deleted_after_a_day() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::file(&photo()));
            world
                .receive("m1", "image", json!({ "mime_type": "image/jpeg" }))
                .await;
            let media = world.server.app.config.data_dir.join("media");
            let named = files(&media);
            assert_eq!(named.len(), 2, "a picture and its small one: {named:?}");
            let shelf = media.join(world.shop.id.to_string()).join("ab");
            std::fs::create_dir_all(&shelf).unwrap();
            let (orphan, young, foreign) = (
                shelf.join("orphan"),
                shelf.join("young"),
                media.join("notes.txt"),
            );
            for path in [&orphan, &young, &foreign] {
                std::fs::write(path, "x").unwrap();
            }
            let now = u64::try_from(world.server.app.clock.now()).unwrap();
            let at = |hours: u64| {
                std::time::UNIX_EPOCH + std::time::Duration::from_millis(now - hours * 3_600_000)
            };
            for path in named.iter().chain([&orphan, &foreign]) {
                std::fs::File::options()
                    .write(true)
                    .open(path)
                    .unwrap()
                    .set_modified(at(25))
                    .unwrap();
            }
            std::fs::File::options()
                .write(true)
                .open(&young)
                .unwrap()
                .set_modified(at(23))
                .unwrap();
            assert_eq!(hoopoe::media::sweep(&world.server.app).await.unwrap(), 1);
            assert!(!orphan.exists() && young.exists() && foreign.exists());
            assert!(
                named.iter().all(|path| path.exists()),
                "what messages name stays"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn files_that_are_compressed_already_are_not_compressed_again() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::file(&photo()));
            let message = world
                .receive("m1", "image", json!({ "mime_type": "image/jpeg" }))
                .await;
            let path = below_api(&message["media"]["url"]);
            let (answer, bytes) = world
                .get(&path, &[("accept-encoding", "gzip, br, zstd")])
                .await;
            assert_eq!(
                (answer.header("content-encoding"), bytes.len()),
                (None, photo().len())
            );
            world.meta.put("m2", Held::file(&[7; 4_000]));
            let message = world
                .receive(
                    "m2",
                    "document",
                    json!({ "mime_type": "application/octet-stream", "filename": "a.bin" }),
                )
                .await;
            let path = below_api(&message["media"]["url"]);
            let (answer, bytes) = world
                .get(&path, &[("accept-encoding", "gzip, br, zstd")])
                .await;
            assert_eq!(
                (answer.header("content-encoding"), bytes.len()),
                (None, 4_000)
            );
        },
    )
    .await;
}
