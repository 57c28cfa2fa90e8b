//! Groups of customers, as the Groups API has them: the business writes to a group, and is told of each member apart. They have no phone page.
//! Made by `Simulator::add_group`; written to through the Graph API.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::customer_acts::{Shown, contact_json};
use crate::engine::{Engine, World, seconds};
use crate::outgoing::{Outgoing, SendOptions, without_nulls};
use crate::statuses::{Failure, failure_json};
use crate::webhook::update::Update;
use crate::{Customer, MessageStatus, SimError, SimNumber, ids};

/// A group that a business number is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimGroup {
    /// As webhooks and send requests name it.
    pub id: String,
    /// Its name.
    pub subject: String,
    /// The customers in it, by our ids.
    pub members: Vec<String>,
}

/// A message of the business to a group.
#[derive(Debug, Clone)]
pub(crate) struct GroupMessage {
    wamid: String,
    phone_number_id: String,
    group: String,
    opaque: Option<String>,
}

/// All groups, and what was written to them.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    all: Vec<SimGroup>,
    messages: Vec<GroupMessage>,
}

impl Groups {
    pub(crate) fn find(&self, id: &str) -> Option<&SimGroup> {
        self.all.iter().find(|group| group.id == id)
    }

    /// Notes a message; returns its id.
    pub(crate) fn write(
        &mut self,
        number: &SimNumber,
        group: &str,
        opaque: Option<String>,
    ) -> String {
        let wamid = ids::new_wamid(group);
        self.messages.push(GroupMessage {
            wamid: wamid.clone(),
            phone_number_id: number.phone_number_id.clone(),
            group: group.to_owned(),
            opaque,
        });
        wamid
    }

    fn message(&self, wamid: &str) -> Option<&GroupMessage> {
        self.messages.iter().find(|message| message.wamid == wamid)
    }
}

impl Engine {
    /// Makes a group of customers.
    pub(crate) fn add_group(&self, subject: &str, members: &[&str]) -> Result<SimGroup, SimError> {
        self.world.with(|world| {
            let ids = members
                .iter()
                .map(|member| Ok(world.customer(member)?.id.clone()));
            let group = SimGroup {
                id: format!("{}@g", ids::new_object_id()),
                subject: subject.to_owned(),
                members: ids.collect::<Result<_, SimError>>()?,
            };
            world.groups.all.push(group.clone());
            Ok(group)
        })
    }

    /// A member writes into a group; returns the wamid.
    pub(crate) fn member_sends(
        self: &Arc<Self>,
        number: &str,
        group: &str,
        member: &str,
        what: Outgoing,
    ) -> Result<String, SimError> {
        let known = self.world.with(|world| world.groups.find(group).is_some());
        if !known {
            return Err(SimError::Invalid(format!("no group {group}")));
        }
        let options = SendOptions {
            group: Some(group.to_owned()),
            ..SendOptions::default()
        };
        self.customer_sends(number, member, what, options)
    }

    /// Tells what became of a message at the members of its group: of one of them, or of all whose phones are on (`sent`: of all).
    /// `None`: it went to no group.
    pub(crate) fn group_status(
        self: &Arc<Self>,
        wamid: &str,
        only: Option<&str>,
        status: MessageStatus,
        at_ms: Option<i64>,
        failure: Option<&Failure>,
    ) -> Option<Result<(), SimError>> {
        let now_ms = self.clock.now_ms();
        let updates = self.world.with(|world| {
            let message = world.groups.message(wamid)?;
            let told = Told {
                message,
                status,
                at_ms: at_ms.unwrap_or(now_ms),
                failure,
            };
            Some(told.updates(world, only))
        })?;
        Some(updates.map(|updates| {
            for update in updates {
                self.deliver(update);
            }
        }))
    }
}

/// A status about to be told.
struct Told<'a> {
    message: &'a GroupMessage,
    status: MessageStatus,
    at_ms: i64,
    failure: Option<&'a Failure>,
}

impl Told<'_> {
    fn updates(&self, world: &World, only: Option<&str>) -> Result<Vec<Update>, SimError> {
        let number = world.number(&self.message.phone_number_id)?;
        let members = match (only, world.groups.find(&self.message.group)) {
            (Some(member), _) => vec![world.customer(member)?],
            (None, Some(group)) => {
                let all = group
                    .members
                    .iter()
                    .filter_map(|id| world.customers.find(id));
                let arrives = |member: &&Customer| {
                    member.phone_on
                        || matches!(self.status, MessageStatus::Sent | MessageStatus::Failed)
                };
                all.filter(arrives).collect()
            }
            (None, None) => Vec::new(),
        };
        let update = |member: &Customer| {
            let shows_phone = world.shows_phone(number, member, self.at_ms);
            let summary = format!("status {} at {}", self.status.as_str(), member.id);
            let value = self.value(member, shows_phone);
            Engine::update(
                number,
                &member.id,
                "messages",
                &self.message.wamid,
                &summary,
                value,
            )
        };
        Ok(members.into_iter().map(update).collect())
    }

    fn value(&self, member: &Customer, shows_phone: bool) -> Value {
        let failed = self.status == MessageStatus::Failed;
        let contact = contact_json(member, shows_phone, Shown::NameAndUsername);
        let status = without_nulls(json!({
            "id": self.message.wamid,
            "status": self.status.as_str(),
            "timestamp": seconds(self.at_ms),
            "recipient_type": "group",
            "recipient_id": self.message.group,
            "recipient_participant_id": shows_phone.then_some(&member.wa_id),
            "recipient_participant_user_id": member.user_id,
            "biz_opaque_callback_data": self.message.opaque,
            "errors": self.failure.map(|failure| json!([failure_json(failure)])),
        }));
        without_nulls(
            json!({ "contacts": (!failed).then(|| json!([contact])), "statuses": [status] }),
        )
    }
}
