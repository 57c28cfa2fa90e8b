-- Several nodes, and the life of the event log.

-- One row: the life of the log. Numbers of one life mean nothing in another, such as that of a restored backup.
CREATE TABLE log_epoch (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  since BIGINT NOT NULL
);

-- The nodes that serve this database now, and the media store that each of them uses: it has to be the same.
CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  media_store TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- What an open connection looks at.
ALTER TABLE presence ADD COLUMN account_id TEXT;
ALTER TABLE presence ADD COLUMN conversation_id TEXT;
CREATE INDEX presence_viewing ON presence (conversation_id) WHERE conversation_id IS NOT NULL;

-- Which rows name a stored object: for deleting those that none does.
CREATE INDEX media_object ON media (object_key) WHERE object_key IS NOT NULL;
CREATE INDEX media_thumbnail ON media (thumbnail_key) WHERE thumbnail_key IS NOT NULL;
