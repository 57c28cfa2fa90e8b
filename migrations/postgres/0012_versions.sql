-- What batches remember of people (contacts, their ids) is true as long as the contact's version is the same. Counters and times leave it alone.
ALTER TABLE contacts ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

CREATE FUNCTION contact_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER contacts_change BEFORE UPDATE OF tenant_id, name, name_source, profile_name, username, phone, is_group, picture, blocked, merged_into
  ON contacts FOR EACH ROW EXECUTE FUNCTION contact_changes();

CREATE FUNCTION identity_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE contacts SET version = version + 1 WHERE id = OLD.contact_id OR (TG_OP = 'UPDATE' AND id = NEW.contact_id);
  RETURN NULL;
END $$;
CREATE TRIGGER identities_change AFTER UPDATE OR DELETE ON identities FOR EACH ROW EXECUTE FUNCTION identity_changes();
