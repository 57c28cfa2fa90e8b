//! Uploads, deletions, and templates: what is asked and what is read.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use hoopoe_cloud_api::graph::{
    FailureClass, GraphClient, GraphError, MediaUpload, NewTemplate, ParameterFormat, SampleUpload,
    TemplateChange, Timeouts,
};
use serde_json::{Value, json};

use crate::scripted::{Act, Scripted, answer};

const TOKEN: &str = "EAAJB-token";
const VOICE: MediaUpload<'static> = MediaUpload {
    phone_number_id: "1065",
    mime: "audio/ogg; codecs=opus",
    filename: "voice \"note\".ogg",
    size: 9,
};

fn pieces(pieces: &[&'static str]) -> stream::Iter<std::vec::IntoIter<io::Result<Bytes>>> {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
        .collect();
    stream::iter(pieces)
}

#[tokio::test]
async fn a_file_is_uploaded_in_pieces_with_its_length_known() {
    let host = Scripted::answering("200 OK", "", r#"{"id":"4490709327384033"}"#).await;
    let file = pieces(&["OggS", "-file"]);
    let id = host
        .client()
        .upload_media(TOKEN, &VOICE, file)
        .await
        .unwrap();
    assert_eq!(id, "4490709327384033");
    let asked = host.asked().remove(0);
    assert!(
        asked.starts_with("POST /v25.0/1065/media HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(asked.contains("\r\ncontent-length: "), "{asked}");
    for part in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\naudio/ogg\r\n",
        "filename=\"voice \\\"note\\\".ogg\"\r\nContent-Type: audio/ogg\r\n\r\nOggS-file\r\n",
    ] {
        assert!(asked.contains(part), "{part}\n{asked}");
    }
}

#[tokio::test]
async fn a_file_may_take_longer_than_an_answer_may_be_silent() {
    let host = Scripted::answering("200 OK", "", r#"{"id":"1"}"#).await;
    let timeouts = Timeouts {
        idle: Duration::from_millis(20),
        ..Timeouts::default()
    };
    let base = format!("http://{}", host.address);
    let client = GraphClient::with_timeouts(&base, "v25.0", timeouts).unwrap();
    let slowly = stream::unfold(9, |left| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        (left > 0).then(|| (Ok::<_, io::Error>(Bytes::from_static(b"x")), left - 1))
    });
    assert_eq!(
        client.upload_media(TOKEN, &VOICE, slowly).await.unwrap(),
        "1"
    );
}

#[tokio::test]
async fn a_file_that_breaks_off_is_not_uploaded() {
    let host = Scripted::answering("200 OK", "", r#"{"id":"1"}"#).await;
    let broken = stream::iter([
        Ok(Bytes::from_static(b"OggS")),
        Err(io::Error::other("the disk is gone")),
    ]);
    let error = host
        .client()
        .upload_media(TOKEN, &VOICE, broken)
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error}");
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

#[tokio::test]
async fn deleting_a_file_that_is_gone_succeeds() {
    let gone = r#"{"error":{"message":"x","code":100,"error_subcode":33}}"#;
    let other = r#"{"error":{"message":"x","code":100}}"#;
    let host = Scripted::play(vec![
        Act::Say(answer("200 OK", "", r#"{"success":true}"#)),
        Act::Say(answer("400 Bad Request", "", gone)),
        Act::Say(answer("400 Bad Request", "", other)),
    ])
    .await;
    let client = host.client();
    client.delete_media(TOKEN, "1", "9").await.unwrap();
    client.delete_media(TOKEN, "1", "9").await.unwrap();
    assert!(client.delete_media(TOKEN, "1", "9").await.is_err());
    let asked = host.asked().remove(0);
    assert!(
        asked.starts_with("DELETE /v25.0/9?phone_number_id=1 HTTP/1.1\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_sample_goes_up_in_two_steps() {
    let host = Scripted::play(vec![
        Act::Say(answer("200 OK", "", r#"{"id":"upload:MTph==?sig=ARZq+x"}"#)),
        Act::Say(answer("200 OK", "", r#"{"h":"4::aW"}"#)),
    ])
    .await;
    let sample = SampleUpload {
        app_id: "77",
        mime: "image/png",
        filename: "a fern.png",
    };
    let handle = host
        .client()
        .upload_sample(TOKEN, &sample, Bytes::from_static(b"pixels"))
        .await
        .unwrap();
    assert_eq!(handle, "4::aW");
    let asked = host.asked();
    assert!(
        asked[0].starts_with("POST /v25.0/77/uploads?file_name=a+fern.png&file_length=6&file_type=image%2Fpng HTTP/1.1\r\n"),
        "{}",
        asked[0]
    );
    assert!(
        asked[1].starts_with("POST /v25.0/upload:MTph==?sig=ARZq+x HTTP/1.1\r\n"),
        "{}",
        asked[1]
    );
    assert!(
        asked[1].contains("\r\nauthorization: OAuth EAAJB-token\r\n"),
        "{}",
        asked[1]
    );
    assert!(asked[1].contains("\r\nfile_offset: 0\r\n"), "{}", asked[1]);
    assert!(asked[1].ends_with("\r\n\r\npixels"), "{}", asked[1]);
}

fn page(names: &[&str], after: &str, next: Option<&str>) -> Act {
    let data: Vec<Value> = names
        .iter()
        .map(|name| json!({"id": format!("7{name}"), "name": name, "language": "en_US", "status": "APPROVED", "category": "UTILITY",
            "parameter_format": "NAMED", "quality_score": {"score": "GREEN", "date": 1}, "rejected_reason": "NONE",
            "components": [{"type": "BODY", "text": "Hi {{name}}"}]}))
        .collect();
    let body =
        json!({"data": data, "paging": {"cursors": {"before": "x", "after": after}, "next": next}});
    Act::Say(answer("200 OK", "", &body.to_string()))
}

#[tokio::test]
async fn templates_are_listed_to_the_end_and_their_next_address_is_not_followed() {
    let evil = Some("https://evil.example/?access_token=x");
    let host = Scripted::play(vec![
        page(&["a", "b"], "c1", evil),
        page(&["c"], "c2", None),
    ])
    .await;
    let templates = host.client().list_templates(TOKEN, "102").await.unwrap();
    let names: Vec<&str> = templates
        .iter()
        .map(|template| template.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let first = &templates[0];
    assert_eq!(first.parameter_format, ParameterFormat::Named);
    assert_eq!(first.quality.as_deref(), Some("GREEN"));
    assert_eq!(first.rejected_reason, None);
    assert_eq!(
        first.components,
        json!([{"type": "BODY", "text": "Hi {{name}}"}])
    );
    let asked = host.asked();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[1].starts_with("GET /v25.0/102/message_templates?fields="),
        "{}",
        asked[1]
    );
    assert!(
        asked[1]
            .lines()
            .next()
            .unwrap()
            .contains("&limit=100&after=c1 HTTP"),
        "{}",
        asked[1]
    );
}

#[tokio::test]
async fn template_pages_that_never_end_are_left() {
    let host = Scripted::play(vec![page(&["a"], "same", Some("more"))]).await;
    let error = host
        .client()
        .list_templates(TOKEN, "102")
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::Unexpected(_)), "{error}");
    assert_eq!(host.asked().len(), 2);
}

#[tokio::test]
async fn templates_that_cannot_be_read_are_left_out() {
    let body = json!({"data": [{"id": "1"}, 7, {"id": 2, "name": "ok", "language": "en", "components": "odd"}]});
    let host = Scripted::answering("200 OK", "", &body.to_string()).await;
    let templates = host.client().list_templates(TOKEN, "102").await.unwrap();
    assert_eq!(templates.len(), 1);
    let only = &templates[0];
    assert_eq!((only.id.as_str(), only.status.as_str()), ("2", "UNKNOWN"));
    assert_eq!(only.components, json!([]));
}

#[tokio::test]
async fn templates_are_created_changed_and_deleted() {
    let host = Scripted::play(vec![
        Act::Say(answer(
            "200 OK",
            "",
            r#"{"id":"594","status":"PENDING","category":"MARKETING"}"#,
        )),
        Act::Say(answer("200 OK", "", r#"{"success":true}"#)),
        Act::Say(answer("200 OK", "", r#"{"success":true}"#)),
    ])
    .await;
    let client = host.client();
    let parts = json!([{"type": "BODY", "text": "Hi"}]);
    let new = NewTemplate {
        name: "hi".to_owned(),
        language: "en".to_owned(),
        category: "UTILITY".to_owned(),
        parameter_format: ParameterFormat::Positional,
        components: parts.clone(),
    };
    let created = client.create_template(TOKEN, "102", &new).await.unwrap();
    assert_eq!(created.id, "594");
    assert_eq!(created.category.as_deref(), Some("MARKETING"));
    let change = TemplateChange {
        category: None,
        components: Some(parts.clone()),
    };
    client.edit_template(TOKEN, "594", &change).await.unwrap();
    client
        .delete_template(TOKEN, "102", "hi", Some("594"))
        .await
        .unwrap();
    let asked = host.asked();
    let body = |index: usize| -> Value {
        serde_json::from_str(asked[index].split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    assert!(asked[0].starts_with("POST /v25.0/102/message_templates HTTP"));
    assert_eq!(
        body(0),
        json!({"name": "hi", "language": "en", "category": "UTILITY", "parameter_format": "positional", "components": parts})
    );
    assert!(asked[1].starts_with("POST /v25.0/594 HTTP"));
    assert_eq!(body(1), json!({"components": parts}));
    assert!(asked[2].starts_with("DELETE /v25.0/102/message_templates?name=hi&hsm_id=594 HTTP"));
}
