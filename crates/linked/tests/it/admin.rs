//! The mock's own interface, as browser tests and the demo use it.

use hoopoe_simulator::linked::LinkedServer;
use serde_json::{Value, json};

async fn act(mock: &LinkedServer, act: Value) -> (u16, Value) {
    let url = format!("{}/linked/acts", mock.admin_url());
    let request = reqwest::Client::new().post(url).json(&act);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn phones_are_added_and_looked_at_from_outside() {
    let mock = LinkedServer::start().await.unwrap();
    let added = json!({ "act": "add_phone", "number": "4930901820", "name": "Fern & Co" });
    assert_eq!(act(&mock, added).await, (200, json!({})));
    let added = json!({ "act": "add_phone", "number": "40721000001", "name": "Ana" });
    act(&mock, added).await;
    let written =
        json!({ "act": "write", "from": "40721000001", "to": "4930901820", "text": "Hello" });
    let (status, answer) = act(&mock, written).await;
    assert_eq!(status, 200);
    assert!(answer["id"].as_str().unwrap().starts_with("MOCK"));
    let group = json!({ "act": "add_group", "subject": "Garden", "members": ["40721000001"], "by_lid": false });
    let (_, answer) = act(&mock, group).await;
    assert!(answer["group"].as_str().unwrap().starts_with("120363"));
    let (status, answer) = act(
        &mock,
        json!({ "act": "scan", "number": "4930901820", "code": "2@x,y,z,w" }),
    )
    .await;
    assert_eq!(status, 400, "{answer}");
    let refused = json!({ "act": "refuse", "number": "4930901820", "refusal": { "banned": { "seconds": 60 } } });
    assert_eq!(act(&mock, refused).await.0, 200);
    let url = format!("{}/linked/phones", mock.admin_url());
    let phones: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(phones["phones"][1]["name"], "Fern & Co");
    assert_eq!(phones["phones"][0]["lid"], mock.lid("40721000001").unwrap());
}
