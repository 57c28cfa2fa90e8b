//! Accepting a message: checked, composed, and written once per client id, whoever races. The answer comes as soon as it is stored; sending
//! follows.

use axum::{extract::State, http::StatusCode};
use hoopoe_cloud_api::send::{Outgoing, Reaction};
use hoopoe_db::{
    DbError, accounts,
    ids::{AccountId, ConversationId, MessageId, UploadId},
    messages,
    model::{Capabilities, Channel, Conversation, Message, Quoted},
    outbox, templates,
    uploads::{self, Kept},
};

use super::{
    accepting::Draft,
    channels,
    compose::{self, Composed},
    payload::{File, Payload},
    request::{Said, SendMessage, SendReaction, SendTemplate},
    template, wake,
};
use crate::{
    app::App,
    auth::Access,
    conversations::access_conversation,
    error::{ApiError, ApiResult, ErrorBody},
    extract::{Json, Path},
};

/// Send a message
///
/// Answers as soon as the message is stored, with the status `sending`; what becomes of it is told by `message:status`. The same `client_id`
/// again answers 200 with the message that was stored first.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "messages", params(("id" = ConversationId, Path)),
    request_body = SendMessage,
    responses((status = 201, description = "Stored, and on its way", body = Message),
        (status = 200, description = "Was stored before under this client_id", body = Message),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "`window_closed`: only a template goes through", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(super) async fn send_message(
    State(app): State<App>,
    access: Access,
    Path(id): Path<ConversationId>,
    Json(mut body): Json<SendMessage>,
) -> ApiResult<(StatusCode, Json<Message>)> {
    let conversation = access_conversation(&app, &access, &id).await?;
    let said = body.said(app.clock.now())?;
    let sending = Sending {
        app: &app,
        access: &access,
        conversation: &conversation,
        body: &body,
    };
    let accepted = match said {
        Said::Reaction(reaction) => sending.react(reaction).await,
        said => sending.accept(said).await,
    };
    let refusal = match accepted {
        Ok(Some(message)) => {
            wake(&app, &access.tenant_id, &conversation.account_id);
            return Ok((StatusCode::CREATED, Json(message)));
        }
        Ok(None) => ApiError::conflict("the message was taken away"),
        Err(error) => error,
    };
    // It was stored before, or a moment ago by somebody else; what has changed since then (the window, the file) does not matter.
    let before = sending.find_before().await?.ok_or(refusal)?;
    Ok((StatusCode::OK, Json(before)))
}

/// One request at work.
struct Sending<'a> {
    app: &'a App,
    access: &'a Access,
    conversation: &'a Conversation,
    body: &'a SendMessage,
}

impl Sending<'_> {
    async fn find_before(&self) -> ApiResult<Option<Message>> {
        let tenant_id = &self.access.tenant_id;
        let account_id = &self.conversation.account_id;
        let client_id = &self.body.client_id;
        Ok(outbox::find_by_client(&self.app.db, tenant_id, account_id, client_id).await?)
    }

    async fn accept(&self, said: Said) -> ApiResult<Option<Message>> {
        let (composed, file) = self.compose(said).await?;
        let can = self.check_channel(&composed.message).await?;
        let quoted = self.quoted().await?;
        let filename = match &composed.message {
            Outgoing::Document(document) => document.filename.as_deref(),
            _ => None,
        };
        let payload = Payload {
            message: composed.message.clone(),
            context: quoted
                .as_ref()
                .and_then(|quoted| quoted.provider_id.clone()),
            context_text: quoted
                .as_ref()
                .filter(|_| can == Capabilities::from(Channel::Linked))
                .map(|quoted| quoted.text.clone()),
            file: file.as_ref().map(|file| File::of(file, filename)),
        };
        let payload = serde_json::to_string(&payload).map_err(ApiError::internal)?;
        let draft = Draft {
            tenant_id: self.access.tenant_id.clone(),
            conversation: self.conversation.clone(),
            author_id: self.access.user_id.clone(),
            client_id: self.body.client_id.clone(),
            kind: composed.kind,
            text: composed.text,
            content: composed.content,
            quoted,
            filename: filename.map(str::to_owned),
            file,
            send_at: self.body.send_at,
            payload,
        };
        self.app.outbox.accepting.accept(draft).await
    }

    async fn compose(&self, said: Said) -> ApiResult<(Composed, Option<Kept>)> {
        Ok(match said {
            Said::Text(text) => (compose::text(text)?, None),
            Said::Location(place) => (compose::location(place)?, None),
            Said::Contacts(cards) => (compose::contacts(cards)?, None),
            Said::Interactive(said) => (compose::interactive(said)?, None),
            Said::Media(media) => {
                let file = self.upload(&media.upload_id, "media.upload_id").await?;
                (compose::media(media, &file)?, Some(file))
            }
            Said::Template(said) => self.template(said).await?,
            // Taken care of before.
            Said::Reaction(_) => return Err(ApiError::bad_request("a reaction is no message")),
        })
    }

    async fn template(&self, said: SendTemplate) -> ApiResult<(Composed, Option<Kept>)> {
        // Where there are none, none is looked for.
        channels::require(self.can().await?.template, "template")?;
        let field = "template.template_id";
        let missing = || ApiError::validation(field, "there is no such template of this account");
        let found =
            templates::get_template(&self.app.db, &self.access.tenant_id, &said.template_id);
        let found = found.await.map_err(|error| match error {
            DbError::NotFound => missing(),
            error => error.into(),
        })?;
        let account_id = &self.conversation.account_id;
        let account =
            accounts::get_account(&self.app.db, &self.access.tenant_id, account_id).await?;
        if account.waba_id.as_deref() != Some(found.waba_id.as_str()) {
            return Err(missing());
        }
        let file = match &said.header_upload_id {
            Some(id) => Some(self.upload(id, "template.header_upload_id").await?),
            None => None,
        };
        let composed = template::compose(&found, &said.parameters, file.as_ref())?;
        Ok((composed, file))
    }

    /// A file that was put in for this account.
    async fn upload(&self, id: &UploadId, field: &'static str) -> ApiResult<Kept> {
        let missing = || ApiError::validation(field, "there is no such file, or no longer");
        match uploads::get_upload(&self.app.db, &self.access.tenant_id, id).await {
            Ok(kept) if kept.account_id == self.conversation.account_id => Ok(kept),
            Ok(_) | Err(DbError::NotFound) => Err(missing()),
            Err(error) => Err(error.into()),
        }
    }

    /// What the account can do.
    async fn can(&self) -> ApiResult<Capabilities> {
        let account_id = &self.conversation.account_id;
        channels::capabilities(self.app, &self.access.tenant_id, account_id).await
    }

    /// Whether the account can send this, and now.
    async fn check_channel(&self, message: &Outgoing) -> ApiResult<Capabilities> {
        let can = self.can().await?;
        channels::check_group(&can, self.conversation.is_group)?;
        channels::check(&can, message)?;
        if can.window {
            self.check_window(message).await?;
        }
        Ok(can)
    }

    /// Templates go through at any time, groups have no window, and some accounts may do without.
    async fn check_window(&self, message: &Outgoing) -> ApiResult<()> {
        let at = self.body.send_at.unwrap_or_else(|| self.app.clock.now());
        let is_open = self
            .conversation
            .window_expires_at
            .is_some_and(|until| until > at);
        if is_open || message.may_open_conversation() || self.conversation.is_group {
            return Ok(());
        }
        let account_id: &AccountId = &self.conversation.account_id;
        let account =
            accounts::get_account(&self.app.db, &self.access.tenant_id, account_id).await?;
        if account.enforce_window {
            return Err(ApiError::window_closed());
        }
        Ok(())
    }

    async fn quoted(&self) -> ApiResult<Option<Quoted>> {
        let Some(id) = &self.body.quote_id else {
            return Ok(None);
        };
        self.known(id, "quote_id").await.map(Some)
    }

    /// A message of this conversation that the provider knows.
    async fn known(&self, id: &MessageId, field: &'static str) -> ApiResult<Quoted> {
        let (db, tenant_id) = (&self.app.db, &self.access.tenant_id);
        let found = messages::find_quoted(db, tenant_id, &self.conversation.id, id).await?;
        let found = found.ok_or_else(|| {
            ApiError::validation(field, "there is no such message in this conversation")
        })?;
        if found.provider_id.is_none() {
            return Err(ApiError::validation(
                field,
                "that message has not been sent yet",
            ));
        }
        Ok(found)
    }

    /// A reaction has no message of its own: it shows on the one that it is for.
    async fn react(&self, said: SendReaction) -> ApiResult<Option<Message>> {
        let target = self.known(&said.message_id, "reaction.message_id").await?;
        let provider_id = target.provider_id.unwrap_or_default();
        let message = Outgoing::Reaction(Reaction {
            message_id: provider_id.clone(),
            emoji: said.emoji.clone(),
        });
        message.check()?;
        if self.body.send_at.is_some() {
            return Err(ApiError::validation(
                "send_at",
                "reactions can't be scheduled",
            ));
        }
        self.check_channel(&message).await?;
        let payload = Payload {
            message,
            context: None,
            context_text: None,
            file: None,
        };
        let payload = serde_json::to_string(&payload).map_err(ApiError::internal)?;
        let mut tx = self.app.db.begin().await?;
        let accepted = outbox::accept_reaction(
            &mut tx,
            &self.access.tenant_id,
            self.conversation,
            (&said.message_id, &provider_id),
            (&self.body.client_id, &said.emoji),
            &payload,
            self.app.clock.now(),
        )
        .await?;
        if accepted.is_some() {
            self.app.commit(tx).await?;
        }
        Ok(accepted)
    }
}
