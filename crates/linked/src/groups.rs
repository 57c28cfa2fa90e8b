//! What happens to groups: who comes and goes, what they are called, who may take back others' messages. Used by `listening`, `history` and the client's hook.

use std::time::Duration;

use whatsapp_rust::{
    Client, GroupError, IqError, Jid,
    wacore::{
        stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo},
        types::events::GroupUpdate,
    },
};

use crate::{
    Arrived, Content, GroupAct, GroupNews, Person,
    content::bounds,
    person::{Me, complete},
};

/// How long WhatsApp may take to say who the admins of a group are.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// The most members that one piece of news names.
const MOST_MEMBERS: usize = 32;

/// What a group is called by a piece of news.
pub(crate) fn subject(told: &GroupUpdate) -> Option<String> {
    match &told.action {
        Action::Subject { subject, .. } => bounds::line(subject),
        Action::Create { raw } => {
            let group = raw.get_optional_child("group")?;
            bounds::line(&group.attrs.get("subject")?.as_str())
        }
        _ => None,
    }
}

/// Whether a group is new to us, so that its subject has to be asked for.
pub(crate) fn is_new(me: &Me, told: &GroupUpdate) -> bool {
    match &told.action {
        Action::Create { .. } => subject(told).is_none(),
        Action::Add { participants, .. } => participants.iter().any(|who| is_me(me, who)),
        _ => false,
    }
}

fn is_me(me: &Me, who: &GroupParticipantInfo) -> bool {
    jids(who).any(|jid| me.is(jid))
}

fn jids(who: &GroupParticipantInfo) -> impl Iterator<Item = &Jid> {
    std::iter::once(&who.jid)
        .chain(&who.phone_number)
        .chain(&who.lid)
}

/// A piece of news as its group's members see it, among its messages.
pub(crate) fn arrived(me: &Me, told: &GroupUpdate) -> Option<Arrived> {
    let by = told.participant.iter().chain(&told.participant_pn);
    let from_me = told.participant.as_ref().is_some_and(|by| me.is(by));
    let person = if from_me {
        Person::default()
    } else {
        Person::of(by)
    };
    let (act, members) = match &told.action {
        Action::Add { participants, .. } => (GroupAct::Added, people(me, participants)),
        Action::Remove { participants, .. } => (GroupAct::Removed, people(me, participants)),
        Action::Subject { .. } => (GroupAct::Renamed(subject(told)?), Vec::new()),
        _ => return None,
    };
    let alone = members.len() == 1
        && members
            .first()
            .is_some_and(|who| who.is(&person) || from_me && who.is_unknown());
    let act = match act {
        GroupAct::Added if alone => GroupAct::Joined,
        GroupAct::Removed if alone => GroupAct::Left,
        act => act,
    };
    let notice = told.notification_id.as_ref()?;
    Some(Arrived {
        id: bounds::id(&format!("{notice}.{}", told.action_index))?,
        chat: told.group_jid.to_string(),
        is_group: true,
        from_me,
        person,
        name: None,
        sent_at: told.timestamp.timestamp_millis(),
        history: false,
        progress: None,
        by_admin: false,
        content: Content::Group(GroupNews { act, members }),
    })
}

fn people(me: &Me, participants: &[GroupParticipantInfo]) -> Vec<Person> {
    let others = participants.iter().take(MOST_MEMBERS);
    others
        .map(|who| {
            if is_me(me, who) {
                Person::default()
            } else {
                Person::of(jids(who))
            }
        })
        .collect()
}

/// Says of deletions in groups whether who deletes is an admin, where that matters. When WhatsApp does not say, they are not.
pub(crate) async fn check_admin(client: &Client, message: &mut Arrived) {
    let Content::Deletion { of } = &message.content else {
        return;
    };
    let is_own = of.ours == message.from_me && (of.ours || of.author.is(&message.person));
    if !message.is_group || is_own {
        return;
    }
    // Our own phone has asked itself before it let us.
    message.by_admin = message.from_me || is_admin(client, &message.chat, &message.person).await;
}

async fn is_admin(client: &Client, chat: &str, person: &Person) -> bool {
    let Ok(chat) = chat.parse::<Jid>() else {
        return false;
    };
    let groups = client.groups();
    let asked = tokio::time::timeout(ASK_TIMEOUT, groups.get_metadata(&chat)).await;
    let group = match asked {
        Ok(Ok(group)) => group,
        // We are there no more.
        Ok(Err(GroupError::Iq(IqError::ServerError { .. }))) => return false,
        Ok(Err(error)) => {
            tracing::info!(%error, "it is not known who the admins of a group are");
            return false;
        }
        Err(_) => {
            tracing::info!("WhatsApp did not say who the admins of a group are");
            return false;
        }
    };
    group.participants.iter().any(|member| {
        let jids = std::iter::once(&member.jid)
            .chain(&member.phone_number)
            .chain(&member.lid);
        member.is_admin() && Person::of(jids).is(person)
    })
}

/// What a group is called, asked of WhatsApp.
pub(crate) async fn ask_subject(client: &Client, group: &Jid) -> anyhow::Result<Option<String>> {
    let group = client.groups().get_metadata(group).await?;
    Ok(bounds::line(&group.subject))
}

/// Adds the names of a group's people that are known from before.
pub(crate) async fn complete_members(client: &Client, message: &mut Arrived) {
    if let Content::Group(news) = &mut message.content {
        for member in &mut news.members {
            complete(client, member).await;
        }
    }
}
