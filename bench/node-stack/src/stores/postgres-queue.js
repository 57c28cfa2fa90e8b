// What both forms share on PostgreSQL: finding conversations and messages, and the job queue.

const CONVERSATIONS = { name: 'conversations', text: 'SELECT id FROM conversations WHERE account_id = ANY ($1) ORDER BY id' };
const CONVERSATION = {
  name: 'conversation',
  text: `SELECT v.id AS conversation_id, v.account_id, c.id AS contact_id, c.name AS contact_name, c.phone
         FROM conversations v JOIN contacts c ON c.id = v.contact_id WHERE v.id = $1`,
};
const BY_CLIENT_ID = {
  name: 'by-client-id',
  text: `SELECT id AS message_id, account_id, conversation_id, client_id, author_id, status AS message_status, body, provider_at, sent_at
         FROM messages WHERE account_id = $1 AND client_id = $2`,
};
const CLAIM = {
  name: 'claim',
  text: `UPDATE jobs SET state = 'sending', attempt = attempt + 1, started_at = $2, leased_until = $3
         WHERE id IN (
           SELECT j.id FROM jobs j
           WHERE j.state = 'queued' AND j.run_at <= $2
             AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.conversation_id = j.conversation_id AND e.id < j.id)
           ORDER BY j.id LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id, message_id, account_id, conversation_id, recipient, body, attempt, started_at`,
};
const EXPIRE = {
  name: 'expire',
  text: `WITH gone AS (
           DELETE FROM jobs WHERE state = 'sending' AND leased_until < $1
           RETURNING message_id, account_id, conversation_id, attempt, started_at
         ), attempt AS (
           INSERT INTO attempts (message_id, number, started_at, ended_at, outcome)
           SELECT message_id, attempt, started_at, $1, 'unknown' FROM gone
         ), message AS (
           UPDATE messages SET status = 'unknown' FROM gone WHERE messages.id = gone.message_id
         )
         SELECT * FROM gone`,
};

export function queue(pool) {
  const rows = async (statement, values) => (await pool.query({ ...statement, values })).rows;
  return {
    conversations: (accountIds) => rows(CONVERSATIONS, [accountIds]),
    conversation: async (id) => (await rows(CONVERSATION, [id]))[0],
    byClientId: async (accountId, clientId) => (await rows(BY_CLIENT_ID, [accountId, clientId]))[0],
    claim: (most, now, leasedUntil) => rows(CLAIM, [most, now, leasedUntil]),
    expire: (now) => rows(EXPIRE, [now]),
  };
}
