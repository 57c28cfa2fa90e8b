-- Webhooks out: where events are told by HTTP, how far each has been told, and what became of every delivery.

CREATE TABLE webhooks (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  event_types TEXT COLLATE "C" NOT NULL,               -- JSON list; '*' is all of them
  account_ids TEXT COLLATE "C" NOT NULL,               -- JSON list; empty is all of them
  enabled BOOLEAN NOT NULL,
  version BIGINT NOT NULL,                 -- rises with every change by hand: what was read under an older one is not written
  secret TEXT COLLATE "C" NOT NULL,                    -- sealed to the id
  old_secret TEXT COLLATE "C",                         -- the one before it, which signs as well until then
  old_secret_until BIGINT,
  epoch TEXT COLLATE "C" NOT NULL,                     -- the life of the log that its cursors are of
  down_accounts TEXT COLLATE "C" NOT NULL,             -- JSON list: accounts that it was told are down
  disabled_reason TEXT COLLATE "C",                    -- where the server switched it off
  failing_since BIGINT,
  last_error TEXT COLLATE "C",
  last_success_at BIGINT,
  claimed_by TEXT COLLATE "C",
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, id);

-- How far a webhook has taken a stream into its deliveries.
CREATE TABLE webhook_cursors (
  webhook_id TEXT COLLATE "C" NOT NULL,
  stream_id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (webhook_id, stream_id)
);

-- One row per event and webhook. due_at says when it is to be tried and is NULL once it is settled.
CREATE TABLE webhook_deliveries (
  id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  webhook_id TEXT COLLATE "C" NOT NULL,
  lane TEXT COLLATE "C" NOT NULL,                      -- what keeps its order: the stream; apart from it what is sent again
  position BIGINT NOT NULL,                -- place in the lane
  stream_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,                      -- as it is sent
  state TEXT COLLATE "C" NOT NULL,                     -- waiting | delivered | failed | skipped
  due_at BIGINT,
  attempts BIGINT NOT NULL,
  tries BIGINT NOT NULL,                   -- attempts since it was queued: sending again begins anew
  attempted_at BIGINT,
  status BIGINT,                           -- of the last answer
  response TEXT COLLATE "C",                           -- its first bytes
  error TEXT COLLATE "C",
  duration_ms BIGINT,
  created_at BIGINT NOT NULL,
  settled_at BIGINT
);
CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (webhook_id, lane, position) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, id);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (settled_at) WHERE due_at IS NULL;
