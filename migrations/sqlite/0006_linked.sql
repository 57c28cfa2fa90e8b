-- Linked devices: what a companion of a phone has to keep, and what is known of it.

-- The companion's address ('15550001:3@s.whatsapp.net'): the account is linked while it has one.
ALTER TABLE accounts ADD COLUMN device_jid TEXT;
-- When WhatsApp was last heard of on the account's connection, be it by an answer to our own question.
ALTER TABLE accounts ADD COLUMN last_traffic_at BIGINT;

-- One link per phone and tenant: a second one takes the first one's place.
CREATE UNIQUE INDEX accounts_linked_phone ON accounts (tenant_id, phone) WHERE device_jid IS NOT NULL;
-- The accounts that nodes keep connected: few among the tenants' accounts, looked for again and again.
CREATE INDEX accounts_linked ON accounts (lease_until) WHERE device_jid IS NOT NULL;

-- The protocol's own memory (identity, sessions, keys), one row per thing.
CREATE TABLE linked_values (
  tenant_id TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,                     -- sealed to tenant, account, kind and name
  stamp BIGINT NOT NULL,                   -- by kind: when it was written or ends, in the protocol's own unit, or a number that only grows
  PRIMARY KEY (account_id, kind, name)
) WITHOUT ROWID;
