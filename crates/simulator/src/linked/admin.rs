//! The mock from outside: one HTTP request for each thing that people or WhatsApp do, so that browser tests and the demo can have linked devices. JSON, under
//! `/linked/…`, on the mock's own port. It asks for no password: bind it to localhost or a test network.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State as Extracted},
    http::StatusCode,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Addressing, Companion, FileToSend, LinkedServer, Received, Refusal, SentAs, World};

/// The largest file that a customer sends by this way.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The routes of the mock's own interface.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/linked/phones", get(list_phones))
        .route("/linked/phones/{number}", get(show_phone))
        .route("/linked/acts", post(act))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// Something that somebody does, by its name in `act`.
#[derive(Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
enum Act {
    AddPhone {
        number: String,
        name: String,
    },
    SetAddressing {
        number: String,
        addressing: Addressing,
    },
    Scan {
        number: String,
        code: String,
    },
    EnterCode {
        number: String,
        code: String,
    },
    RenewCodes,
    AskPasskey,
    Write {
        from: String,
        to: String,
        text: String,
    },
    WriteOnPhone {
        from: String,
        to: String,
        text: String,
    },
    SendFile(Box<SendFile>),
    AddGroup {
        subject: String,
        members: Vec<String>,
        by_lid: bool,
    },
    RenameGroup {
        group: String,
        by: String,
        subject: String,
    },
    AddToGroup {
        group: String,
        by: String,
        whom: String,
    },
    RemoveFromGroup {
        group: String,
        by: String,
        whom: String,
    },
    WriteToGroup {
        from: String,
        group: String,
        text: String,
    },
    Type {
        from: String,
        to: String,
        activity: String,
    },
    SetOnline {
        number: String,
        online: bool,
        last_seen: Option<u64>,
    },
    ReportDelivered {
        from: String,
        to: String,
        id: String,
    },
    ReportRead {
        from: String,
        to: String,
        id: String,
    },
    /// A member has read a message in a group; it is on their phone only, where not `read`.
    ReportOfGroup {
        from: String,
        to: String,
        group: String,
        read: bool,
        id: String,
    },
    ReadOnPhone {
        number: String,
        from: String,
        id: String,
    },
    SetPicture {
        number: String,
        to: String,
        picture: Option<String>,
    },
    Drop {
        number: String,
    },
    Restart {
        number: String,
    },
    Replace {
        number: String,
    },
    Unlink {
        number: String,
    },
    Refuse {
        number: String,
        refusal: Option<Refusal>,
    },
    SetDeaf {
        number: String,
        deaf: bool,
    },
    RefuseNext {
        number: String,
        code: String,
    },
    SwallowNext {
        number: String,
    },
    GarbleNext {
        number: String,
    },
}

#[derive(Debug, Deserialize)]
struct SendFile {
    from: String,
    to: String,
    kind: SentAs,
    mime: String,
    /// Base64.
    file: String,
    caption: Option<String>,
    filename: Option<String>,
}

/// A phone, as it is shown.
#[derive(Debug, Serialize)]
struct ShownPhone {
    number: String,
    lid: String,
    name: String,
    companions: Vec<Companion>,
    inbox: Vec<ShownMessage>,
    receipts: Vec<Value>,
    typing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownMessage {
    id: String,
    from: String,
    group: Option<String>,
    text: String,
}

impl From<&Received> for ShownMessage {
    fn from(received: &Received) -> Self {
        Self {
            id: received.id.clone(),
            from: received.from.clone(),
            group: received.group.clone(),
            text: received.text.clone(),
        }
    }
}

type Reply = (StatusCode, Json<Value>);

fn failed(status: StatusCode, error: &anyhow::Error) -> Reply {
    let error = json!({ "code": "bad_request", "message": format!("{error:#}") });
    (status, Json(json!({ "error": error })))
}

async fn list_phones(Extracted(world): Extracted<Arc<World>>) -> Json<Value> {
    let mock = LinkedServer::view(world);
    let mut numbers = mock
        .world
        .with(|state| state.phones.keys().cloned().collect::<Vec<_>>());
    numbers.sort();
    let phones: Vec<ShownPhone> = numbers
        .iter()
        .filter_map(|number| look(&mock, number).ok())
        .collect();
    Json(json!({ "phones": phones }))
}

async fn show_phone(Extracted(world): Extracted<Arc<World>>, Path(number): Path<String>) -> Reply {
    match look(&LinkedServer::view(world), &number) {
        Ok(phone) => (StatusCode::OK, Json(json!(phone))),
        Err(error) => failed(StatusCode::NOT_FOUND, &error),
    }
}

fn look(mock: &LinkedServer, number: &str) -> anyhow::Result<ShownPhone> {
    let receipts = mock.receipts(number)?.into_iter();
    Ok(ShownPhone {
        number: number.to_owned(),
        lid: mock.lid(number)?,
        name: mock
            .world
            .with(|state| state.phone(number).map(|phone| phone.name.clone()))?,
        companions: mock.companions(number)?,
        inbox: mock.inbox(number)?.iter().map(ShownMessage::from).collect(),
        receipts: receipts
            .map(|receipt| json!({ "id": receipt.id, "kind": receipt.kind }))
            .collect(),
        typing: mock.typing(number)?,
    })
}

async fn act(Extracted(world): Extracted<Arc<World>>, Json(act): Json<Act>) -> Reply {
    match perform(&LinkedServer::view(world), act) {
        Ok(answer) => (StatusCode::OK, Json(answer)),
        Err(error) => failed(StatusCode::BAD_REQUEST, &error),
    }
}

/// Does it. What was sent is answered with its id, a group with its own.
fn perform(mock: &LinkedServer, act: Act) -> anyhow::Result<Value> {
    let done = match act {
        Act::AddPhone { number, name } => mock.add_phone(&number, &name),
        Act::SetAddressing { number, addressing } => mock.set_addressing(&number, addressing),
        Act::Scan { number, code } => mock.scan(&number, &code),
        Act::EnterCode { number, code } => mock.enter_code(&number, &code),
        Act::RenewCodes => {
            mock.renew_codes();
            Ok(())
        }
        Act::AskPasskey => {
            mock.ask_passkey();
            Ok(())
        }
        Act::Type { from, to, activity } => mock.type_to(&from, &to, &activity),
        Act::SetOnline {
            number,
            online,
            last_seen,
        } => mock.set_online(&number, online, last_seen),
        Act::ReportDelivered { from, to, id } => mock.report_delivered(&from, &to, &id),
        Act::ReportRead { from, to, id } => mock.report_read(&from, &to, &id),
        Act::ReadOnPhone { number, from, id } => mock.read_on_phone(&number, &from, &id),
        Act::SetPicture {
            number,
            to,
            picture,
        } => {
            let picture = picture
                .map(|picture| STANDARD.decode(picture))
                .transpose()?;
            mock.set_picture(&number, &to, picture.as_deref())
        }
        Act::AddGroup {
            subject,
            members,
            by_lid,
        } => {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            return Ok(json!({ "group": mock.add_group(&subject, &members, by_lid) }));
        }
        other => return trouble(mock, other),
    };
    done.map(|()| json!({}))
}

fn trouble(mock: &LinkedServer, act: Act) -> anyhow::Result<Value> {
    let done = match act {
        Act::ReportOfGroup {
            from,
            to,
            group,
            read,
            id,
        } => {
            let kind = if read { "read" } else { "" };
            mock.report_of_group((&from, &to), &group, kind, &id)
        }
        Act::RenameGroup { group, by, subject } => mock.rename_group(&group, &by, &subject),
        Act::AddToGroup { group, by, whom } => mock.add_to_group(&group, &by, &whom),
        Act::RemoveFromGroup { group, by, whom } => mock.remove_from_group(&group, &by, &whom),
        Act::Drop { number } => mock.drop_connections(&number),
        Act::Restart { number } => mock.restart(&number),
        Act::Replace { number } => mock.replace(&number),
        Act::Unlink { number } => mock.unlink(&number),
        Act::Refuse { number, refusal } => mock.refuse(&number, refusal),
        Act::SetDeaf { number, deaf } => mock.set_deaf(&number, deaf),
        Act::RefuseNext { number, code } => mock.refuse_next_message(&number, &code),
        Act::SwallowNext { number } => mock.swallow_next_answer(&number),
        Act::GarbleNext { number } => mock.garble_next(&number),
        other => return send(mock, other),
    };
    done.map(|()| json!({}))
}

fn send(mock: &LinkedServer, act: Act) -> anyhow::Result<Value> {
    let sent = match act {
        Act::Write { from, to, text } => mock.write(&from, &to, &text)?,
        Act::WriteOnPhone { from, to, text } => {
            mock.write_on_phone(&from, &to, &super::customers::words(&text))?
        }
        Act::WriteToGroup { from, group, text } => {
            mock.send_to_group(&from, &group, &super::customers::words(&text))?
        }
        Act::SendFile(file) => {
            let to_send = FileToSend {
                kind: file.kind,
                bytes: STANDARD.decode(&file.file)?,
                mime: file.mime,
                caption: file.caption,
                filename: file.filename,
            };
            mock.send_file(&file.from, &file.to, &to_send)?
        }
        other => anyhow::bail!("{other:?} is not done here"),
    };
    Ok(json!({ "id": sent }))
}
