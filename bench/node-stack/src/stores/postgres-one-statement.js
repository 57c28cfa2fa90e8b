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

// As with what comes in, the message goes first; the conversation's row is locked before the job gets its number.
const POST = {
  name: 'post',
  text: `
    WITH message AS (
      INSERT INTO messages (account_id, conversation_id, client_id, author_id, status, direction, type, body, content, provider_at, received_at)
      VALUES ($1, $2, $3, $4, 'sending', 'out', 'text', $5, '{}', $6, $6)
      ON CONFLICT (account_id, client_id) WHERE client_id IS NOT NULL DO NOTHING
      RETURNING id
    ), conversation AS (
      UPDATE conversations SET message_count = message_count + 1, last_message_at = greatest(last_message_at, $6), last_text = $5
      FROM message WHERE conversations.id = $2
      RETURNING message.id AS message_id, status, unread_count, message_count, created_at
    ), job AS (
      INSERT INTO jobs (message_id, account_id, conversation_id, recipient, body, run_at)
      SELECT message_id, $1, $2, $7, $5, $6 FROM conversation
    )
    SELECT * FROM conversation`,
};
const SETTLE = {
  name: 'settle',
  text: `
    WITH attempt AS (
      INSERT INTO attempts (message_id, number, started_at, ended_at, outcome, error) VALUES ($1, $2, $3, $4, $5, $6)
    ), message AS (
      UPDATE messages SET status = $7, wamid = $8, sent_at = $9, error = $6 WHERE id = $1
    ), later AS (
      UPDATE jobs SET state = 'queued', run_at = $11, leased_until = NULL WHERE id = $10 AND $11::bigint IS NOT NULL
    )
    DELETE FROM jobs WHERE id = $10 AND $11::bigint IS NULL`,
};

export function poster(pool) {
  return async (conversation, draft) => {
    const values = [
      conversation.account_id, conversation.conversation_id, draft.clientId, draft.authorId, draft.body, draft.at, conversation.phone,
    ];
    return (await pool.query({ ...POST, values })).rows[0];
  };
}

export function settler(pool) {
  return (job, result) => pool.query({
    ...SETTLE,
    values: [
      job.message_id, job.attempt, job.started_at, result.endedAt, result.outcome, result.error,
      result.status, result.wamid, result.sentAt, job.id, result.retryAt,
    ],
  });
}
