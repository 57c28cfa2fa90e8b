//! Files of messages: fetched at once, measured, served safely, tried again.

pub mod world;

use hoopoe::config::{Config, MediaStorage};
use hoopoe_db::testing;
use serde_json::{Value, json};

pub use self::world::photo;
use self::world::{Held, World, below_api, files};
use crate::support::Answer;

/// Runs a test on each engine, with settings.
async fn on_engines<F: AsyncFn(&World)>(adjust: impl Fn(&mut Config), test: F) {
    for database in testing::engines().await {
        eprintln!("on {}", database.name());
        let world = World::start(database, &adjust).await;
        test(&world).await;
        world.server.stop().await;
    }
}

#[tokio::test]
async fn a_picture_is_fetched_measured_and_shown() {
    on_engines(
        |_| {},
        async |world| {
            let photo = photo();
            world.meta.put("m1", Held::file(&photo));
            let message = world
                .receive(
                    "m1",
                    "image",
                    json!({ "mime_type": "image/jpeg", "caption": "look" }),
                )
                .await;
            let media = &message["media"];
            assert_eq!(
                (media["state"].as_str(), media["mime"].as_str()),
                (Some("ready"), Some("image/png")),
                "{media}"
            );
            assert_eq!(
                (&media["width"], &media["height"]),
                (&json!(1200), &json!(800))
            );
            assert_eq!(media["size"], photo.len());
            let (answer, bytes) = world.get(&below_api(&media["url"]), &[]).await;
            assert_eq!(answer.status, 200);
            assert_eq!(bytes, photo);
            for (name, value) in [
                ("content-type", "image/png"),
                ("content-disposition", "inline"),
                ("x-content-type-options", "nosniff"),
                ("cache-control", "private, max-age=31536000, immutable"),
                ("accept-ranges", "bytes"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{name}");
            }
            assert!(
                answer
                    .header("content-security-policy")
                    .unwrap()
                    .starts_with("sandbox; default-src 'none'")
            );
            let (small, bytes) = world.get(&below_api(&media["thumbnail_url"]), &[]).await;
            assert_eq!(small.header("content-type"), Some("image/jpeg"));
            let small = image::load_from_memory(&bytes).unwrap();
            assert_eq!((small.width(), small.height()), (512, 341));
            let stream = format!("account:{}", world.shop.account);
            let told = hoopoe_db::streams::tail(&world.server.app.db, &stream, 0, 10)
                .await
                .unwrap()
                .events;
            let last = told.last().unwrap();
            assert_eq!(last.kind, "message:updated");
            assert!(
                last.data.get().contains("\"state\":\"ready\""),
                "{}",
                last.data.get()
            );
        },
    )
    .await;
}

#[tokio::test]
async fn parts_of_a_file_and_files_that_the_browser_has_are_answered_as_such() {
    on_engines(
        |_| {},
        async |world| {
            let photo = photo();
            world.meta.put("m1", Held::file(&photo));
            let message = world
                .receive("m1", "image", json!({ "mime_type": "image/png" }))
                .await;
            let path = below_api(&message["media"]["url"]);
            let (part, bytes) = world.get(&path, &[("range", "bytes=10-19")]).await;
            assert_eq!(
                (part.status.as_u16(), bytes.as_slice()),
                (206, &photo[10..20])
            );
            let whole = photo.len();
            assert_eq!(
                part.header("content-range"),
                Some(format!("bytes 10-19/{whole}").as_str())
            );
            assert_eq!(part.header("content-length"), Some("10"));
            let (tail, bytes) = world.get(&path, &[("range", "bytes=-5")]).await;
            assert_eq!(
                (tail.status.as_u16(), bytes.as_slice()),
                (206, &photo[whole - 5..])
            );
            let (beyond, _) = world
                .get(&path, &[("range", &format!("bytes={whole}-"))])
                .await;
            assert_eq!(beyond.status, 416);
            assert_eq!(
                beyond.header("content-range"),
                Some(format!("bytes */{whole}").as_str())
            );
            let etag = part.header("etag").unwrap().to_owned();
            let (held, bytes) = world.get(&path, &[("if-none-match", &etag)]).await;
            assert_eq!((held.status.as_u16(), bytes.len()), (304, 0));
            let (other, bytes) = world
                .get(&path, &[("range", "bytes=0-1"), ("if-range", "\"older\"")])
                .await;
            assert_eq!(
                (other.status.as_u16(), bytes.len()),
                (200, whole),
                "the range was of another file"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn what_could_run_is_a_download_of_plain_bytes() {
    on_engines(
        |_| {},
        async |world| {
            let page = b"<html><script>alert(1)</script></html>";
            world.meta.put("m1", Held::file(page));
            let node = json!({ "mime_type": "text/html", "filename": "Rechnung \"Mai\".html" });
            let message = world.receive("m1", "document", node).await;
            let (answer, bytes) = world.get(&below_api(&message["media"]["url"]), &[]).await;
            assert_eq!(bytes, page);
            assert_eq!(
                answer.header("content-type"),
                Some("application/octet-stream")
            );
            let disposition = answer.header("content-disposition").unwrap();
            assert!(
                disposition.starts_with("attachment; filename=\"Rechnung _Mai_.html\""),
                "{disposition}"
            );
            assert_eq!(message["media"]["thumbnail_url"], Value::Null);
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_is_for_those_who_may_see_the_account() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::file(&photo()));
            let message = world
                .receive("m1", "image", json!({ "mime_type": "image/png" }))
                .await;
            let path = below_api(&message["media"]["url"]);
            let thumbnail = below_api(&message["media"]["thumbnail_url"]);
            world.shop.manager.get(&path).await.expect(200);
            let outsider = world
                .server
                .add_user(
                    &world.shop.id,
                    "new@shop.example",
                    hoopoe_db::model::Role::Agent,
                )
                .await;
            let outsider = world.server.log_in(&outsider.id).await;
            let stranger = world.server.organisation("stranger").await.admin;
            for person in [&outsider, &stranger] {
                person.get(&path).await.refused(404, "not_found");
                person.get(&thumbnail).await.refused(404, "not_found");
                person
                    .post(&format!("{path}/retry"), json!({}))
                    .await
                    .refused(404, "not_found");
            }
            let address = format!("{}/api/v1{path}", world.server.url);
            Answer::of(world.server.http.get(&address))
                .await
                .refused(401, "unauthorized");
            let by_cookie = world
                .server
                .http
                .get(&address)
                .header("cookie", &world.shop.agent.media_cookie);
            Answer::of(by_cookie).await.expect(200);
            let refresh = world
                .server
                .http
                .get(&address)
                .header("cookie", &world.shop.agent.refresh_cookie);
            Answer::of(refresh).await.refused(401, "unauthorized");
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_that_is_gone_fails_visibly_and_can_be_tried_again() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::gone());
            let message = world
                .receive("m1", "image", json!({ "mime_type": "image/png" }))
                .await;
            let media = &message["media"];
            assert_eq!(media["state"], "failed");
            assert_eq!(media["failure"], "WhatsApp no longer has the file");
            let path = below_api(&media["url"]);
            world.shop.agent.get(&path).await.refused(404, "not_found");
            world.meta.put("m1", Held::file(&photo()));
            let mut settled = world.server.app.media.watch_settled();
            let again = world
                .shop
                .agent
                .post(&format!("{path}/retry"), json!({}))
                .await
                .expect(200)
                .json;
            assert_eq!(
                (&again["state"], &again["failure"]),
                (&json!("pending"), &Value::Null)
            );
            settled.changed().await.unwrap();
            world
                .shop
                .agent
                .request("GET", &path)
                .send()
                .await
                .unwrap()
                .error_for_status()
                .unwrap();
            let ready = world
                .shop
                .agent
                .post(&format!("{path}/retry"), json!({}))
                .await
                .expect(200)
                .json;
            assert_eq!(ready["state"], "ready", "what is here is left alone");
        },
    )
    .await;
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_by_itself() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::broken());
            let message = world
                .receive("m1", "image", json!({ "mime_type": "image/png" }))
                .await;
            assert_eq!(message["media"]["state"], "pending");
            world.meta.put("m1", Held::damaged(&photo()));
            world.attempt_after(5_000).await;
            assert_eq!(
                world.message("m1").await["media"]["state"],
                "pending",
                "a damaged file is not kept"
            );
            world.meta.put("m1", Held::file(&photo()));
            world.attempt_after(20_000).await;
            let media = world.message("m1").await["media"].take();
            assert_eq!(
                (media["state"].as_str(), &media["failure"]),
                (Some("ready"), &Value::Null),
                "{media}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_kept() {
    on_engines(
        |config| config.media.max_size_mb = 1,
        async |world| {
            world.meta.put("m1", Held::file(&vec![7; 1_000_001]));
            let message = world
                .receive("m1", "document", json!({ "mime_type": "application/pdf" }))
                .await;
            assert_eq!(message["media"]["state"], "failed");
            assert_eq!(message["media"]["failure"], "The file is larger than 1 MB");
            assert!(files(&world.server.app.config.data_dir.join("media")).is_empty());
            assert!(files(&world.server.app.config.data_dir.join("media-incoming")).is_empty());
            world.meta.put("m2", Held::file(&vec![7; 1_000_000]));
            let message = world
                .receive("m2", "document", json!({ "mime_type": "application/pdf" }))
                .await;
            assert_eq!(message["media"]["state"], "ready");
        },
    )
    .await;
}

#[tokio::test]
async fn the_same_file_sent_twice_is_kept_once() {
    on_engines(
        |_| {},
        async |world| {
            world.meta.put("m1", Held::file(b"one file"));
            world.meta.put("m2", Held::file(b"one file"));
            let first = world
                .receive("m1", "document", json!({ "mime_type": "text/plain" }))
                .await;
            let second = world
                .receive("m2", "document", json!({ "mime_type": "text/plain" }))
                .await;
            assert_ne!(first["media"]["id"], second["media"]["id"]);
            assert_eq!(second["media"]["state"], "ready");
            assert_eq!(
                files(&world.server.app.config.data_dir.join("media")).len(),
                1
            );
            assert!(files(&world.server.app.config.data_dir.join("media-incoming")).is_empty());
        },
    )
    .await;
}

/// Needs a server that speaks S3: `scripts/with-s3 cargo test --test it s3`.
#[tokio::test]
async fn files_are_kept_in_an_s3_compatible_store() {
    let Ok(endpoint) = std::env::var("HOOPOE_TEST_S3_URL") else {
        return;
    };
    let adjust = |config: &mut Config| {
        config.media.storage = MediaStorage::S3;
        config.media.s3.endpoint.clone_from(&endpoint);
        config.media.s3.bucket = "hoopoe".to_owned();
        config.media.s3.access_key_id = "test".to_owned();
        config.media.s3.secret_access_key = "test".to_owned();
        config.media.s3.prefix = "inbox/".to_owned();
    };
    on_engines(adjust, async |world| {
        // Large enough to go in several parts.
        let film: Vec<u8> = (0..12_000_000_u32)
            .map(|at| (at / 251).to_le_bytes()[0])
            .collect();
        world.meta.put("m1", Held::file(&film));
        let message = world
            .receive(
                "m1",
                "document",
                json!({ "mime_type": "application/x-film" }),
            )
            .await;
        let media = &message["media"];
        assert_eq!(media["state"], "ready", "{media}");
        let path = below_api(&media["url"]);
        let (whole, bytes) = world.get(&path, &[]).await;
        assert_eq!(whole.status, 200);
        assert!(bytes == film, "the file comes back as it was");
        let (part, bytes) = world
            .get(&path, &[("range", "bytes=9000000-9000009")])
            .await;
        assert_eq!(
            (part.status.as_u16(), bytes.as_slice()),
            (206, &film[9_000_000..9_000_010])
        );
        assert!(files(&world.server.app.config.data_dir.join("media")).is_empty());
    })
    .await;
}
