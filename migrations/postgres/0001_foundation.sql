-- The foundation: who works here, which numbers are connected, who wrote, what was said, and what clients can be told of it.
-- Times are Unix milliseconds (UTC). Ids are prefixed and time-ordered. The two engines share this text but for the collation.
-- Tables of the hot path (contacts, identities, conversations, messages, events) carry no foreign keys: each would cost a look-up
-- and a row lock per message, and their rows are written by one function only (ingest), which has the parents in its hands.

CREATE TABLE tenants (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE users (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  email TEXT COLLATE "C" NOT NULL UNIQUE,              -- lower case
  name TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL CHECK (role IN ('admin','manager','agent')),
  locale TEXT COLLATE "C" NOT NULL DEFAULT 'en',
  password_hash TEXT COLLATE "C" NOT NULL,             -- Argon2id, PHC string; '' = no password login
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  auth_version BIGINT NOT NULL DEFAULT 0,  -- rises with role, password and disabled: older access tokens die at once
  created_at BIGINT NOT NULL
);
CREATE INDEX users_tenant ON users (tenant_id, id);

-- Refresh tokens, one row each; a family is one login. A token used twice revokes its family.
CREATE TABLE refresh_tokens (
  token_hash TEXT COLLATE "C" PRIMARY KEY,             -- hex SHA-256
  family_id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- One-time links: first set-up (no user yet) and login (printed in the operator's terminal).
CREATE TABLE one_time_links (
  token_hash TEXT COLLATE "C" PRIMARY KEY,
  purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('setup','login')),
  user_id TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

-- A Meta app: the secret that signs webhooks and the path they come to. One app serves many numbers.
CREATE TABLE meta_apps (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  name TEXT COLLATE "C" NOT NULL,
  hook TEXT COLLATE "C" NOT NULL UNIQUE,               -- random part of the webhook's path
  app_secret TEXT COLLATE "C" NOT NULL,                -- sealed
  verify_token TEXT COLLATE "C" NOT NULL,              -- sealed
  portfolio_id TEXT COLLATE "C",                       -- scope of BSUIDs; NULL = the WABA stands in
  created_at BIGINT NOT NULL
);
CREATE INDEX meta_apps_tenant ON meta_apps (tenant_id, id);

CREATE TABLE accounts (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
  channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('cloud','linked','simulator')),
  name TEXT COLLATE "C" NOT NULL,
  color TEXT COLLATE "C" NOT NULL,
  phone TEXT COLLATE "C",                              -- E.164
  phone_number_id TEXT COLLATE "C",
  waba_id TEXT COLLATE "C",
  meta_app_id TEXT COLLATE "C" REFERENCES meta_apps(id),
  access_token TEXT COLLATE "C",                       -- sealed
  graph_url TEXT COLLATE "C",                          -- only for the simulator; NULL = the configured Graph API
  state TEXT COLLATE "C" NOT NULL,
  state_reason TEXT COLLATE "C",
  state_since BIGINT NOT NULL,
  last_inbound_at BIGINT,
  last_outbound_at BIGINT,
  claimed_by TEXT COLLATE "C",
  claimed_at BIGINT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,                       -- a removed number keeps its row: connected again, it has its conversations back
  UNIQUE (tenant_id, phone_number_id)
);
CREATE INDEX accounts_tenant ON accounts (tenant_id, id);

CREATE TABLE account_members (
  account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  user_id TEXT COLLATE "C" NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  tenant_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE INDEX account_members_user ON account_members (tenant_id, user_id, account_id);

CREATE TABLE contacts (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_source TEXT COLLATE "C" NOT NULL,               -- manual > profile > username > number
  profile_name TEXT COLLATE "C",
  username TEXT COLLATE "C",                           -- a label, never a key: usernames change hands
  phone TEXT COLLATE "C",                              -- E.164, the current one
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  notes TEXT COLLATE "C" NOT NULL DEFAULT '',
  blocked BOOLEAN NOT NULL DEFAULT FALSE,
  first_seen_at BIGINT,
  last_seen_at BIGINT,
  -- Ten minutes: by slots the index changes rarely, and PostgreSQL can update the row in place (HOT).
  last_seen_slot BIGINT GENERATED ALWAYS AS (last_seen_at / 600000) STORED,
  messages_in BIGINT NOT NULL DEFAULT 0,
  messages_out BIGINT NOT NULL DEFAULT 0,
  merged_into TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX contacts_list ON contacts (tenant_id, last_seen_slot DESC) WHERE merged_into IS NULL;
CREATE INDEX contacts_unseen ON contacts (tenant_id, id DESC) WHERE last_seen_slot IS NULL AND merged_into IS NULL;
CREATE INDEX contacts_created ON contacts (tenant_id, created_at) WHERE merged_into IS NULL;
CREATE INDEX contacts_phone ON contacts (tenant_id, phone);

-- The ids by which a contact is known. Ids seen together in one signed payload share a group_id: one person, one thread per account.
CREATE TABLE identities (
  tenant_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,                      -- phone | bsuid | parent_bsuid | lid | group
  scope TEXT COLLATE "C" NOT NULL,                     -- '' for phones; the portfolio for BSUIDs
  value TEXT COLLATE "C" NOT NULL,
  contact_id TEXT COLLATE "C" NOT NULL,
  group_id TEXT COLLATE "C" NOT NULL,
  is_current BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, kind, scope, value)
);
CREATE INDEX identities_contact ON identities (contact_id);
CREATE INDEX identities_group ON identities (group_id);

-- Words by which a contact is found: parts of names, digits of numbers forwards and backwards ('~' in front). Searched by prefix.
CREATE TABLE contact_terms (
  tenant_id TEXT COLLATE "C" NOT NULL,
  term TEXT COLLATE "C" NOT NULL,
  contact_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, term, contact_id)
);
CREATE INDEX contact_terms_contact ON contact_terms (contact_id);

CREATE TABLE contact_merges (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  survivor_id TEXT COLLATE "C" NOT NULL,
  merged_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('automatic','manual')),
  reason TEXT COLLATE "C" NOT NULL,
  actor_id TEXT COLLATE "C",
  moved TEXT COLLATE "C" NOT NULL,                     -- JSON: what was moved, so that it can be moved back
  created_at BIGINT NOT NULL,
  undone_at BIGINT
);
CREATE INDEX contact_merges_survivor ON contact_merges (tenant_id, survivor_id, id);
CREATE INDEX contact_merges_merged ON contact_merges (tenant_id, merged_id, id);

CREATE TABLE conversations (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  contact_id TEXT COLLATE "C" NOT NULL,
  group_id TEXT COLLATE "C" NOT NULL,                  -- the identity group it belongs to
  reply_kind TEXT COLLATE "C" NOT NULL,
  reply_value TEXT COLLATE "C" NOT NULL,
  is_group BOOLEAN NOT NULL DEFAULT FALSE,
  status TEXT COLLATE "C" NOT NULL DEFAULT 'open',
  snoozed_until BIGINT,
  assignee_id TEXT COLLATE "C",
  team_id TEXT COLLATE "C",
  unread_count BIGINT NOT NULL DEFAULT 0,
  message_count BIGINT NOT NULL DEFAULT 0,
  window_expires_at BIGINT,
  last_message_id TEXT COLLATE "C",
  last_message_type TEXT COLLATE "C",
  last_message_direction TEXT COLLATE "C",
  last_message_text TEXT COLLATE "C",
  last_message_status TEXT COLLATE "C",
  last_message_at BIGINT NOT NULL,
  last_message_slot BIGINT NOT NULL GENERATED ALWAYS AS (last_message_at / 600000) STORED, -- as in contacts
  version BIGINT NOT NULL DEFAULT 1,
  merged_into TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (group_id, account_id)            -- in this order: a person has few conversations, an account very many
) WITH (fillfactor = 70);
CREATE INDEX conversations_list ON conversations (tenant_id, status, last_message_slot DESC) WHERE merged_into IS NULL;
CREATE INDEX conversations_assignee ON conversations (tenant_id, assignee_id, status, last_message_slot DESC) WHERE assignee_id IS NOT NULL AND merged_into IS NULL;
CREATE INDEX conversations_contact ON conversations (contact_id);
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE TABLE messages (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  conversation_id TEXT COLLATE "C" NOT NULL,
  direction TEXT COLLATE "C" NOT NULL,                 -- in | out
  source TEXT COLLATE "C" NOT NULL,                    -- live | echo | history | api
  type TEXT COLLATE "C" NOT NULL,
  text TEXT COLLATE "C",
  content TEXT COLLATE "C" NOT NULL,                   -- JSON by type
  provider_id TEXT COLLATE "C",                        -- wamid
  client_id TEXT COLLATE "C",
  sender_contact_id TEXT COLLATE "C",                  -- participant of a group
  author_id TEXT COLLATE "C",                          -- our user
  quoted_provider_id TEXT COLLATE "C",
  quoted TEXT COLLATE "C",                             -- JSON: the preview of the quoted message as it was found
  reactions TEXT COLLATE "C",                          -- JSON
  media_id TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  status_rank BIGINT NOT NULL,
  sent_at BIGINT,
  delivered_at BIGINT,
  read_at BIGINT,
  played_at BIGINT,
  failed_at BIGINT,
  error TEXT COLLATE "C",                              -- JSON
  provider_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  late BOOLEAN NOT NULL DEFAULT FALSE,
  forwarded BOOLEAN NOT NULL DEFAULT FALSE,
  edited_at BIGINT,
  deleted_at BIGINT,
  merged_from TEXT COLLATE "C",                        -- the conversation it came from, when conversations were merged
  UNIQUE (account_id, provider_id)
);
CREATE UNIQUE INDEX messages_client ON messages (account_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_thread ON messages (conversation_id, provider_at, id);
CREATE INDEX messages_merged ON messages (merged_from) WHERE merged_from IS NOT NULL;

-- Statuses, edits and reactions whose message is not here yet: applied when it comes, pruned by age.
CREATE TABLE parked_updates (
  account_id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,                      -- status:sent … | reaction:<actor> | edit | revoke
  tenant_id TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  detail TEXT COLLATE "C",                             -- JSON
  received_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, provider_id, kind)
);
CREATE INDEX parked_updates_age ON parked_updates (received_at);

-- Media and the job that fetches it are one row.
CREATE TABLE media (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  conversation_id TEXT COLLATE "C" NOT NULL,
  message_id TEXT COLLATE "C" NOT NULL,
  provider_media_id TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,                     -- pending | ready | failed
  failure TEXT COLLATE "C",
  mime TEXT COLLATE "C" NOT NULL,
  size BIGINT,
  sha256 TEXT COLLATE "C",                             -- hex, as the provider told it until fetched, then as measured
  filename TEXT COLLATE "C",
  width BIGINT,
  height BIGINT,
  duration_ms BIGINT,
  object_key TEXT COLLATE "C",
  thumbnail_key TEXT COLLATE "C",
  attempts BIGINT NOT NULL DEFAULT 0,
  next_attempt_at BIGINT,                  -- NULL = nothing to do
  claimed_by TEXT COLLATE "C",
  lease_until BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX media_due ON media (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE dead_letters (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  meta_app_id TEXT COLLATE "C",
  account_id TEXT COLLATE "C",
  source TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  raw TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,               -- hex SHA-256 of raw: a redelivery is the same letter
  state TEXT COLLATE "C" NOT NULL DEFAULT 'open',
  attempts BIGINT NOT NULL DEFAULT 0,
  received_at BIGINT NOT NULL,
  resolved_at BIGINT,
  UNIQUE (tenant_id, fingerprint)
);
CREATE INDEX dead_letters_list ON dead_letters (tenant_id, state, id DESC);

-- Numbered streams (one per tenant, account and user) and the log of their events.
CREATE TABLE streams (
  id TEXT COLLATE "C" PRIMARY KEY,                     -- tenant:ten_… | account:acc_… | user:usr_…
  tenant_id TEXT COLLATE "C" NOT NULL,
  head BIGINT NOT NULL                     -- number of the last event
) WITH (fillfactor = 30);
CREATE INDEX streams_tenant ON streams (tenant_id, id);

CREATE TABLE events (
  stream_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  data TEXT COLLATE "C" NOT NULL,                      -- JSON
  PRIMARY KEY (stream_id, seq)
);

-- Presence over all nodes: one row per open connection, with expiry.
CREATE TABLE presence (
  connection_id TEXT COLLATE "C" PRIMARY KEY,
  node_id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX presence_tenant ON presence (tenant_id, user_id);
