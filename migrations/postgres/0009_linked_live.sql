-- Linked devices: profile pictures of contacts, and how far the past of a phone has been taken over.

-- SHA-256 (hex) of the picture that is shown; its address ends with the first digits, so that another picture has another address.
ALTER TABLE contacts ADD COLUMN picture TEXT COLLATE "C";

-- A contact's picture and the job that fetches it, over the account that told of it.
CREATE TABLE contact_pictures (
  contact_id TEXT COLLATE "C" PRIMARY KEY,
  tenant_id TEXT COLLATE "C" NOT NULL,
  account_id TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL,                   -- of whom it is, in WhatsApp's form
  picture_id TEXT COLLATE "C",                         -- WhatsApp's id of what we have; NULL: there is none, or not for us
  object_key TEXT COLLATE "C",                         -- where it is kept
  attempts BIGINT NOT NULL DEFAULT 0,
  due_at BIGINT                            -- when to ask for it; NULL: nothing to do
);
CREATE INDEX contact_pictures_due ON contact_pictures (account_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX contact_pictures_object ON contact_pictures (object_key) WHERE object_key IS NOT NULL;

-- Of the past that the phone shares: percent by its own count (100: all), conversations that were stored, and when the last one was.
ALTER TABLE accounts ADD COLUMN history_percent BIGINT;
ALTER TABLE accounts ADD COLUMN history_conversations BIGINT;
ALTER TABLE accounts ADD COLUMN history_at BIGINT;
