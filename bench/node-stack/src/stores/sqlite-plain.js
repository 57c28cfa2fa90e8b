// The plain form: one transaction per message, a few prepared statements.

export function receiver(db) {
  const find = db.prepare(
    `SELECT c.id AS contact_id, v.id AS conversation_id
     FROM contacts c LEFT JOIN conversations v ON v.account_id = ? AND v.contact_id = c.id
     WHERE c.tenant_id = ? AND c.phone = ?`,
  );
  const addContact = db.prepare(
    'INSERT INTO contacts (tenant_id, phone, name, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?) RETURNING id',
  );
  const addConversation = db.prepare(
    'INSERT INTO conversations (account_id, contact_id, last_message_at, created_at) VALUES (?, ?, ?, ?) RETURNING id',
  );
  const addMessage = db.prepare(
    `INSERT INTO messages (account_id, conversation_id, wamid, direction, type, body, content, provider_at, received_at)
     VALUES (?, ?, ?, 'in', ?, ?, ?, ?, ?)
     ON CONFLICT (account_id, wamid) DO NOTHING RETURNING id AS message_id`,
  );
  const countContact = db.prepare(
    `UPDATE contacts SET name = coalesce(?, name), messages_in = messages_in + 1, last_seen_at = ?
     WHERE id = ? RETURNING name AS contact_name`,
  );
  const countConversation = db.prepare(
    `UPDATE conversations SET unread_count = unread_count + 1, message_count = message_count + 1,
       last_message_at = max(last_message_at, ?), last_text = ?
     WHERE id = ? RETURNING id AS conversation_id, status, unread_count, message_count, created_at`,
  );

  const receive = db.transaction((account, inbound) => {
    const known = find.get(account.id, account.tenant_id, inbound.phone);
    const contactId = known?.contact_id
      ?? addContact.get(account.tenant_id, inbound.phone, inbound.name, inbound.receivedAt, inbound.receivedAt).id;
    const conversationId = known?.conversation_id
      ?? addConversation.get(account.id, contactId, inbound.providerAt, inbound.receivedAt).id;
    const message = addMessage.get(
      account.id, conversationId, inbound.wamid, inbound.type, inbound.body, inbound.content, inbound.providerAt, inbound.receivedAt,
    );
    if (!message) return undefined;
    return {
      ...message,
      contact_id: contactId,
      ...countContact.get(inbound.name, inbound.receivedAt, contactId),
      ...countConversation.get(inbound.providerAt, inbound.body, conversationId),
    };
  });
  return async (account, inbound) => receive.immediate(account, inbound);
}
