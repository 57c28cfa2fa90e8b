-- Merging two contacts moves what they wrote in groups. Messages of one-to-one chats name no sender and cost nothing here.
CREATE INDEX messages_sender ON messages (sender_contact_id) WHERE sender_contact_id IS NOT NULL;
