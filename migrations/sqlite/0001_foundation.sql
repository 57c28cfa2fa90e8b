-- The foundation: who works here, which numbers are connected, who wrote, what was said, and what clients can be told of it.
-- Times are Unix milliseconds (UTC). Ids are prefixed and time-ordered. The two engines share this text but for the collation.
-- Tables of the hot path (contacts, identities, conversations, messages, events) carry no foreign keys: each would cost a look-up
-- and a row lock per message, and their rows are written by one function only (ingest), which has the parents in its hands.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  email TEXT NOT NULL UNIQUE,              -- lower case
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin','manager','agent')),
  locale TEXT NOT NULL DEFAULT 'en',
  password_hash TEXT NOT NULL,             -- Argon2id, PHC string; '' = no password login
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  auth_version BIGINT NOT NULL DEFAULT 0,  -- rises with role, password and disabled: older access tokens die at once
  created_at BIGINT NOT NULL
);
CREATE INDEX users_tenant ON users (tenant_id, id);

-- Refresh tokens, one row each; a family is one login. A token used twice revokes its family.
CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,             -- hex SHA-256
  family_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- One-time links: first set-up (no user yet) and login (printed in the operator's terminal).
CREATE TABLE one_time_links (
  token_hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('setup','login')),
  user_id TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

-- A Meta app: the secret that signs webhooks and the path they come to. One app serves many numbers.
CREATE TABLE meta_apps (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hook TEXT NOT NULL UNIQUE,               -- random part of the webhook's path
  app_secret TEXT NOT NULL,                -- sealed
  verify_token TEXT NOT NULL,              -- sealed
  portfolio_id TEXT,                       -- scope of BSUIDs; NULL = the WABA stands in
  created_at BIGINT NOT NULL
);
CREATE INDEX meta_apps_tenant ON meta_apps (tenant_id, id);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  channel TEXT NOT NULL CHECK (channel IN ('cloud','linked','simulator')),
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  phone TEXT,                              -- E.164
  phone_number_id TEXT,
  waba_id TEXT,
  meta_app_id TEXT REFERENCES meta_apps(id),
  access_token TEXT,                       -- sealed
  graph_url TEXT,                          -- only for the simulator; NULL = the configured Graph API
  state TEXT NOT NULL,
  state_reason TEXT,
  state_since BIGINT NOT NULL,
  last_inbound_at BIGINT,
  last_outbound_at BIGINT,
  claimed_by TEXT,
  claimed_at BIGINT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,                       -- a removed number keeps its row: connected again, it has its conversations back
  UNIQUE (tenant_id, phone_number_id)
);
CREATE INDEX accounts_tenant ON accounts (tenant_id, id);

CREATE TABLE account_members (
  account_id TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE INDEX account_members_user ON account_members (tenant_id, user_id, account_id);

CREATE TABLE contacts (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_source TEXT NOT NULL,               -- manual > profile > username > number
  profile_name TEXT,
  username TEXT,                           -- a label, never a key: usernames change hands
  phone TEXT,                              -- E.164, the current one
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  notes TEXT NOT NULL DEFAULT '',
  blocked BOOLEAN NOT NULL DEFAULT FALSE,
  first_seen_at BIGINT,
  last_seen_at BIGINT,
  -- Ten minutes: by slots the index changes rarely, and PostgreSQL can update the row in place (HOT).
  last_seen_slot BIGINT GENERATED ALWAYS AS (last_seen_at / 600000) STORED,
  messages_in BIGINT NOT NULL DEFAULT 0,
  messages_out BIGINT NOT NULL DEFAULT 0,
  merged_into TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX contacts_list ON contacts (tenant_id, last_seen_slot DESC) WHERE merged_into IS NULL;
CREATE INDEX contacts_unseen ON contacts (tenant_id, id DESC) WHERE last_seen_slot IS NULL AND merged_into IS NULL;
CREATE INDEX contacts_created ON contacts (tenant_id, created_at) WHERE merged_into IS NULL;
CREATE INDEX contacts_phone ON contacts (tenant_id, phone);

-- The ids by which a contact is known. Ids seen together in one signed payload share a group_id: one person, one thread per account.
CREATE TABLE identities (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,                      -- phone | bsuid | parent_bsuid | lid | group
  scope TEXT NOT NULL,                     -- '' for phones; the portfolio for BSUIDs
  value TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  is_current BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, kind, scope, value)
) WITHOUT ROWID;
CREATE INDEX identities_contact ON identities (contact_id);
CREATE INDEX identities_group ON identities (group_id);

-- Words by which a contact is found: parts of names, digits of numbers forwards and backwards ('~' in front). Searched by prefix.
CREATE TABLE contact_terms (
  tenant_id TEXT NOT NULL,
  term TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, term, contact_id)
) WITHOUT ROWID;
CREATE INDEX contact_terms_contact ON contact_terms (contact_id);

CREATE TABLE contact_merges (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  survivor_id TEXT NOT NULL,
  merged_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('automatic','manual')),
  reason TEXT NOT NULL,
  actor_id TEXT,
  moved TEXT NOT NULL,                     -- JSON: what was moved, so that it can be moved back
  created_at BIGINT NOT NULL,
  undone_at BIGINT
);
CREATE INDEX contact_merges_survivor ON contact_merges (tenant_id, survivor_id, id);
CREATE INDEX contact_merges_merged ON contact_merges (tenant_id, merged_id, id);

CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  group_id TEXT NOT NULL,                  -- the identity group it belongs to
  reply_kind TEXT NOT NULL,
  reply_value TEXT NOT NULL,
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  status TEXT NOT NULL DEFAULT 'open',
  snoozed_until BIGINT,
  assignee_id TEXT,
  team_id TEXT,
  unread_count BIGINT NOT NULL DEFAULT 0,
  message_count BIGINT NOT NULL DEFAULT 0,
  window_expires_at BIGINT,
  last_message_id TEXT,
  last_message_type TEXT,
  last_message_direction TEXT,
  last_message_text TEXT,
  last_message_status TEXT,
  last_message_at BIGINT NOT NULL,
  last_message_slot BIGINT NOT NULL GENERATED ALWAYS AS (last_message_at / 600000) STORED, -- as in contacts
  version BIGINT NOT NULL DEFAULT 1,
  merged_into TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (group_id, account_id)            -- in this order: a person has few conversations, an account very many
);
CREATE INDEX conversations_list ON conversations (tenant_id, status, last_message_slot DESC) WHERE merged_into IS NULL;
CREATE INDEX conversations_assignee ON conversations (tenant_id, assignee_id, status, last_message_slot DESC) WHERE assignee_id IS NOT NULL AND merged_into IS NULL;
CREATE INDEX conversations_contact ON conversations (contact_id);
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE TABLE messages (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  direction TEXT NOT NULL,                 -- in | out
  source TEXT NOT NULL,                    -- live | echo | history | api
  type TEXT NOT NULL,
  text TEXT,
  content TEXT NOT NULL,                   -- JSON by type
  provider_id TEXT,                        -- wamid
  client_id TEXT,
  sender_contact_id TEXT,                  -- participant of a group
  author_id TEXT,                          -- our user
  quoted_provider_id TEXT,
  quoted TEXT,                             -- JSON: the preview of the quoted message as it was found
  reactions TEXT,                          -- JSON
  media_id TEXT,
  status TEXT NOT NULL,
  status_rank BIGINT NOT NULL,
  sent_at BIGINT,
  delivered_at BIGINT,
  read_at BIGINT,
  played_at BIGINT,
  failed_at BIGINT,
  error TEXT,                              -- JSON
  provider_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  late BOOLEAN NOT NULL DEFAULT FALSE,
  forwarded BOOLEAN NOT NULL DEFAULT FALSE,
  edited_at BIGINT,
  deleted_at BIGINT,
  merged_from TEXT,                        -- the conversation it came from, when conversations were merged
  UNIQUE (account_id, provider_id)
);
CREATE UNIQUE INDEX messages_client ON messages (account_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_thread ON messages (conversation_id, provider_at, id);
CREATE INDEX messages_merged ON messages (merged_from) WHERE merged_from IS NOT NULL;

-- Statuses, edits and reactions whose message is not here yet: applied when it comes, pruned by age.
CREATE TABLE parked_updates (
  account_id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  kind TEXT NOT NULL,                      -- status:sent … | reaction:<actor> | edit | revoke
  tenant_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  detail TEXT,                             -- JSON
  received_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, provider_id, kind)
);
CREATE INDEX parked_updates_age ON parked_updates (received_at);

-- Media and the job that fetches it are one row.
CREATE TABLE media (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  provider_media_id TEXT,
  state TEXT NOT NULL,                     -- pending | ready | failed
  failure TEXT,
  mime TEXT NOT NULL,
  size BIGINT,
  sha256 TEXT,                             -- hex, as the provider told it until fetched, then as measured
  filename TEXT,
  width BIGINT,
  height BIGINT,
  duration_ms BIGINT,
  object_key TEXT,
  thumbnail_key TEXT,
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,                  -- NULL = nothing to do
  claimed_by TEXT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX media_due ON media (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  meta_app_id TEXT,
  account_id TEXT,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  raw TEXT NOT NULL,
  fingerprint TEXT NOT NULL,               -- hex SHA-256 of raw: a redelivery is the same letter
  state TEXT NOT NULL DEFAULT 'open',
  attempts BIGINT NOT NULL DEFAULT 0,
  received_at BIGINT NOT NULL,
  resolved_at BIGINT,
  UNIQUE (tenant_id, fingerprint)
);
CREATE INDEX dead_letters_list ON dead_letters (tenant_id, state, id DESC);

-- Numbered streams (one per tenant, account and user) and the log of their events.
CREATE TABLE streams (
  id TEXT PRIMARY KEY,                     -- tenant:ten_… | account:acc_… | user:usr_…
  tenant_id TEXT NOT NULL,
  head BIGINT NOT NULL                     -- number of the last event
);
CREATE INDEX streams_tenant ON streams (tenant_id, id);

CREATE TABLE events (
  stream_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  at BIGINT NOT NULL,
  data TEXT NOT NULL,                      -- JSON
  PRIMARY KEY (stream_id, seq)
) WITHOUT ROWID;

-- Presence over all nodes: one row per open connection, with expiry.
CREATE TABLE presence (
  connection_id TEXT PRIMARY KEY,
  node_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX presence_tenant ON presence (tenant_id, user_id);
