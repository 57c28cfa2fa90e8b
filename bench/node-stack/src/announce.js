// What agents' screens get: the same information, in the same shape, as Hoopoe's `message:new`.

export function announcement(inbound, account, row) {
  const sender = {
    id: String(row.contact_id), name: row.contact_name ?? inbound.phone,
    name_source: row.contact_name ? 'profile' : 'number', phone: inbound.phone,
    username: null, is_group: false, avatar_url: null,
  };
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
