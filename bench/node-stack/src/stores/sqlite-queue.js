// SQLite: finding conversations and messages, accepting, and the job queue. There is one connection, so nothing has to be locked.

export function queue(db) {
  const one = db.prepare(
    `SELECT v.id AS conversation_id, v.account_id, c.id AS contact_id, c.name AS contact_name, c.phone
     FROM conversations v JOIN contacts c ON c.id = v.contact_id WHERE v.id = ?`,
  );
  const byClientId = db.prepare(
    `SELECT id AS message_id, account_id, conversation_id, client_id, author_id, status AS message_status, body, provider_at, sent_at
     FROM messages WHERE account_id = ? AND client_id = ?`,
  );
  const addMessage = db.prepare(
    `INSERT INTO messages (account_id, conversation_id, client_id, author_id, status, direction, type, body, content, provider_at, received_at)
     VALUES (?, ?, ?, ?, 'sending', 'out', 'text', ?, '{}', ?, ?)
     ON CONFLICT (account_id, client_id) WHERE client_id IS NOT NULL DO NOTHING RETURNING id AS message_id`,
  );
  const count = db.prepare(
    `UPDATE conversations SET message_count = message_count + 1, last_message_at = max(last_message_at, ?), last_text = ?
     WHERE id = ? RETURNING status, unread_count, message_count, created_at`,
  );
  const addJob = db.prepare(
    'INSERT INTO jobs (message_id, account_id, conversation_id, recipient, body, run_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const claim = db.prepare(
    `UPDATE jobs SET state = 'sending', attempt = attempt + 1, started_at = @now, leased_until = @leasedUntil
     WHERE id IN (
       SELECT j.id FROM jobs j
       WHERE j.state = 'queued' AND j.run_at <= @now
         AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.conversation_id = j.conversation_id AND e.id < j.id)
       ORDER BY j.id LIMIT @most)
     RETURNING id, message_id, account_id, conversation_id, recipient, body, attempt, started_at`,
  );
  const addAttempt = db.prepare(
    'INSERT INTO attempts (message_id, number, started_at, ended_at, outcome, error) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const mark = db.prepare('UPDATE messages SET status = ?, wamid = ?, sent_at = ?, error = ? WHERE id = ?');
  const dropJob = db.prepare('DELETE FROM jobs WHERE id = ?');
  const delayJob = db.prepare(`UPDATE jobs SET state = 'queued', run_at = ?, leased_until = NULL WHERE id = ?`);
  const expired = db.prepare(`SELECT * FROM jobs WHERE state = 'sending' AND leased_until < ?`);

  const post = db.transaction((conversation, draft) => {
    const { account_id: accountId, conversation_id: conversationId } = conversation;
    const message = addMessage.get(accountId, conversationId, draft.clientId, draft.authorId, draft.body, draft.at, draft.at);
    if (!message) return undefined;
    const counted = count.get(draft.at, draft.body, conversationId);
    addJob.run(message.message_id, accountId, conversationId, conversation.phone, draft.body, draft.at);
    return { ...message, ...counted };
  });
  const settle = db.transaction((job, result) => {
    addAttempt.run(job.message_id, job.attempt, job.started_at, result.endedAt, result.outcome, result.error);
    mark.run(result.status, result.wamid, result.sentAt, result.error, job.message_id);
    if (result.retryAt) delayJob.run(result.retryAt, job.id);
    else dropJob.run(job.id);
  });
  const expire = db.transaction((now) => {
    const gone = expired.all(now);
    for (const job of gone) {
      addAttempt.run(job.message_id, job.attempt, job.started_at, now, 'unknown', null);
      mark.run('unknown', null, null, null, job.message_id);
      dropJob.run(job.id);
    }
    return gone;
  });

  return {
    conversations: async (accountIds) => {
      const places = accountIds.map(() => '?').join(', ');
      return db.prepare(`SELECT id FROM conversations WHERE account_id IN (${places}) ORDER BY id`).all(...accountIds);
    },
    conversation: async (id) => one.get(id),
    byClientId: async (accountId, clientId) => byClientId.get(accountId, clientId),
    post: async (conversation, draft) => post.immediate(conversation, draft),
    claim: async (most, now, leasedUntil) => claim.all({ most, now, leasedUntil }),
    settle: async (job, result) => settle.immediate(job, result),
    expire: async (now) => expire.immediate(now),
  };
}
