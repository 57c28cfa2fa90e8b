-- Messages to groups: what became of them at each member. Rows come with the provider's statuses; messages to one person have none.
CREATE TABLE message_recipients (
  message_id TEXT COLLATE "C" NOT NULL,
  recipient TEXT COLLATE "C" NOT NULL,                 -- one id of theirs: kind, scope, value; empty = the group as a whole
  tenant_id TEXT COLLATE "C" NOT NULL,
  ids TEXT COLLATE "C" NOT NULL,                       -- JSON: all ids of theirs that came together
  name TEXT COLLATE "C",                               -- as the provider told it, for who is no contact
  sent_at BIGINT,
  delivered_at BIGINT,
  read_at BIGINT,
  played_at BIGINT,
  failed_at BIGINT,
  error TEXT COLLATE "C",                              -- JSON
  PRIMARY KEY (message_id, recipient)
);

-- JSON: how many of the members it was sent to, has reached, …; NULL for messages to one person.
ALTER TABLE messages ADD COLUMN recipients TEXT COLLATE "C";
