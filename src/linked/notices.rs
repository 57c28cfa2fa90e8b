//! What happened to a group, as a line in its conversation: who came, who went, what it is called. It is no news that anybody has to read.

use hoopoe_db::{
    DbResult,
    ingest::{IncomingMessage, IncomingUpdate},
    linked::{self, Holder},
    model::{Direction, MessageSource, MessageStatus},
};
use hoopoe_linked::{Arrived, GroupAct, GroupNews, Person};
use serde_json::{Value, json};

use super::ids;
use crate::app::App;

/// Behind the id of a piece of news: nobody's message is called so.
const OF_GROUP: &str = "|group";

/// The line; `None` where the group has no conversation yet: that somebody came or went makes none.
pub(super) async fn of(
    app: &App,
    holder: &Holder,
    arrived: &Arrived,
    news: &GroupNews,
) -> DbResult<Option<IncomingUpdate>> {
    let Some(chat) = ids::group(&arrived.chat) else {
        return Ok(None);
    };
    let (tenant_id, account_id) = (&holder.tenant_id, &holder.account_id);
    let group = linked::find_known(&app.db, tenant_id, account_id, &chat.keys).await?;
    if group.is_none_or(|group| group.conversation_id.is_none()) {
        return Ok(None);
    }
    let by = match (arrived.from_me, arrived.person.is_unknown()) {
        (true, _) => Some(Name::Us),
        (false, true) => None,
        (false, false) => Some(name(app, holder, &arrived.person).await?),
    };
    let mut members = Vec::with_capacity(news.members.len());
    for member in &news.members {
        members.push(name(app, holder, member).await?);
    }
    Ok(Some(IncomingUpdate::Message(Box::new(IncomingMessage {
        chat,
        sender: None,
        direction: Direction::In,
        // Of those that are counted as unread, and marked as read, it is none.
        source: MessageSource::History,
        provider_id: format!("{}{OF_GROUP}", arrived.id),
        kind: "system".to_owned(),
        text: None,
        content: content(&news.act, by.as_ref(), &members).to_string(),
        quoted_provider_id: None,
        forwarded: false,
        provider_at: arrived.sent_at,
        media: None,
        status: MessageStatus::Received,
        opens_window: false,
        is_news: false,
    }))))
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Us,
    Other(String),
}

impl Name {
    fn words(&self) -> &str {
        match self {
            Self::Us => "you",
            Self::Other(name) => name,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Us => json!({ "us": true }),
            Self::Other(name) => json!({ "name": name }),
        }
    }
}

async fn name(app: &App, holder: &Holder, person: &Person) -> DbResult<Name> {
    if person.is_unknown() {
        return Ok(Name::Us);
    }
    let keys = ids::person(person).keys;
    let (tenant_id, account_id) = (&holder.tenant_id, &holder.account_id);
    let known = linked::find_known(&app.db, tenant_id, account_id, &keys).await?;
    let number = person.phone.as_ref().map(|phone| format!("+{phone}"));
    let name = known.map(|known| known.name).or(number);
    Ok(Name::Other(name.unwrap_or_else(|| "…".to_owned())))
}

/// What is stored: by parts for those who say it in their own language, and in English as `body`.
fn content(act: &GroupAct, by: Option<&Name>, members: &[Name]) -> Value {
    let who: Vec<&str> = members.iter().map(Name::words).collect();
    let who = who.join(", ");
    let by_whom = by.map_or("somebody", Name::words);
    let (kind, body, subject) = match act {
        GroupAct::Joined => ("group_joined", format!("{who} joined"), None),
        GroupAct::Added => ("group_added", format!("{by_whom} added {who}"), None),
        GroupAct::Left => ("group_left", format!("{who} left"), None),
        GroupAct::Removed => ("group_removed", format!("{by_whom} removed {who}"), None),
        GroupAct::Renamed(subject) => {
            let body = format!("{by_whom} changed the subject to “{subject}”");
            ("group_renamed", body, Some(subject))
        }
    };
    let members: Vec<Value> = members.iter().map(Name::json).collect();
    json!({ "type": kind, "body": body, "by": by.map(Name::json), "members": members, "subject": subject })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_did_what_to_whom() {
        let ana = Name::Other("Ana".into());
        let said = content(
            &GroupAct::Added,
            Some(&ana),
            &[Name::Us, Name::Other("Ben".into())],
        );
        assert_eq!(said["body"], "Ana added you, Ben");
        assert_eq!(said["members"], json!([{ "us": true }, { "name": "Ben" }]));
        let said = content(&GroupAct::Renamed("Ferns".into()), None, &[]);
        assert_eq!(
            (said["type"].as_str(), said["by"].is_null()),
            (Some("group_renamed"), true)
        );
        assert_eq!(said["body"], "somebody changed the subject to “Ferns”");
    }
}
