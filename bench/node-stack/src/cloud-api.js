// The webhook's JSON (WhatsApp Cloud API) → what we store. Nothing here touches the database.

/** Every inbound message of one POST, flattened. */
export function inboundMessages(payload) {
  const found = [];
  for (const entry of payload.entry ?? []) {
    for (const change of entry.changes ?? []) {
      if (change.field === 'messages') collect(change.value ?? {}, found);
    }
  }
  return found;
}

function collect(value, found) {
  const phoneNumberId = value.metadata?.phone_number_id;
  for (const message of value.messages ?? []) {
    const profile = value.contacts?.find((contact) => contact.wa_id === message.from)?.profile;
    found.push({
      phoneNumberId,
      phone: `+${message.from}`,
      name: profile?.name ?? null,
      wamid: message.id,
      type: message.type,
      body: message.text?.body ?? null,
      content: message.type === 'text' ? '{}' : JSON.stringify(message[message.type] ?? {}),
      providerAt: Number(message.timestamp) * 1000,
      receivedAt: Date.now(),
    });
  }
}
