//! Interactive messages as they stand in the request, where that is wordier than what they are made of.

use serde::{Deserialize, Serialize};

use super::interactive::{self, Action, Header, Reply, UrlButton};
use super::{Document, MediaRef};

#[derive(Serialize, Deserialize)]
pub(super) struct Interactive {
    #[serde(flatten)]
    action: ActionNode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<HeaderNode>,
    body: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    footer: Option<Words>,
}

#[derive(Serialize, Deserialize)]
struct Words {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    #[serde(flatten)]
    file: MediaRef,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum HeaderNode {
    Text { text: String },
    Image { image: File },
    Video { video: File },
    Document { document: Document },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "action", rename_all = "snake_case")]
enum ActionNode {
    Button { buttons: Vec<ButtonNode> },
    List(interactive::List),
    CtaUrl(Named<UrlParameters>),
    LocationRequestMessage(Bare),
    RequestContactInfo(Bare),
}

#[derive(Serialize, Deserialize)]
struct ButtonNode {
    #[serde(rename = "type")]
    kind: String,
    reply: ReplyNode,
}

#[derive(Serialize, Deserialize)]
struct ReplyNode {
    id: String,
    title: String,
}

#[derive(Serialize, Deserialize)]
struct Named<T> {
    name: String,
    parameters: T,
}

#[derive(Serialize, Deserialize)]
struct Bare {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct UrlParameters {
    display_text: String,
    url: String,
}

impl From<interactive::Interactive> for Interactive {
    fn from(message: interactive::Interactive) -> Self {
        Self {
            action: message.action.into(),
            header: message.header.map(Into::into),
            body: Words { text: message.body },
            footer: message.footer.map(|text| Words { text }),
        }
    }
}

impl From<Interactive> for interactive::Interactive {
    fn from(node: Interactive) -> Self {
        Self {
            header: node.header.map(Into::into),
            body: node.body.text,
            footer: node.footer.map(|footer| footer.text),
            action: node.action.into(),
        }
    }
}

impl From<Header> for HeaderNode {
    fn from(header: Header) -> Self {
        match header {
            Header::Text(text) => Self::Text { text },
            Header::Image(file) => Self::Image {
                image: File { file },
            },
            Header::Video(file) => Self::Video {
                video: File { file },
            },
            Header::Document(document) => Self::Document { document },
        }
    }
}

impl From<HeaderNode> for Header {
    fn from(node: HeaderNode) -> Self {
        match node {
            HeaderNode::Text { text } => Self::Text(text),
            HeaderNode::Image { image } => Self::Image(image.file),
            HeaderNode::Video { video } => Self::Video(video.file),
            HeaderNode::Document { document } => Self::Document(document),
        }
    }
}

impl From<Action> for ActionNode {
    fn from(action: Action) -> Self {
        let bare = |name: &str| Bare {
            name: name.to_owned(),
        };
        match action {
            Action::Buttons(buttons) => Self::Button {
                buttons: buttons.into_iter().map(Into::into).collect(),
            },
            Action::List(list) => Self::List(list),
            Action::Url(button) => Self::CtaUrl(Named {
                name: "cta_url".to_owned(),
                parameters: UrlParameters {
                    display_text: button.title,
                    url: button.url,
                },
            }),
            Action::LocationRequest => Self::LocationRequestMessage(bare("send_location")),
            Action::ContactRequest => Self::RequestContactInfo(bare("request_contact_info")),
        }
    }
}

impl From<ActionNode> for Action {
    fn from(node: ActionNode) -> Self {
        match node {
            ActionNode::Button { buttons } => {
                Self::Buttons(buttons.into_iter().map(Into::into).collect())
            }
            ActionNode::List(list) => Self::List(list),
            ActionNode::CtaUrl(Named { parameters, .. }) => Self::Url(UrlButton {
                title: parameters.display_text,
                url: parameters.url,
            }),
            ActionNode::LocationRequestMessage(_) => Self::LocationRequest,
            ActionNode::RequestContactInfo(_) => Self::ContactRequest,
        }
    }
}

impl From<Reply> for ButtonNode {
    fn from(Reply { id, title }: Reply) -> Self {
        Self {
            kind: "reply".to_owned(),
            reply: ReplyNode { id, title },
        }
    }
}

impl From<ButtonNode> for Reply {
    fn from(node: ButtonNode) -> Self {
        Self {
            id: node.reply.id,
            title: node.reply.title,
        }
    }
}
