-- Sending: what is to go out and what became of every attempt; files that wait to be sent, templates, saved replies, drafts.

ALTER TABLE messages ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN send_at BIGINT;   -- scheduled for; NULL = at once

ALTER TABLE accounts ADD COLUMN send_read_receipts BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE accounts ADD COLUMN send_typing BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE accounts ADD COLUMN enforce_window BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE accounts ADD COLUMN rate_per_second BIGINT NOT NULL DEFAULT 80;

-- One row per message of ours, written in the transaction that accepts it. due_at says when it calls for attention and is NULL once
-- nothing is left to do: queued = may be attempted, preparing and sending = the lease ends, waiting = the outcome is given up.
CREATE TABLE outbox (
  message_id TEXT COLLATE "C" PRIMARY KEY,             -- of a reaction: an id of its own, without a row in messages
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  conversation_id TEXT COLLATE "C" NOT NULL,           -- as it was accepted for: its reply address is where it goes
  target_id TEXT COLLATE "C",                          -- the message that a reaction is for
  client_id TEXT COLLATE "C",                          -- of reactions; messages keep their own
  payload TEXT COLLATE "C" NOT NULL,                   -- JSON: what is to be sent
  media_id TEXT COLLATE "C",                           -- the file that has to be at the provider before
  state TEXT COLLATE "C" NOT NULL,                     -- queued | preparing | sending | waiting | done
  order_at BIGINT NOT NULL,                -- place in its conversation: when it was accepted, or is scheduled for
  due_at BIGINT,
  attempt BIGINT NOT NULL DEFAULT 0,       -- number of the last attempt that began; proves the lease and names the callback
  tries BIGINT NOT NULL DEFAULT 0,         -- attempts that were refused because of the message itself; a retry by hand begins anew
  started_at BIGINT,                       -- when that attempt began
  claimed_by TEXT COLLATE "C",
  held BOOLEAN NOT NULL DEFAULT FALSE,     -- it waits because the provider or the account failed, not because of itself
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (account_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_sweep ON outbox (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_order ON outbox (conversation_id, order_at, message_id) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_age ON outbox (created_at) WHERE due_at IS NULL;
CREATE UNIQUE INDEX outbox_client ON outbox (account_id, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE outbox_attempts (
  message_id TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,                   -- accepted | refused | unknown | abandoned
  code BIGINT,
  title TEXT COLLATE "C",
  detail TEXT COLLATE "C",
  retry_at BIGINT,
  PRIMARY KEY (message_id, number)
);

-- Files that an agent has put in, until they are sent. The bytes lie in the media store under object_key.
CREATE TABLE uploads (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  conversation_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,                      -- image | video | audio | voice | document | sticker
  mime TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  filename TEXT COLLATE "C",
  width BIGINT,
  height BIGINT,
  duration_ms BIGINT,
  sha256 TEXT COLLATE "C" NOT NULL,
  object_key TEXT COLLATE "C" NOT NULL,
  thumbnail_key TEXT COLLATE "C",
  created_at BIGINT NOT NULL
);
CREATE INDEX uploads_age ON uploads (created_at);

-- Files that the provider has already: the same content need not go up twice within its 30 days.
CREATE TABLE provider_media (
  account_id TEXT COLLATE "C" NOT NULL,
  sha256 TEXT COLLATE "C" NOT NULL,
  mime TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  provider_media_id TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, sha256, mime)
);
CREATE INDEX provider_media_age ON provider_media (expires_at);

CREATE TABLE templates (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  waba_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  category TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  quality TEXT COLLATE "C",
  parameter_format TEXT COLLATE "C" NOT NULL,          -- positional | named
  components TEXT COLLATE "C" NOT NULL,                -- JSON, as the provider gives them
  rejected_reason TEXT COLLATE "C",
  updated_at BIGINT NOT NULL,
  UNIQUE (tenant_id, waba_id, provider_id)
);
CREATE INDEX templates_list ON templates (tenant_id, waba_id, name, language);

CREATE TABLE saved_replies (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  shortcut TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (tenant_id, shortcut)
);

CREATE TABLE drafts (
  user_id TEXT COLLATE "C" NOT NULL,
  conversation_id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  quote_id TEXT COLLATE "C",
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, conversation_id)
);
