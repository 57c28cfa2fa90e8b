//! What a message is, by which of the protocol's fields it fills. Pure; used by `content`.

use hoopoe_cloud_api::update::{ButtonReply, InteractiveReply, MessageContent, MessageKind};
use whatsapp_rust::waproto::whatsapp::{
    Message,
    message::{
        buttons_response_message::Response, interactive_response_message, template_message::Format,
    },
};

use super::{Scope, Shown, bounds, cards, files};

/// What can be shown of a message; `None` where it is of no kind that is known here.
pub(super) fn read(scope: &Scope<'_>, message: &Message) -> Option<Shown> {
    written(message)
        .map(Shown::words)
        .or_else(|| files::read(scope, message))
        .or_else(|| cards::read(message))
        .or_else(|| button(message))
        .or_else(|| choice(message))
        .or_else(|| form(message))
        .or_else(|| business(message).map(Shown::words))
}

fn words(words: Option<&String>) -> Option<String> {
    words.and_then(|words| bounds::text(words, bounds::TEXT))
}

/// What somebody wrote.
fn written(message: &Message) -> Option<String> {
    let extended = message.extended_text_message.as_option();
    words(message.conversation.as_ref())
        .or_else(|| words(extended.and_then(|extended| extended.text.as_ref())))
}

/// A tap on a button of a message of ours.
fn button(message: &Message) -> Option<Shown> {
    let (text, payload) = if let Some(reply) = message.template_button_reply_message.as_option() {
        (
            reply.selected_display_text.as_ref(),
            reply.selected_id.as_ref(),
        )
    } else {
        let reply = message.buttons_response_message.as_option()?;
        let text = reply
            .response
            .as_ref()
            .map(|Response::SelectedDisplayText(text)| text);
        (text, reply.selected_button_id.as_ref())
    };
    let reply = ButtonReply {
        text: bounds::optional_line(text).unwrap_or_default(),
        payload: bounds::optional_line(payload).unwrap_or_default(),
    };
    let text = words(text);
    Some(Shown::new(
        MessageKind::Button,
        &MessageContent::Button(reply),
        text,
    ))
}

/// A row chosen from a list of ours.
fn choice(message: &Message) -> Option<Shown> {
    let reply = message.list_response_message.as_option()?;
    let row = reply.single_select_reply.as_option();
    let reply = InteractiveReply {
        kind: "list_reply".to_owned(),
        title: bounds::optional_line(reply.title.as_ref()),
        description: bounds::optional_line(reply.description.as_ref()),
        id: bounds::optional_line(row.and_then(|row| row.selected_row_id.as_ref())),
        ..InteractiveReply::default()
    };
    let text = reply.title.clone();
    Some(Shown::new(
        MessageKind::Interactive,
        &MessageContent::Interactive(reply),
        text,
    ))
}

/// An answer to a form or another "native flow".
fn form(message: &Message) -> Option<Shown> {
    use interactive_response_message::InteractiveResponseMessage as Answer;
    let reply = message.interactive_response_message.as_option()?;
    let body = reply.body.as_option();
    let text = words(body.and_then(|body| body.text.as_ref()));
    let flow = reply.interactive_response_message.as_ref();
    let (name, params) = match flow {
        Some(Answer::NativeFlowResponseMessage(flow)) => {
            (flow.name.as_ref(), flow.params_json.as_ref())
        }
        None => (None, None),
    };
    let params = words(params);
    let reply = InteractiveReply {
        kind: "nfm_reply".to_owned(),
        title: bounds::optional_line(name),
        body: text.clone(),
        response: params
            .map(|text| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))),
        ..InteractiveReply::default()
    };
    Some(Shown::new(
        MessageKind::Interactive,
        &MessageContent::Interactive(reply),
        text,
    ))
}

/// Several words, one below the other.
fn lines(lines: &[Option<&String>]) -> Option<String> {
    let lines: Vec<String> = lines.iter().filter_map(|line| words(*line)).collect();
    bounds::text(&lines.join("\n"), bounds::TEXT)
}

/// The words of what businesses, groups and shops send.
fn business(message: &Message) -> Option<String> {
    if let Some(buttons) = message.buttons_message.as_option() {
        return lines(&[buttons.content_text.as_ref(), buttons.footer_text.as_ref()]);
    }
    if let Some(list) = message.list_message.as_option() {
        return lines(&[
            list.title.as_ref(),
            list.description.as_ref(),
            list.footer_text.as_ref(),
        ]);
    }
    if let Some(interactive) = message.interactive_message.as_option() {
        let body = interactive.body.as_option();
        return lines(&[body.and_then(|body| body.text.as_ref())]);
    }
    if let Some(template) = message.template_message.as_option() {
        let hydrated = match &template.format {
            Some(Format::HydratedFourRowTemplate(hydrated)) => Some(&**hydrated),
            _ => template.hydrated_template.as_option(),
        };
        let hydrated = hydrated?;
        return lines(&[
            hydrated.hydrated_content_text.as_ref(),
            hydrated.hydrated_footer_text.as_ref(),
        ]);
    }
    if let Some(invite) = message.group_invite_message.as_option() {
        return lines(&[invite.group_name.as_ref(), invite.caption.as_ref()]);
    }
    if let Some(event) = message.event_message.as_option() {
        return lines(&[
            event.name.as_ref(),
            event.description.as_ref(),
            event.join_link.as_ref(),
        ]);
    }
    if let Some(product) = message.product_message.as_option() {
        let of = product.product.as_option();
        return lines(&[
            of.and_then(|of| of.title.as_ref()),
            product.body.as_ref(),
            of.and_then(|of| of.url.as_ref()),
        ]);
    }
    let order = message.order_message.as_option()?;
    lines(&[order.order_title.as_ref(), order.message.as_ref()])
}
