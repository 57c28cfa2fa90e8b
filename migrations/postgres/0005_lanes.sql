-- Which node runs an account's lane: one at a time, so that the account's budgets hold over all nodes. A row of the past means nothing.
CREATE TABLE outbox_lanes (
  account_id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  node_id TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL
);
