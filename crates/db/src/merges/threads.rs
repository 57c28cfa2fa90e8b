//! Conversations of a merge in the database: reading, writing, moving their messages, telling of them.

use std::sync::LazyLock;

use serde::Serialize;

use super::moved::Fold;
use crate::{
    DbResult, Millis, Tx,
    event::{Audience, ConversationChanged, Draft, Event},
    ids::{AccountId, ContactId, ConversationId, GroupId, MessageId, TeamId, TenantId, UserId},
    model::{CONVERSATION_COLUMNS, Conversation, ConversationRow},
    per_engine::locking,
    sql::{Batch, Rows, batch, execute, fetch_all, id_rows},
};

/// A conversation as far as a merge may change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub(super) struct Thread {
    pub id: ConversationId,
    pub account_id: AccountId,
    pub contact_id: ContactId,
    pub group_id: GroupId,
    pub reply_kind: String,
    pub status: String,
    pub snoozed_until: Option<Millis>,
    pub assignee_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub unread_count: i64,
    pub message_count: i64,
    pub window_expires_at: Option<Millis>,
    pub last_message_id: Option<MessageId>,
    pub last_message_type: Option<String>,
    pub last_message_direction: Option<String>,
    pub last_message_text: Option<String>,
    pub last_message_status: Option<String>,
    pub last_message_at: Millis,
    pub merged_into: Option<ConversationId>,
    pub created_at: Millis,
}

locking!(
    OF_CONTACTS,
    "SELECT id, account_id, contact_id, group_id, reply_kind, status, snoozed_until, assignee_id, team_id, unread_count, message_count,
       window_expires_at, last_message_id, last_message_type, last_message_direction, last_message_text, last_message_status,
       last_message_at, merged_into, created_at
     FROM conversations WHERE tenant_id = $1 AND contact_id IN ($2, $3) ORDER BY id"
);

batch!(
    WRITE,
    "UPDATE conversations SET contact_id = r.contact_id, group_id = r.group_id, status = r.status, snoozed_until = r.snoozed_until,
       assignee_id = r.assignee_id, team_id = r.team_id, unread_count = r.unread_count, message_count = r.message_count,
       window_expires_at = r.window_expires_at, last_message_id = r.last_message_id, last_message_type = r.last_message_type,
       last_message_direction = r.last_message_direction, last_message_text = r.last_message_text,
       last_message_status = r.last_message_status, last_message_at = r.last_message_at, merged_into = r.merged_into,
       updated_at = $3, version = version + 1
     FROM {rows: id TEXT, contact_id TEXT, group_id TEXT, status TEXT, snoozed_until BIGINT, assignee_id TEXT, team_id TEXT,
       unread_count BIGINT, message_count BIGINT, window_expires_at BIGINT, last_message_id TEXT, last_message_type TEXT,
       last_message_direction TEXT, last_message_text TEXT, last_message_status TEXT, last_message_at BIGINT, merged_into TEXT}
     WHERE conversations.id = r.id AND conversations.tenant_id = $2"
);

batch!(
    MOVE_MESSAGES,
    "UPDATE messages SET conversation_id = r.into_id, merged_from = COALESCE(merged_from, r.from_id)
     FROM {rows: from_id TEXT, into_id TEXT} WHERE messages.conversation_id = r.from_id AND messages.tenant_id = $2"
);

batch!(
    RETURN_MESSAGES,
    "UPDATE messages SET conversation_id = r.from_id, merged_from = CASE WHEN merged_from = r.from_id THEN NULL ELSE merged_from END
     FROM {rows: source_id TEXT, from_id TEXT, into_id TEXT}
     WHERE messages.merged_from = r.source_id AND messages.conversation_id = r.into_id AND messages.tenant_id = $2"
);

batch!(
    NEWEST,
    "UPDATE conversations SET last_message_type = NULL, last_message_direction = NULL, last_message_text = NULL, last_message_status = NULL,
       last_message_at = created_at, last_message_id = (SELECT m.id FROM messages m WHERE m.conversation_id = conversations.id AND m.tenant_id = $2
       ORDER BY m.provider_at DESC, m.id DESC LIMIT 1)
     WHERE tenant_id = $2 AND id IN (SELECT r.id FROM {rows: id TEXT})"
);

batch!(
    PREVIEW,
    "UPDATE conversations SET last_message_type = m.type, last_message_direction = m.direction,
       last_message_text = substr(COALESCE(m.text, ''), 1, 160), last_message_status = m.status, last_message_at = m.provider_at
     FROM messages m WHERE conversations.tenant_id = $2 AND m.id = conversations.last_message_id
       AND conversations.id IN (SELECT r.id FROM {rows: id TEXT})"
);

static LOAD: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(&format!(
        "SELECT {CONVERSATION_COLUMNS} FROM conversations v JOIN contacts c ON c.id = v.contact_id
         WHERE v.tenant_id = $2 AND v.merged_into IS NULL AND v.id IN (SELECT r.id FROM {{rows: id TEXT}}) ORDER BY v.id"
    ))
});

/// All conversations of two contacts, locked, those that were folded included.
pub(super) async fn of_contacts(
    tx: &mut Tx,
    tenant_id: &TenantId,
    one: &ContactId,
    other: &ContactId,
) -> DbResult<Vec<Thread>> {
    fetch_all!(tx, Thread, OF_CONTACTS, tenant_id, one, other)
}

/// Writes those that differ from how they were, folded ones apart: of two conversations that change places, one has to step aside first.
pub(super) async fn write(
    tx: &mut Tx,
    tenant_id: &TenantId,
    before: &[Thread],
    after: &[Thread],
    order: Order,
    now: Millis,
) -> DbResult<()> {
    let is_folded = |thread: &Thread, before: &Thread| {
        thread.merged_into.is_some() || before.merged_into.is_some()
    };
    let changed: Vec<(&Thread, &Thread)> = after
        .iter()
        .zip(before)
        .filter(|(after, before)| after != before)
        .collect();
    let (folded, others): (Vec<_>, Vec<_>) = changed
        .into_iter()
        .partition(|(after, before)| is_folded(after, before));
    let halves = match order {
        Order::FoldedFirst => [folded, others],
        Order::FoldedLast => [others, folded],
    };
    for half in halves.iter().filter(|half| !half.is_empty()) {
        let rows: Vec<&Thread> = half.iter().map(|(after, _)| *after).collect();
        execute!(tx, &WRITE, Rows(&rows), tenant_id, now)?;
    }
    Ok(())
}

/// Which half [`write`] writes first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// When conversations are folded.
    FoldedFirst,
    /// When they are unfolded.
    FoldedLast,
}

/// Moves the messages of folded conversations: one statement.
pub(super) async fn move_messages(
    tx: &mut Tx,
    tenant_id: &TenantId,
    folds: &[Fold],
) -> DbResult<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        from_id: &'a ConversationId,
        into_id: &'a ConversationId,
    }
    if folds.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = folds
        .iter()
        .map(|fold| Row {
            from_id: &fold.from,
            into_id: &fold.into,
        })
        .collect();
    execute!(tx, &MOVE_MESSAGES, Rows(&rows), tenant_id).map(drop)
}

/// Moves back the messages that were moved, and only those, and finds the newest of each side: three statements.
pub(super) async fn return_messages(
    tx: &mut Tx,
    tenant_id: &TenantId,
    folds: &[Fold],
) -> DbResult<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        source_id: &'a ConversationId,
        from_id: &'a ConversationId,
        into_id: &'a ConversationId,
    }
    if folds.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = folds
        .iter()
        .flat_map(|fold| {
            let sources = std::iter::once(&fold.from).chain(&fold.along);
            sources.map(|source_id| Row {
                source_id,
                from_id: &fold.from,
                into_id: &fold.into,
            })
        })
        .collect();
    execute!(tx, &RETURN_MESSAGES, Rows(&rows), tenant_id)?;
    let both = id_rows(folds.iter().flat_map(|fold| [&fold.from, &fold.into]));
    execute!(tx, &NEWEST, Rows(&both), tenant_id)?;
    execute!(tx, &PREVIEW, Rows(&both), tenant_id).map(drop)
}

/// Notes `conversation:updated` for conversations as they are now, each to those who may see its account.
pub(super) async fn announce(
    tx: &mut Tx,
    tenant_id: &TenantId,
    changed: &[ConversationId],
) -> DbResult<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let rows = fetch_all!(
        tx,
        ConversationRow,
        &LOAD,
        Rows(&id_rows(changed)),
        tenant_id
    )?;
    for conversation in rows.into_iter().map(Conversation::from) {
        tx.record(Draft {
            tenant_id: tenant_id.clone(),
            audience: Audience::Account(conversation.account_id.clone()),
            event: Event::ConversationUpdated(ConversationChanged { conversation }),
        });
    }
    Ok(())
}
