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

const ADD_OWN_MESSAGE = {
  name: 'add-own-message',
  text: `INSERT INTO messages (account_id, conversation_id, client_id, author_id, status, direction, type, body, content, provider_at, received_at)
         VALUES ($1, $2, $3, $4, 'sending', 'out', 'text', $5, '{}', $6, $6)
         ON CONFLICT (account_id, client_id) WHERE client_id IS NOT NULL DO NOTHING RETURNING id`,
};
const COUNT_OWN = {
  name: 'count-own',
  text: `UPDATE conversations SET message_count = message_count + 1, last_message_at = greatest(last_message_at, $2), last_text = $3
         WHERE id = $1 RETURNING status, unread_count, message_count, created_at`,
};
const ADD_JOB = {
  name: 'add-job',
  text: `INSERT INTO jobs (message_id, account_id, conversation_id, recipient, body, run_at) VALUES ($1, $2, $3, $4, $5, $6)`,
};
const ADD_ATTEMPT = {
  name: 'add-attempt',
  text: `INSERT INTO attempts (message_id, number, started_at, ended_at, outcome, error) VALUES ($1, $2, $3, $4, $5, $6)`,
};
const MARK = { name: 'mark', text: 'UPDATE messages SET status = $2, wamid = $3, sent_at = $4, error = $5 WHERE id = $1' };
const DROP_JOB = { name: 'drop-job', text: 'DELETE FROM jobs WHERE id = $1' };
const DELAY_JOB = { name: 'delay-job', text: `UPDATE jobs SET state = 'queued', run_at = $2, leased_until = NULL WHERE id = $1` };

/** A form's step as a transaction on a pooled client; a step without a result leaves nothing behind. */
function transaction(pool, step) {
  return async (...given) => {
    const client = await pool.connect();
    const first = async (statement, values) => (await client.query({ ...statement, values })).rows[0];
    try {
      await client.query('BEGIN');
      const row = await step(first, ...given);
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

export const receiver = (pool) => transaction(pool, receive);
export const poster = (pool) => transaction(pool, post);
export const settler = (pool) => transaction(pool, settle);

// The conversation's row is locked before the job gets its number: so the numbers are in the order of the commits.
async function post(first, conversation, draft) {
  const { account_id: accountId, conversation_id: conversationId } = conversation;
  const message = await first(ADD_OWN_MESSAGE, [
    accountId, conversationId, draft.clientId, draft.authorId, draft.body, draft.at,
  ]);
  if (!message) return undefined;
  const counted = await first(COUNT_OWN, [conversationId, draft.at, draft.body]);
  await first(ADD_JOB, [message.id, accountId, conversationId, conversation.phone, draft.body, draft.at]);
  return { message_id: message.id, ...counted };
}

async function settle(first, job, result) {
  await first(ADD_ATTEMPT, [job.message_id, job.attempt, job.started_at, result.endedAt, result.outcome, result.error]);
  await first(MARK, [job.message_id, result.status, result.wamid, result.sentAt, result.error]);
  if (result.retryAt) await first(DELAY_JOB, [job.id, result.retryAt]);
  else await first(DROP_JOB, [job.id]);
  return true;
}

async function receive(first, account, inbound) {
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
