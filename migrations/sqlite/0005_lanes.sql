-- Which node runs an account's lane: one at a time, so that the account's budgets hold over all nodes. A row of the past means nothing.
CREATE TABLE outbox_lanes (
  account_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
