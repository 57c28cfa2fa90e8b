// What agents' screens get: the same information, in the same shape, as Hoopoe's `message:new` and `message:status`.

const contactOf = (row, phone) => ({
  id: String(row.contact_id), name: row.contact_name ?? phone, name_source: row.contact_name ? 'profile' : 'number', phone,
  username: null, is_group: false, avatar_url: null,
});

export function announcement(inbound, account, row) {
  const sender = contactOf(row, inbound.phone);
  return {
    message: {
      id: String(row.message_id), account_id: String(account.id), conversation_id: String(row.conversation_id),
      direction: 'in', type: inbound.type, text: inbound.body, content: {}, sender: null, author_id: null,
      client_id: null, quoted: null, reactions: [], media: null, status: 'received', error: null,
      sent_at: null, delivered_at: null, read_at: null, failed_at: null, provider_at: inbound.providerAt,
      received_at: inbound.receivedAt, late: false, forwarded: false, edited_at: null, deleted_at: null, source: 'live',
    },
    conversation: {
      id: String(row.conversation_id), account_id: String(account.id), contact: sender,
      reply_to: { kind: 'phone', value: inbound.phone }, is_group: false, status: row.status, snoozed_until: null,
      assignee_id: null, team_id: null, unread_count: Number(row.unread_count),
      message_count: Number(row.message_count), window_expires_at: inbound.providerAt + 86_400_000,
      last_message: {
        id: String(row.message_id), type: inbound.type, direction: 'in',
        text: (inbound.body ?? '').slice(0, 160), status: null, at: inbound.providerAt,
      },
      created_at: Number(row.created_at), updated_at: inbound.receivedAt, version: Number(row.message_count),
    },
  };
}

/** A message of ours, as the API answers and as it is announced. */
export const messageOf = (row) => ({
  id: String(row.message_id), account_id: String(row.account_id), conversation_id: String(row.conversation_id),
  direction: 'out', type: 'text', text: row.body, content: {}, sender: null, author_id: row.author_id,
  client_id: row.client_id, quoted: null, reactions: [], media: null, status: row.message_status, error: null,
  sent_at: row.sent_at, delivered_at: null, read_at: null, failed_at: null, provider_at: Number(row.provider_at),
  received_at: Number(row.provider_at), late: false, forwarded: false, edited_at: null, deleted_at: null, source: 'api',
  send_at: null, attempts: 0,
});

/** `message:new` of a message of ours. */
export function posted(row) {
  const at = Number(row.provider_at);
  return {
    message: messageOf(row),
    conversation: {
      id: String(row.conversation_id), account_id: String(row.account_id), contact: contactOf(row, row.phone),
      reply_to: { kind: 'phone', value: row.phone }, is_group: false, status: row.status, snoozed_until: null,
      assignee_id: null, team_id: null, unread_count: Number(row.unread_count),
      message_count: Number(row.message_count), window_expires_at: at + 86_400_000,
      last_message: {
        id: String(row.message_id), type: 'text', direction: 'out', text: row.body.slice(0, 160), status: row.message_status, at,
      },
      last_message_at: at, created_at: Number(row.created_at), updated_at: at, version: Number(row.message_count),
    },
  };
}

/** `message:status` */
export const statusOf = (job, result) => ({
  message_id: String(job.message_id), conversation_id: String(job.conversation_id), status: result.status, at: result.endedAt,
  error: result.error ? { code: 0, title: '', detail: result.error } : null, attempts: Number(job.attempt), send_at: null,
});
