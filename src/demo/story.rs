//! What happened before the demo begins: ten days of conversations through signed webhooks, and what the team made of them.

use std::time::Duration;

use hoopoe_db::{
    Millis,
    conversations::{self, Assignee, Changes, Filter, Sort},
    ids::{MessageId, TenantId, UserId},
    messages::{self, Part},
    model::{Conversation, ConversationStatus, Direction, Role, User},
    tenants,
};
use hoopoe_simulator::{
    NewCustomer, Outgoing, SimNumber, Simulator,
    demo_script::{self, ScriptedConversation},
};

use super::{
    cast::{self, COLLEAGUES, FORGOTTEN},
    stage::Stage,
};
use crate::app::App;

const HOUR_MS: Millis = 60 * 60 * 1000;

/// Conversations that have been silent for this long are resolved, most of them.
const DONE_AFTER_MS: Millis = 60 * HOUR_MS;

/// Snoozed conversations come back after this.
const SNOOZE_MS: Millis = 18 * HOUR_MS;

/// Most conversations that are looked at.
const MOST: i64 = 500;

/// Messages of a conversation that are looked at.
const PAGE: i64 = 100;

/// How long received files may take until the demo begins without them.
const MEDIA_PATIENCE: Duration = Duration::from_secs(15);

/// The script, with the conversations of some languages on a number of their own.
pub fn script() -> Vec<ScriptedConversation> {
    let mut script = demo_script::conversations();
    for conversation in &mut script {
        if let Some(number) = cast::number_for(conversation.language) {
            conversation.number = number;
        }
    }
    script
}

/// Lets it all happen, each thing in its own time by the server's clock; returns when it has arrived, files included.
pub async fn play(app: &App, simulator: &Simulator, stage: &Stage) -> anyhow::Result<()> {
    let script = script();
    let played = simulator.play_in_time(&script, |at| app.clock.shift_to(Some(at)));
    played.await?;
    app.clock.shift_to(None);
    write_to_forgotten_number(simulator).await?;
    let found = list(app, stage).await?;
    for (position, conversation) in found.iter().enumerate() {
        handle(app, stage, position, conversation).await?;
    }
    media_arrived(app, &stage.tenant_id).await
}

/// Somebody writes to a number that Meta's app still has, but nobody connected here.
async fn write_to_forgotten_number(simulator: &Simulator) -> anyhow::Result<()> {
    simulator.add_number(SimNumber {
        phone_number_id: FORGOTTEN.phone_number_id.to_owned(),
        display_phone_number: FORGOTTEN.phone.to_owned(),
        verified_name: FORGOTTEN.verified_name.to_owned(),
        waba_id: cast::WABA_ID.to_owned(),
        access_token: String::new(),
        app: 0,
    });
    let writer = simulator.add_customer(NewCustomer::named("Robin Hale", "+44 7700 900199"));
    let said = Outgoing::text("Hello, is this still your number?");
    simulator.customer_sends(FORGOTTEN.phone_number_id, &writer.id, said)?;
    simulator.settled().await;
    simulator.remove_number(FORGOTTEN.phone_number_id);
    Ok(())
}

async fn list(app: &App, stage: &Stage) -> anyhow::Result<Vec<Conversation>> {
    let filter = Filter {
        accounts: stage
            .accounts
            .iter()
            .map(|account| account.id.clone())
            .collect(),
        statuses: Vec::new(),
        assignee: Assignee::Any,
        unread: false,
        search: None,
        sort: Sort::Newest,
        after: None,
        limit: MOST,
    };
    let (found, _) = conversations::list(&app.db, &stage.tenant_id, &filter).await?;
    Ok(found)
}

/// What the team does with a conversation: by its age, by who wrote last, and by its position so that there is some of everything.
async fn handle(
    app: &App,
    stage: &Stage,
    position: usize,
    conversation: &Conversation,
) -> anyhow::Result<()> {
    let Some(last) = &conversation.last_message else {
        return Ok(());
    };
    let now = app.clock.now();
    let is_old = now - last.at > DONE_AFTER_MS;
    let is_answered = last.direction == Direction::Out;
    let is_waiting = !is_old && !is_answered && position % 3 != 2;
    let agent = agent_for(stage, conversation, position);
    let mut changes = Changes::default();
    if is_old && !position.is_multiple_of(5) {
        changes.status = Some(ConversationStatus::Resolved);
    } else if !is_waiting && position % 4 == 1 {
        changes.status = Some(ConversationStatus::Snoozed);
        changes.snoozed_until = Some(now + SNOOZE_MS);
    }
    if let Some(agent) = agent
        && (!is_waiting || position.is_multiple_of(4))
    {
        changes.assignee_id = Some(Some(agent.clone()));
    }
    let read_up_to = if is_waiting {
        last_answer(app, stage, conversation).await?
    } else {
        Some(last.id.clone())
    };
    let mut tx = app.db.begin().await?;
    if let (Some(agent), Some(message)) = (agent, read_up_to) {
        conversations::mark_read(
            &mut tx,
            &stage.tenant_id,
            &conversation.id,
            &message,
            Some(agent),
            now,
        )
        .await?;
    }
    conversations::update(&mut tx, &stage.tenant_id, &conversation.id, &changes, now).await?;
    app.commit(tx).await?;
    Ok(())
}

/// The team's last message: whoever wrote it has read what came before.
async fn last_answer(
    app: &App,
    stage: &Stage,
    conversation: &Conversation,
) -> anyhow::Result<Option<MessageId>> {
    let (tenant_id, id) = (&stage.tenant_id, &conversation.id);
    let page = messages::page(&app.db, tenant_id, id, &Part::Latest, PAGE).await?;
    let mut answers = page.items.into_iter().rev();
    let answer = answers.find(|message| message.direction == Direction::Out);
    Ok(answer.map(|message| message.id))
}

/// One of those who answer on the conversation's number, in turn; now and then the admin, so that they have some of their own.
fn agent_for<'a>(
    stage: &'a Stage,
    conversation: &Conversation,
    position: usize,
) -> Option<&'a UserId> {
    if position.is_multiple_of(6) {
        return stage.people.first().map(|user| &user.id);
    }
    let mut numbers = stage.accounts.iter();
    let number = numbers.position(|account| account.id == conversation.account_id)?;
    let answers = |user: &&User| {
        COLLEAGUES.iter().any(|colleague| {
            colleague.role == Role::Agent
                && colleague.numbers.contains(&number)
                && colleague.email() == user.email
        })
    };
    let agents: Vec<&User> = stage.people.iter().filter(answers).collect();
    let turn = position.checked_rem(agents.len())?;
    agents.get(turn).map(|user| &user.id)
}

/// Waits until no file is still on its way.
async fn media_arrived(app: &App, tenant_id: &TenantId) -> anyhow::Result<()> {
    let arriving = async {
        while tenants::get_backlog(&app.db, tenant_id)
            .await?
            .media_pending
            > 0
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    if let Ok(arrived) = tokio::time::timeout(MEDIA_PATIENCE, arriving).await {
        return arrived;
    }
    tracing::warn!("some files are still on their way");
    Ok(())
}
