-- Linked devices: whether an account leaves groups alone.
ALTER TABLE accounts ADD COLUMN ignore_groups BOOLEAN NOT NULL DEFAULT FALSE;
