//! Pictures of customers: fetched when they are first seen, shown to the organisation alone, and gone when they take them away.

use reqwest::header;
use serde_json::{Value, json};

use super::{
    messages::{shop, thread},
    world::{ANA, SHOP, World, on_engines, until},
};
use crate::support::Answer;

fn picture(content: &str) -> Vec<u8> {
    [b"\xff\xd8\xff\xe0\0\x10JFIF\0", content.as_bytes()].concat()
}

/// The address of Ana's picture, once it is as wanted.
async fn until_url(
    world: &World,
    contact: &Value,
    what: &str,
    fits: impl Fn(&Value) -> bool,
) -> Value {
    let path = format!("/contacts/{}", contact.as_str().unwrap());
    until(what, async || {
        let contact = world.shop.manager.get(&path).await.expect(200).json;
        let url = contact["avatar_url"].clone();
        fits(&url).then_some(url)
    })
    .await
}

fn path_of(url: &Value) -> String {
    let url = url.as_str().unwrap();
    url.strip_prefix("/api/v1").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_picture_is_fetched_once_shown_to_us_alone_and_taken_away_again() {
    on_engines(async |world| {
        world
            .mock
            .set_picture(ANA, SHOP, Some(&picture("one")))
            .unwrap();
        let account = shop(world).await;
        world.mock.write(ANA, SHOP, "Hello").unwrap();
        let (conversation, _) = thread(world, &account, 1).await;
        let contact = conversation["contact"]["id"].clone();
        let url = until_url(world, &contact, "a picture", Value::is_string).await;
        let path = path_of(&url);
        let manager = &world.shop.manager;
        let answer = manager.request("GET", &path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let headers = answer.headers().clone();
        assert_eq!(answer.bytes().await.unwrap().as_ref(), picture("one"));
        assert_eq!(headers[header::CONTENT_TYPE], "image/jpeg");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(
            headers[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .starts_with("sandbox")
        );
        assert!(
            headers[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let again = manager
            .request("GET", &path)
            .header(header::IF_NONE_MATCH, &headers[header::ETAG]);
        assert_eq!(again.send().await.unwrap().status(), 304);
        let bare = path.split('?').next().unwrap();
        let unversioned = manager.request("GET", bare).send().await.unwrap();
        assert!(
            unversioned.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("no-cache")
        );
        let nobody = world
            .server
            .http
            .get(format!("{}/api/v1{path}", world.server.url));
        Answer::of(nobody).await.expect(401);
        // As a browser asks for it, which sends the cookie to its own path alone.
        assert!(path.starts_with("/media/"), "{path}");
        let browser = world
            .server
            .http
            .get(format!("{}/api/v1{path}", world.server.url));
        let browser = browser.header(header::COOKIE, &manager.media_cookie);
        assert_eq!(browser.send().await.unwrap().status(), 200);
        let strangers = world.server.organisation("other").await;
        strangers.admin.get(&path).await.expect(404);

        world.mock.write(ANA, SHOP, "Anybody there?").unwrap();
        thread(world, &account, 2).await;
        assert_eq!(world.mock.asked_for_picture(ANA).unwrap(), 1, "it is known");
        world
            .mock
            .set_picture(ANA, SHOP, Some(&picture("two")))
            .unwrap();
        let other = until_url(world, &contact, "another picture", |now| {
            now.is_string() && *now != url
        })
        .await;
        let answer = manager
            .request("GET", &path_of(&other))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.bytes().await.unwrap().as_ref(), picture("two"));
        world.mock.set_picture(ANA, SHOP, None).unwrap();
        until_url(world, &contact, "no picture", Value::is_null).await;
        manager.get(&path_of(&other)).await.expect(404);
        let (conversation, _) = thread(world, &account, 2).await;
        assert_eq!(conversation["contact"]["avatar_url"], json!(null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_not_shown() {
    on_engines(async |world| {
        world
            .mock
            .set_picture(ANA, SHOP, Some(b"<svg onload=alert(1)>"))
            .unwrap();
        let account = shop(world).await;
        world.mock.write(ANA, SHOP, "Hello").unwrap();
        let (conversation, _) = thread(world, &account, 1).await;
        until("the question", async || {
            (world.mock.asked_for_picture(ANA).unwrap() == 1).then_some(())
        })
        .await;
        // Asked for, and settled: a picture that is one comes behind it.
        world
            .mock
            .set_picture(ANA, SHOP, Some(&picture("one")))
            .unwrap();
        let contact = &conversation["contact"]["id"];
        let url = until_url(world, contact, "a picture", Value::is_string).await;
        let answer = world.shop.manager.request("GET", &path_of(&url));
        let shown = answer.send().await.unwrap().bytes().await.unwrap();
        assert_eq!(shown.as_ref(), picture("one"), "and nothing before it");
    })
    .await;
}
