// The plain form: one transaction per message, a few awaited prepared statements on one pooled client.

const FIND = {
  name: 'find',
  text: `SELECT c.id AS contact_id, v.id AS conversation_id
         FROM contacts c LEFT JOIN conversations v ON v.account_id = $1 AND v.contact_id = c.id
         WHERE c.tenant_id = $2 AND c.phone = $3`,
};
const ADD_CONTACT = {
  name: 'add-contact',
  text: `INSERT INTO contacts (tenant_id, phone, name, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (tenant_id, phone) DO UPDATE SET last_seen_at = excluded.last_seen_at RETURNING id`,
};
const ADD_CONVERSATION = {
  name: 'add-conversation',
  text: `INSERT INTO conversations (account_id, contact_id, last_message_at, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account_id, contact_id) DO UPDATE SET last_message_at = excluded.last_message_at RETURNING id`,
};
const ADD_MESSAGE = {
  name: 'add-message',
  text: `INSERT INTO messages (account_id, conversation_id, wamid, direction, type, body, content, provider_at, received_at)
         VALUES ($1, $2, $3, 'in', $4, $5, $6, $7, $8)
         ON CONFLICT (account_id, wamid) DO NOTHING RETURNING id`,
};
const COUNT_CONTACT = {
  name: 'count-contact',
  text: `UPDATE contacts SET name = coalesce($2, name), messages_in = messages_in + 1, last_seen_at = $3
         WHERE id = $1 RETURNING name`,
};
const COUNT_CONVERSATION = {
  name: 'count-conversation',
  text: `UPDATE conversations SET unread_count = unread_count + 1, message_count = message_count + 1,
           last_message_at = greatest(last_message_at, $2), last_text = $3
         WHERE id = $1 RETURNING status, unread_count, message_count, created_at`,
};

export function receiver(pool) {
  return async (account, inbound) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const row = await receive(client, account, inbound);
      await client.query(row ? 'COMMIT' : 'ROLLBACK');
      return row;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
}

async function receive(client, account, inbound) {
  const first = async (statement, values) => (await client.query({ ...statement, values })).rows[0];
  const known = await first(FIND, [account.id, account.tenant_id, inbound.phone]);
  const contactId = known?.contact_id ?? (await first(ADD_CONTACT, [
    account.tenant_id, inbound.phone, inbound.name, inbound.receivedAt,
  ])).id;
  const conversationId = known?.conversation_id ?? (await first(ADD_CONVERSATION, [
    account.id, contactId, inbound.providerAt, inbound.receivedAt,
  ])).id;
  const message = await first(ADD_MESSAGE, [
    account.id, conversationId, inbound.wamid, inbound.type, inbound.body, inbound.content, inbound.providerAt, inbound.receivedAt,
  ]);
  if (!message) return undefined;
  const contact = await first(COUNT_CONTACT, [contactId, inbound.name, inbound.receivedAt]);
  const conversation = await first(COUNT_CONVERSATION, [conversationId, inbound.providerAt, inbound.body]);
  return {
    message_id: message.id, contact_id: contactId, contact_name: contact.name, conversation_id: conversationId, ...conversation,
  };
}
