//! Reading messages: a page of a thread, one message, several by id.

use serde::Serialize;

use crate::{
    Db, DbError, DbResult, Millis,
    ids::{ConversationId, MessageId, TenantId},
    model::{Direction, MESSAGE_COLUMNS, MESSAGE_JOINS, Message, MessageRow, Quoted},
    sql::{Batch, Lend, Rows, fetch_all, fetch_one, fetch_optional},
};
use std::sync::LazyLock;

/// A place in a thread: threads sort by the provider's time, then by id.
pub type Place = crate::Place<MessageId>;

/// Sorts behind every id. A fresh id of the far future would not do: all later ids would be at least as far.
const END: &str = "~";

/// Which part of a thread.
#[derive(Debug, Clone)]
pub enum Part {
    /// The newest messages.
    Latest,
    /// Those just before a place.
    Before(Place),
    /// Those just after a place.
    After(Place),
    /// A message with its neighbours.
    Around(MessageId),
}

/// A page of a thread, oldest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The messages.
    pub items: Vec<Message>,
    /// Where older ones go on, if there are any.
    pub before: Option<Place>,
    /// Where newer ones go on, if there are any.
    pub after: Option<Place>,
}

fn select(rest: &str) -> &'static str {
    format!("SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS} {rest}").leak()
}

static BEFORE: LazyLock<&'static str> = LazyLock::new(|| {
    select(
        "WHERE m.conversation_id = $1 AND m.tenant_id = $2 AND (m.provider_at, m.id) < ($3, $4)
         ORDER BY m.provider_at DESC, m.id DESC LIMIT $5",
    )
});
static AFTER: LazyLock<&'static str> = LazyLock::new(|| {
    select(
        "WHERE m.conversation_id = $1 AND m.tenant_id = $2 AND (m.provider_at, m.id) > ($3, $4)
         ORDER BY m.provider_at, m.id LIMIT $5",
    )
});
static BY_IDS: LazyLock<Batch> = LazyLock::new(|| {
    Batch::new(select(
        "WHERE m.tenant_id = $2 AND m.id IN (SELECT r.id FROM {rows: id TEXT}) ORDER BY m.provider_at, m.id",
    ))
});

/// Messages by id, oldest first; ids of other tenants are left out.
pub(crate) async fn load(
    on: &mut impl Lend,
    tenant_id: &TenantId,
    ids: &[MessageId],
) -> DbResult<Vec<Message>> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a MessageId,
    }
    let rows: Vec<Row> = ids.iter().map(|id| Row { id }).collect();
    let rows = fetch_all!(on, MessageRow, &BY_IDS, Rows(&rows), tenant_id)?;
    rows.into_iter().map(Message::try_from).collect()
}

/// One message.
pub async fn get(db: &Db, tenant_id: &TenantId, id: &MessageId) -> DbResult<Message> {
    let mut reader = db.read().await?;
    load(&mut reader, tenant_id, std::slice::from_ref(id))
        .await?
        .pop()
        .ok_or(DbError::NotFound)
}

/// A message of a conversation as another one that answers it shows it. `None` where it is not of this conversation; without a provider's id
/// where it has not been sent yet.
pub async fn find_quoted(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    id: &MessageId,
) -> DbResult<Option<Quoted>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        QuotedRow,
        "SELECT provider_id, text, type AS kind, direction FROM messages WHERE id = $1 AND tenant_id = $2 AND conversation_id = $3",
        id,
        tenant_id,
        conversation_id
    )?;
    Ok(found.map(|row| Quoted {
        message_id: Some(id.clone()),
        provider_id: row.provider_id,
        text: crate::ingest::preview(row.text.as_deref()),
        kind: row.kind,
        direction: row.direction,
    }))
}

#[derive(sqlx::FromRow)]
struct QuotedRow {
    provider_id: Option<String>,
    text: Option<String>,
    kind: String,
    #[sqlx(try_from = "String")]
    direction: Direction,
}

/// The provider's id of a conversation's newest message from the customer: what is marked as read there, and what typing refers to.
pub async fn list_newest_inbound(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    limit: i64,
) -> DbResult<Vec<String>> {
    let mut reader = db.read().await?;
    let found = fetch_all!(
        &mut reader,
        (String,),
        "SELECT provider_id FROM messages
         WHERE conversation_id = $1 AND tenant_id = $2 AND direction = 'in' AND source = 'live' AND provider_id IS NOT NULL
         ORDER BY provider_at DESC, id DESC LIMIT $3",
        conversation_id,
        tenant_id,
        limit
    )?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// A page of a thread. The caller has checked that the conversation may be seen.
pub async fn page(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    part: &Part,
    limit: i64,
) -> DbResult<Page> {
    match part {
        Part::Latest => {
            let (items, more) =
                before(db, tenant_id, conversation_id, (Millis::MAX, END), limit).await?;
            Ok(Page {
                before: first(&items, more),
                after: None,
                items,
            })
        }
        Part::Before(place) => {
            let (items, more) = before(db, tenant_id, conversation_id, place.key(), limit).await?;
            Ok(Page {
                before: first(&items, more),
                after: last(&items, true),
                items,
            })
        }
        Part::After(place) => {
            let (items, more) = after(db, tenant_id, conversation_id, place, limit).await?;
            Ok(Page {
                before: first(&items, true),
                after: last(&items, more),
                items,
            })
        }
        Part::Around(id) => around(db, tenant_id, conversation_id, id, limit).await,
    }
}

async fn around(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    id: &MessageId,
    limit: i64,
) -> DbResult<Page> {
    let (at,) = {
        let mut reader = db.read().await?;
        fetch_one!(
            &mut reader,
            (Millis,),
            "SELECT provider_at FROM messages WHERE id = $1 AND tenant_id = $2 AND conversation_id = $3",
            id,
            tenant_id,
            conversation_id
        )?
    };
    let half = (limit / 2).max(1);
    let place = Place { at, id: id.clone() };
    let (mut items, older) = before(db, tenant_id, conversation_id, place.key(), half).await?;
    let (newer_items, newer) = after(db, tenant_id, conversation_id, &place, half).await?;
    items.push(get(db, tenant_id, id).await?);
    items.extend(newer_items);
    Ok(Page {
        before: first(&items, older),
        after: last(&items, newer),
        items,
    })
}

fn place(message: &Message) -> Place {
    Place {
        at: message.provider_at,
        id: message.id.clone(),
    }
}

fn first(items: &[Message], more: bool) -> Option<Place> {
    items.first().filter(|_| more).map(place)
}

fn last(items: &[Message], more: bool) -> Option<Place> {
    items.last().filter(|_| more).map(place)
}

/// One more than asked is read, to know whether there are more.
async fn before(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    (at, id): (Millis, &str),
    limit: i64,
) -> DbResult<(Vec<Message>, bool)> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        MessageRow,
        *BEFORE,
        conversation_id,
        tenant_id,
        at,
        id,
        limit + 1
    )?;
    let (mut items, more) = cut(rows, limit)?;
    items.reverse();
    Ok((items, more))
}

async fn after(
    db: &Db,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    place: &Place,
    limit: i64,
) -> DbResult<(Vec<Message>, bool)> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        MessageRow,
        *AFTER,
        conversation_id,
        tenant_id,
        place.at,
        &place.id,
        limit + 1
    )?;
    cut(rows, limit)
}

fn cut(mut rows: Vec<MessageRow>, limit: i64) -> DbResult<(Vec<Message>, bool)> {
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((
        rows.into_iter()
            .map(Message::try_from)
            .collect::<DbResult<_>>()?,
        more,
    ))
}

/// Whether a message belongs to a conversation of the tenant; its place in the thread.
pub(crate) async fn find_place(
    on: &mut impl Lend,
    tenant_id: &TenantId,
    conversation_id: &ConversationId,
    id: &MessageId,
) -> DbResult<Option<Place>> {
    let found = fetch_optional!(
        on,
        (Millis,),
        "SELECT provider_at FROM messages WHERE id = $1 AND tenant_id = $2 AND conversation_id = $3",
        id,
        tenant_id,
        conversation_id
    )?;
    Ok(found.map(|(at,)| Place { at, id: id.clone() }))
}

/// The plan the engine chooses for a page, for the test that proves the index.
#[cfg(feature = "testing")]
pub async fn explain_page(db: &Db, tenant_id: &TenantId, id: &ConversationId) -> DbResult<String> {
    crate::testing::explained!(
        db,
        *BEFORE,
        id,
        tenant_id,
        1_790_000_000_000_i64,
        "~",
        50_i64
    )
}
