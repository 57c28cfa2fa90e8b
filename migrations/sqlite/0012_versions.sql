-- What batches remember of people (contacts, their ids) is true as long as the contact's version is the same. Counters and times leave it alone.
ALTER TABLE contacts ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

CREATE TRIGGER contacts_change AFTER UPDATE OF tenant_id, name, name_source, profile_name, username, phone, is_group, picture, blocked, merged_into ON contacts
BEGIN
  UPDATE contacts SET version = version + 1 WHERE id = NEW.id;
END;

CREATE TRIGGER identities_change AFTER UPDATE ON identities
BEGIN
  UPDATE contacts SET version = version + 1 WHERE id IN (OLD.contact_id, NEW.contact_id);
END;

CREATE TRIGGER identities_go AFTER DELETE ON identities
BEGIN
  UPDATE contacts SET version = version + 1 WHERE id = OLD.contact_id;
END;
