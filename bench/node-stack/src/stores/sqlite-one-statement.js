// The one-statement form: one autocommitted INSERT into the view `inbound` writes everything (see schema/sqlite.sql),
// one indexed SELECT reads back what is announced.

export function receiver(db) {
  const insert = db.prepare(
    `INSERT INTO inbound (tenant_id, account_id, phone, name, wamid, type, body, content, provider_at, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const read = db.prepare(
    `SELECT m.id AS message_id, c.id AS contact_id, c.name AS contact_name, v.id AS conversation_id, v.status,
            v.unread_count, v.message_count, v.created_at
     FROM messages m JOIN conversations v ON v.id = m.conversation_id JOIN contacts c ON c.id = v.contact_id
     WHERE m.account_id = ? AND m.wamid = ?`,
  );
  const highest = db.prepare('SELECT max(id) FROM messages').pluck();
  let last = highest.get() ?? 0;

  return async (account, inbound) => {
    insert.run(
      account.tenant_id, account.id, inbound.phone, inbound.name, inbound.wamid, inbound.type, inbound.body, inbound.content,
      inbound.providerAt, inbound.receivedAt,
    );
    const row = read.get(account.id, inbound.wamid);
    // A redelivery inserts nothing: its row has an id we have seen before.
    if (row.message_id <= last) return undefined;
    last = row.message_id;
    return row;
  };
}
