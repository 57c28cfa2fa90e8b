// Picks the store for the engine and the form. Every store offers:
//   accounts() → [{ id, tenant_id, phone_number_id }]
//   receive(account, inbound) → the stored row, committed; undefined for a redelivery
//   conversations(accountIds) → [{ id }]
//   conversation(id) → { conversation_id, account_id, contact_id, contact_name, phone }
//   post(conversation, draft) → the stored row with its job, committed; undefined where the client id is known
//   byClientId(accountId, clientId) → the row
//   claim(most, now, leasedUntil) → jobs that may be sent now, committed as under way: of a conversation the first only
//   settle(job, result) → committed: the attempt, what became of the message, the job gone or due later
//   expire(now) → jobs whose attempt nobody finished, settled as unknown

import { readFileSync } from 'node:fs';

export const schemaOf = (engine) => readFileSync(new URL(`../schema/${engine}.sql`, import.meta.url), 'utf8');

export const phoneNumberIdOf = (number) => String(100_000_000_000_000 + number);

export async function openStore(config) {
  const engine = config.databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgres';
  const { open } = await import(`./${engine}.js`);
  const form = await import(`./${engine}-${config.form}.js`);
  return open(config, form);
}
