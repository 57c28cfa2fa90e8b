// The one-statement form: everything about one message in one autocommitted statement, one round trip.
//
// The message goes first, so that a redelivery does nothing at all. A message that lost the race to open a contact or
// conversation would point at a conversation that does not exist: the foreign key refuses it, and we try once more.

const RECEIVE = {
  name: 'receive',
  text: `
    WITH known AS (
      SELECT c.id AS contact_id, v.id AS conversation_id
      FROM contacts c LEFT JOIN conversations v ON v.account_id = $1 AND v.contact_id = c.id
      WHERE c.tenant_id = $2 AND c.phone = $3
    ), message AS (
      INSERT INTO messages (account_id, conversation_id, wamid, direction, type, body, content, provider_at, received_at)
      VALUES ($1, coalesce((SELECT conversation_id FROM known), nextval('conversations_id_seq')),
              $5, 'in', $6, $7, $8, $9, $10)
      ON CONFLICT (account_id, wamid) DO NOTHING
      RETURNING id, conversation_id
    ), contact AS (
      INSERT INTO contacts (tenant_id, phone, name, messages_in, first_seen_at, last_seen_at)
      SELECT $2, $3, $4, 1, $10, $10 FROM message
      ON CONFLICT (tenant_id, phone) DO UPDATE SET
        name = coalesce(excluded.name, contacts.name), messages_in = contacts.messages_in + 1,
        last_seen_at = excluded.last_seen_at
      RETURNING id, name
    ), conversation AS (
      INSERT INTO conversations (id, account_id, contact_id, unread_count, message_count, last_message_at, last_text, created_at)
      SELECT message.conversation_id, $1, contact.id, 1, 1, $9, $7, $10 FROM message, contact
      ON CONFLICT (account_id, contact_id) DO UPDATE SET
        unread_count = conversations.unread_count + 1, message_count = conversations.message_count + 1,
        last_message_at = greatest(conversations.last_message_at, excluded.last_message_at), last_text = excluded.last_text
      RETURNING id, status, unread_count, message_count, created_at
    )
    SELECT message.id AS message_id, contact.id AS contact_id, contact.name AS contact_name,
           conversation.id AS conversation_id, status, unread_count, message_count, created_at
    FROM message, contact, conversation`,
};
const FOREIGN_KEY_VIOLATION = '23503';

export function receiver(pool) {
  return async (account, inbound) => {
    const values = [
      account.id, account.tenant_id, inbound.phone, inbound.name, inbound.wamid, inbound.type, inbound.body, inbound.content,
      inbound.providerAt, inbound.receivedAt,
    ];
    try {
      return (await pool.query({ ...RECEIVE, values })).rows[0];
    } catch (error) {
      if (error.code !== FOREIGN_KEY_VIOLATION) throw error;
      return (await pool.query({ ...RECEIVE, values })).rows[0];
    }
  };
}
