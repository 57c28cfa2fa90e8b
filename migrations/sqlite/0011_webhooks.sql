-- Webhooks out: where events are told by HTTP, how far each has been told, and what became of every delivery.

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  event_types TEXT NOT NULL,               -- JSON list; '*' is all of them
  account_ids TEXT NOT NULL,               -- JSON list; empty is all of them
  enabled BOOLEAN NOT NULL,
  version BIGINT NOT NULL,                 -- rises with every change by hand: what was read under an older one is not written
  secret TEXT NOT NULL,                    -- sealed to the id
  old_secret TEXT,                         -- the one before it, which signs as well until then
  old_secret_until BIGINT,
  epoch TEXT NOT NULL,                     -- the life of the log that its cursors are of
  down_accounts TEXT NOT NULL,             -- JSON list: accounts that it was told are down
  disabled_reason TEXT,                    -- where the server switched it off
  failing_since BIGINT,
  last_error TEXT,
  last_success_at BIGINT,
  claimed_by TEXT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, id);

-- How far a webhook has taken a stream into its deliveries.
CREATE TABLE webhook_cursors (
  webhook_id TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (webhook_id, stream_id)
) WITHOUT ROWID;

-- One row per event and webhook. due_at says when it is to be tried and is NULL once it is settled.
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  lane TEXT NOT NULL,                      -- what keeps its order: the stream; apart from it what is sent again
  position BIGINT NOT NULL,                -- place in the lane
  stream_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,                      -- as it is sent
  state TEXT NOT NULL,                     -- waiting | delivered | failed | skipped
  due_at BIGINT,
  attempts BIGINT NOT NULL,
  tries BIGINT NOT NULL,                   -- attempts since it was queued: sending again begins anew
  attempted_at BIGINT,
  status BIGINT,                           -- of the last answer
  response TEXT,                           -- its first bytes
  error TEXT,
  duration_ms BIGINT,
  created_at BIGINT NOT NULL,
  settled_at BIGINT
);
CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (webhook_id, lane, position) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, id);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (settled_at) WHERE due_at IS NULL;
