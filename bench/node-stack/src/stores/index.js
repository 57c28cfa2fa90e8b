// Picks the store for the engine and the form. Every store offers:
//   accounts() → [{ id, tenant_id, phone_number_id }]
//   receive(account, inbound) → the stored row, committed; undefined for a redelivery

import { readFileSync } from 'node:fs';

export const schemaOf = (engine) => readFileSync(new URL(`../schema/${engine}.sql`, import.meta.url), 'utf8');

export const phoneNumberIdOf = (number) => String(100_000_000_000_000 + number);

export async function openStore(config) {
  const engine = config.databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgres';
  const { open } = await import(`./${engine}.js`);
  const { receiver } = await import(`./${engine}-${config.form}.js`);
  return open(config, receiver);
}
