CREATE TABLE IF NOT EXISTS tenants (
  id   integer PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE IF NOT EXISTS accounts (
  id              integer PRIMARY KEY,
  tenant_id       integer NOT NULL REFERENCES tenants (id),
  phone_number_id text NOT NULL UNIQUE,
  name            text NOT NULL
);

CREATE TABLE IF NOT EXISTS contacts (
  id            integer PRIMARY KEY,
  tenant_id     integer NOT NULL REFERENCES tenants (id),
  phone         text NOT NULL,
  name          text,
  messages_in   integer NOT NULL DEFAULT 0,
  first_seen_at integer NOT NULL,
  last_seen_at  integer NOT NULL,
  UNIQUE (tenant_id, phone)
);

CREATE TABLE IF NOT EXISTS conversations (
  id              integer PRIMARY KEY,
  account_id      integer NOT NULL REFERENCES accounts (id),
  contact_id      integer NOT NULL REFERENCES contacts (id),
  status          text NOT NULL DEFAULT 'open',
  unread_count    integer NOT NULL DEFAULT 0,
  message_count   integer NOT NULL DEFAULT 0,
  last_message_at integer NOT NULL,
  last_text       text,
  created_at      integer NOT NULL,
  UNIQUE (account_id, contact_id)
);
CREATE INDEX IF NOT EXISTS conversations_list ON conversations (account_id, last_message_at DESC, id);

CREATE TABLE IF NOT EXISTS messages (
  id              integer PRIMARY KEY,
  account_id      integer NOT NULL REFERENCES accounts (id),
  conversation_id integer NOT NULL REFERENCES conversations (id),
  wamid           text,                 -- of a message of ours: once the provider has taken it
  client_id       text,                 -- of a message of ours
  status          text,                 -- of a message of ours: sending | sent | failed | unknown
  author_id       text,
  direction       text NOT NULL,
  type            text NOT NULL,
  body            text,
  content         text NOT NULL,
  provider_at     integer NOT NULL,
  received_at     integer NOT NULL,
  sent_at         integer,
  error           text,
  UNIQUE (account_id, wamid)
);
CREATE INDEX IF NOT EXISTS messages_thread ON messages (conversation_id, provider_at, id);
CREATE UNIQUE INDEX IF NOT EXISTS messages_client ON messages (account_id, client_id) WHERE client_id IS NOT NULL;

-- What is to be sent; a row goes when it is done. Of a conversation only the first may be claimed.
CREATE TABLE IF NOT EXISTS jobs (
  id              integer PRIMARY KEY AUTOINCREMENT,
  message_id      integer NOT NULL REFERENCES messages (id),
  account_id      integer NOT NULL REFERENCES accounts (id),
  conversation_id integer NOT NULL REFERENCES conversations (id),
  recipient       text NOT NULL,
  body            text NOT NULL,
  state           text NOT NULL DEFAULT 'queued',   -- queued | sending
  attempt         integer NOT NULL DEFAULT 0,
  run_at          integer NOT NULL,
  started_at      integer,
  leased_until    integer
);
CREATE INDEX IF NOT EXISTS jobs_queued ON jobs (id) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS jobs_order ON jobs (conversation_id, id);
CREATE INDEX IF NOT EXISTS jobs_leases ON jobs (leased_until) WHERE state = 'sending';

CREATE TABLE IF NOT EXISTS attempts (
  message_id integer NOT NULL REFERENCES messages (id),
  number     integer NOT NULL,
  started_at integer NOT NULL,
  ended_at   integer NOT NULL,
  outcome    text NOT NULL,                        -- accepted | refused | unknown
  error      text,
  PRIMARY KEY (message_id, number)
) WITHOUT ROWID;

-- The one-statement form: SQLite has no data-modifying CTE, so a single INSERT into this view does all the work.
CREATE VIEW IF NOT EXISTS inbound AS
  SELECT 0 AS tenant_id, 0 AS account_id, '' AS phone, '' AS name, '' AS wamid, '' AS type, '' AS body, '' AS content,
         0 AS provider_at, 0 AS received_at;

CREATE TRIGGER IF NOT EXISTS inbound_insert INSTEAD OF INSERT ON inbound
WHEN NOT EXISTS (SELECT 1 FROM messages WHERE account_id = NEW.account_id AND wamid = NEW.wamid)
BEGIN
  INSERT INTO contacts (tenant_id, phone, name, messages_in, first_seen_at, last_seen_at)
  VALUES (NEW.tenant_id, NEW.phone, NEW.name, 1, NEW.received_at, NEW.received_at)
  ON CONFLICT (tenant_id, phone) DO UPDATE SET
    name = coalesce(excluded.name, name), messages_in = messages_in + 1, last_seen_at = excluded.last_seen_at;

  INSERT INTO conversations (account_id, contact_id, unread_count, message_count, last_message_at, last_text, created_at)
  SELECT NEW.account_id, id, 1, 1, NEW.provider_at, NEW.body, NEW.received_at
  FROM contacts WHERE tenant_id = NEW.tenant_id AND phone = NEW.phone
  ON CONFLICT (account_id, contact_id) DO UPDATE SET
    unread_count = unread_count + 1, message_count = message_count + 1,
    last_message_at = max(last_message_at, excluded.last_message_at), last_text = excluded.last_text;

  INSERT INTO messages (account_id, conversation_id, wamid, direction, type, body, content, provider_at, received_at)
  SELECT NEW.account_id, v.id, NEW.wamid, 'in', NEW.type, NEW.body, NEW.content, NEW.provider_at, NEW.received_at
  FROM contacts c JOIN conversations v ON v.account_id = NEW.account_id AND v.contact_id = c.id
  WHERE c.tenant_id = NEW.tenant_id AND c.phone = NEW.phone;
END;
