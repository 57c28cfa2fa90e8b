-- Edits and deletions of our own messages: rows of the outbox that say what they change and how, as reactions have had. What is not done, or was
-- refused, is shown on its message.

ALTER TABLE outbox ADD COLUMN change TEXT;      -- JSON: the edit or deletion of target_id; NULL for messages and reactions
ALTER TABLE messages ADD COLUMN change TEXT;    -- JSON: the last one that was asked for, until it is done

CREATE INDEX outbox_target ON outbox (target_id) WHERE target_id IS NOT NULL;
