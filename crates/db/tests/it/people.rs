//! People, conversations and messages for tests, without the way that real ones come in.

use hoopoe_db::{
    Db, Id, contacts,
    event::Committed,
    ids::{AccountId, ContactId, ConversationId, GroupId, MessageId, TenantId},
    model::Contact,
    testing::{NOW, Seed, sql, texts},
};

/// Enters a contact by hand.
pub async fn person(db: &Db, tenant: &TenantId, name: &str, phone: &str) -> Contact {
    let mut tx = db.begin().await.unwrap();
    let new = contacts::New {
        name: name.to_owned(),
        phone: phone.to_owned(),
    };
    let contact = contacts::insert(&mut tx, tenant, &new, NOW).await.unwrap();
    tx.commit(NOW).await.unwrap();
    contact
}

/// Adds an id to a contact; without a group it gets one of its own.
pub async fn identity(
    db: &Db,
    tenant: &TenantId,
    contact: &ContactId,
    kind: &str,
    value: &str,
    group: Option<&GroupId>,
) -> GroupId {
    let group = group.cloned().unwrap_or_else(|| GroupId::new(NOW));
    sql(
        db,
        &format!(
            "INSERT INTO identities (tenant_id, kind, scope, value, contact_id, group_id, is_current, created_at)
             VALUES ('{tenant}', '{kind}', '', '{value}', '{contact}', '{group}', true, {NOW})"
        ),
    )
    .await;
    group
}

/// A contact known by a business-scoped id only, as WhatsApp sends it.
pub async fn stranger(db: &Db, tenant: &TenantId, name: &str, bsuid: &str) -> (ContactId, GroupId) {
    let id = ContactId::new(NOW);
    sql(
        db,
        &format!(
            "INSERT INTO contacts (id, tenant_id, name, name_source, profile_name, created_at, updated_at)
             VALUES ('{id}', '{tenant}', '{name}', 'profile', '{name}', {NOW}, {NOW})"
        ),
    )
    .await;
    let group = identity(db, tenant, &id, "bsuid", bsuid, None).await;
    (id, group)
}

/// The group of a contact's first id.
pub async fn group_of(db: &Db, contact: &ContactId) -> GroupId {
    let found = texts(
        db,
        &format!("SELECT group_id FROM identities WHERE contact_id = '{contact}' ORDER BY kind DESC LIMIT 1"),
    )
    .await;
    found[0].parse().unwrap()
}

/// A further account of the seed's tenant.
pub async fn account(db: &Db, seed: &Seed) -> AccountId {
    let id = AccountId::new(NOW);
    let tenant = &seed.tenant;
    sql(
        db,
        &format!(
            "INSERT INTO accounts (id, tenant_id, channel, name, color, phone_number_id, state, state_since, created_at)
             VALUES ('{id}', '{tenant}', 'cloud', 'Branch', '#112233', '{id}', 'connected', {NOW}, {NOW})"
        ),
    )
    .await;
    id
}

/// A conversation of a group of ids with an account.
pub async fn thread(
    db: &Db,
    tenant: &TenantId,
    account: &AccountId,
    contact: &ContactId,
    group: &GroupId,
    reply_kind: &str,
) -> ConversationId {
    let id = ConversationId::new(NOW);
    sql(
        db,
        &format!(
            "INSERT INTO conversations (id, tenant_id, account_id, contact_id, group_id, reply_kind, reply_value, last_message_at, created_at, updated_at)
             VALUES ('{id}', '{tenant}', '{account}', '{contact}', '{group}', '{reply_kind}', 'x', {NOW}, {NOW}, {NOW})"
        ),
    )
    .await;
    id
}

/// A message of the customer, counted as unread, `at` milliseconds after the seed's time.
pub async fn message(
    db: &Db,
    tenant: &TenantId,
    thread: &ConversationId,
    text: &str,
    at: i64,
) -> MessageId {
    let id = MessageId::new(NOW);
    let at = NOW + at;
    sql(
        db,
        &format!(
            "INSERT INTO messages (id, tenant_id, account_id, conversation_id, direction, source, type, text, content, provider_id, status,
               status_rank, provider_at, received_at)
             SELECT '{id}', '{tenant}', account_id, id, 'in', 'live', 'text', '{text}', '{{}}', '{id}', 'received', 100, {at}, {at}
             FROM conversations WHERE id = '{thread}'"
        ),
    )
    .await;
    sql(
        db,
        &format!(
            "UPDATE conversations SET unread_count = unread_count + 1, message_count = message_count + 1, last_message_id = '{id}',
               last_message_type = 'text', last_message_direction = 'in', last_message_text = '{text}', last_message_status = 'received',
               last_message_at = {at}, window_expires_at = {at} + 86400000 WHERE id = '{thread}'"
        ),
    )
    .await;
    sql(
        db,
        &format!(
            "UPDATE contacts SET messages_in = messages_in + 1, last_seen_at = {at}, first_seen_at = COALESCE(first_seen_at, {at})
             WHERE id = (SELECT contact_id FROM conversations WHERE id = '{thread}')"
        ),
    )
    .await;
    id
}

/// Names of events with the stream's kind, in order: `tenant contact:new`.
pub fn names(events: &[Committed]) -> Vec<String> {
    let name = |event: &Committed| {
        let stream = event.stream_id.split(':').next().unwrap_or_default();
        format!("{stream} {}", event.envelope.kind)
    };
    events.iter().map(name).collect()
}
