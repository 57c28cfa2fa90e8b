//! Merges: by hand and automatic, undone exactly, whatever came in between.

mod any_order;

use hoopoe_db::{
    Db, DbError, Id, contacts, contract, conversations,
    ids::{ContactId, ConversationId, GroupId, MergeId, TenantId, UserId},
    merges::{self, MergeError},
    model::{Merge, MergeKind, NameSource},
    testing::{self, NOW, Seed, merge_automatic, number, seed, sql, texts},
};

use crate::people::{account, group_of, identity, message, names, person, stranger, thread};

async fn merge(db: &Db, seed: &Seed, survivor: &ContactId, merged: &ContactId) -> Merge {
    let mut tx = db.begin().await.unwrap();
    let merge = merges::merge(&mut tx, &seed.tenant, survivor, merged, &seed.agent, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    merge
}

async fn undo(db: &Db, tenant: &TenantId, id: &MergeId) -> Result<Vec<String>, MergeError> {
    let mut tx = db.begin().await.unwrap();
    merges::undo(&mut tx, tenant, id, NOW + 1).await?;
    Ok(names(&tx.commit(NOW + 1).await.unwrap()))
}

/// All rows that a merge may touch, but for versions and times of change: what an undo has to bring back.
async fn picture(db: &Db) -> Vec<String> {
    let mut rows = Vec::new();
    for statement in [
        "SELECT 'identity ' || kind || ' ' || value || ' ' || contact_id || ' ' || group_id FROM identities ORDER BY kind, value",
        "SELECT 'contact ' || id || ' ' || name || ' ' || name_source || ' ' || COALESCE(profile_name, '-') || ' ' || COALESCE(phone, '-') || ' '
           || notes || ' ' || messages_in || ' ' || COALESCE(first_seen_at, 0) || ' ' || COALESCE(last_seen_at, 0) || ' '
           || COALESCE(merged_into, '-') FROM contacts ORDER BY id",
        "SELECT 'thread ' || id || ' ' || contact_id || ' ' || group_id || ' ' || status || ' ' || COALESCE(assignee_id, '-') || ' '
           || unread_count || ' ' || message_count || ' ' || COALESCE(window_expires_at, 0) || ' ' || COALESCE(last_message_id, '-') || ' '
           || COALESCE(last_message_text, '-') || ' ' || last_message_at || ' ' || COALESCE(merged_into, '-') FROM conversations ORDER BY id",
        "SELECT 'message ' || id || ' ' || conversation_id || ' ' || COALESCE(merged_from, '-') || ' ' || COALESCE(sender_contact_id, '-')
           FROM messages ORDER BY id",
        "SELECT 'term ' || term || ' ' || contact_id FROM contact_terms ORDER BY term, contact_id",
    ] {
        rows.extend(texts(db, statement).await);
    }
    rows
}

/// What must hold at any time: an id belongs to one contact that is there, and a group of ids to one contact.
async fn check(db: &Db) {
    let orphans = "SELECT count(*) FROM identities i WHERE NOT EXISTS
        (SELECT 1 FROM contacts c WHERE c.id = i.contact_id AND c.merged_into IS NULL)";
    assert_eq!(
        number(db, orphans).await,
        0,
        "an id belongs to a contact that is there"
    );
    let split = "SELECT count(*) FROM (SELECT group_id FROM identities GROUP BY group_id HAVING count(DISTINCT contact_id) > 1) AS g";
    assert_eq!(
        number(db, split).await,
        0,
        "a group of ids belongs to one contact"
    );
    let lost = "SELECT count(*) FROM messages m JOIN conversations v ON v.id = m.conversation_id WHERE v.merged_into IS NOT NULL";
    assert_eq!(
        number(db, lost).await,
        0,
        "no message lies in a conversation that is no more"
    );
    let astray = "SELECT count(*) FROM conversations v JOIN contacts c ON c.id = v.contact_id
        WHERE v.merged_into IS NULL AND c.merged_into IS NOT NULL";
    assert_eq!(
        number(db, astray).await,
        0,
        "a conversation belongs to a contact that is there"
    );
    let counted = "SELECT count(*) FROM conversations v WHERE v.merged_into IS NULL
        AND v.message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = v.id)";
    assert_eq!(
        number(db, counted).await,
        0,
        "messages are counted where they are"
    );
}

contract! {
    async fn a_merge_by_hand_moves_everything_and_keeps_both_threads(db: Db) {
        let seed = seed(&db).await;
        let (ana, ana_group) = stranger(&db, &seed.tenant, "Ana", "BR.11111111").await;
        let bia = person(&db, &seed.tenant, "Bia Lima", "+5511987654321").await.summary.id;
        let bia_group = group_of(&db, &bia).await;
        let first = thread(&db, &seed.tenant, &seed.account, &ana, &ana_group, "bsuid").await;
        let second = thread(&db, &seed.tenant, &seed.account, &bia, &bia_group, "phone").await;
        message(&db, &seed.tenant, &first, "hello", 10).await;
        message(&db, &seed.tenant, &second, "again", 20).await;
        message(&db, &seed.tenant, &second, "there", 30).await;

        let mut tx = db.begin().await.unwrap();
        let done = merges::merge(&mut tx, &seed.tenant, &ana, &bia, &seed.agent, NOW + 40).await.unwrap();
        let events = tx.commit(NOW + 40).await.unwrap();

        assert_eq!((done.kind, done.actor_id.as_ref()), (MergeKind::Manual, Some(&seed.agent)));
        assert_eq!(names(&events), ["tenant contact:merged", "account conversation:updated"]);
        let whole = contacts::get(&db, &seed.tenant, &ana).await.unwrap();
        assert_eq!((whole.summary.name.as_str(), whole.summary.name_source), ("Bia Lima", NameSource::Manual));
        assert_eq!(whole.summary.phone.as_deref(), Some("+5511987654321"));
        assert_eq!((whole.messages_in, whole.first_seen_at, whole.last_seen_at), (3, Some(NOW + 10), Some(NOW + 30)));
        assert_eq!(whole.identities.len(), 2);
        assert!(matches!(contacts::get(&db, &seed.tenant, &bia).await, Err(DbError::NotFound)));
        for id in [&first, &second] {
            let held = conversations::get(&db, &seed.tenant, id).await.unwrap();
            assert_eq!(held.contact.id, ana, "both threads stay, with their own address");
        }
        let found = contacts::search(&db, &seed.tenant, "4321", None, 10).await.unwrap();
        assert_eq!(found.items.len(), 1);
        assert_eq!(found.items[0].summary.id, ana);
        check(&db).await;
    }

    async fn undoing_a_merge_by_hand_brings_back_what_was(db: Db) {
        let seed = seed(&db).await;
        let (ana, ana_group) = stranger(&db, &seed.tenant, "Ana", "BR.11111111").await;
        reindex(&db, &seed.tenant, &ana).await;
        let bia = person(&db, &seed.tenant, "Bia", "+5511987654321").await.summary.id;
        let bia_group = group_of(&db, &bia).await;
        let first = thread(&db, &seed.tenant, &seed.account, &ana, &ana_group, "bsuid").await;
        let second = thread(&db, &seed.tenant, &seed.account, &bia, &bia_group, "phone").await;
        message(&db, &seed.tenant, &first, "hello", 10).await;
        let in_group = message(&db, &seed.tenant, &second, "again", 20).await;
        sql(&db, &format!("UPDATE messages SET sender_contact_id = '{bia}' WHERE id = '{in_group}'")).await;
        let before = picture(&db).await;

        let done = merge(&db, &seed, &ana, &bia).await;
        assert_ne!(picture(&db).await, before);
        let events = undo(&db, &seed.tenant, &done.id).await.unwrap();

        assert_eq!(picture(&db).await, before);
        assert_eq!(events, ["tenant contact:new", "tenant contact:updated", "account conversation:updated"]);
        check(&db).await;
        let list = merges::list_of_contact(&db, &seed.tenant, &bia).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].undone_at, Some(NOW + 1));
    }

    async fn what_came_after_a_merge_stays_with_the_survivor(db: Db) {
        let seed = seed(&db).await;
        let (ana, ana_group) = stranger(&db, &seed.tenant, "Ana", "BR.11111111").await;
        let bia = person(&db, &seed.tenant, "Bia", "+5511987654321").await.summary.id;
        let first = thread(&db, &seed.tenant, &seed.account, &ana, &ana_group, "bsuid").await;
        message(&db, &seed.tenant, &first, "before", 10).await;
        let done = merge(&db, &seed, &ana, &bia).await;
        message(&db, &seed.tenant, &first, "after", 50).await;
        let mut tx = db.begin().await.unwrap();
        let changes = contacts::Changes { name: Some("Bianca".into()), notes: Some("noted since".into()), ..Default::default() };
        contacts::update(&mut tx, &seed.tenant, &ana, &changes, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();

        undo(&db, &seed.tenant, &done.id).await.unwrap();

        let ana = contacts::get(&db, &seed.tenant, &ana).await.unwrap();
        assert_eq!((ana.summary.name.as_str(), ana.notes.as_str()), ("Bianca", "noted since"));
        assert_eq!((ana.messages_in, ana.last_seen_at, ana.summary.phone), (2, Some(NOW + 50), None));
        let bia = contacts::get(&db, &seed.tenant, &bia).await.unwrap();
        assert_eq!((bia.messages_in, bia.summary.phone.as_deref()), (0, Some("+5511987654321")));
        check(&db).await;
    }

    async fn an_automatic_merge_folds_two_threads_of_one_account(db: Db) {
        let seed = seed(&db).await;
        let branch = account(&db, &seed).await;
        let (ana, ana_group) = stranger(&db, &seed.tenant, "Ana", "BR.11111111").await;
        let bia = person(&db, &seed.tenant, "Bia", "+5511987654321").await.summary.id;
        let bia_group = group_of(&db, &bia).await;
        let hidden = thread(&db, &seed.tenant, &seed.account, &ana, &ana_group, "bsuid").await;
        let known = thread(&db, &seed.tenant, &seed.account, &bia, &bia_group, "phone").await;
        let elsewhere = thread(&db, &seed.tenant, &branch, &bia, &bia_group, "phone").await;
        message(&db, &seed.tenant, &known, "one", 10).await;
        message(&db, &seed.tenant, &hidden, "two", 20).await;
        message(&db, &seed.tenant, &elsewhere, "three", 5).await;
        sql(&db, &format!("UPDATE conversations SET status = 'resolved' WHERE id = '{known}'")).await;
        sql(&db, &format!("UPDATE conversations SET assignee_id = '{}' WHERE id = '{hidden}'", seed.agent)).await;
        let before = picture(&db).await;

        let events = merge_automatic(&db, &seed.tenant, (&ana, &ana_group), (&bia, &bia_group)).await;

        assert_eq!(
            names(&events),
            ["tenant contact:merged", "account conversation:updated", "account conversation:updated"]
        );
        let folded = events[0].envelope.data.get();
        assert!(folded.contains(&format!("\"folded\":[{{\"from\":\"{hidden}\",\"into\":\"{known}\"}}]")), "{folded}");
        assert!(folded.contains("\"conversations\":[]"), "what only some may see is not told to all");
        let whole = conversations::get(&db, &seed.tenant, &known).await.unwrap();
        assert_eq!((whole.message_count, whole.unread_count), (2, 2));
        assert_eq!(whole.last_message.as_ref().unwrap().text, "two");
        assert_eq!((whole.status.as_str(), whole.assignee_id.as_ref()), ("open", Some(&seed.agent)));
        assert_eq!(whole.reply_to.kind.as_str(), "phone");
        assert_eq!(whole.contact.id, ana);
        assert!(whole.version > 1);
        assert_eq!(conversations::find_survivor(&db, &seed.tenant, &hidden).await.unwrap(), Some(known.clone()));
        let mut threads = testing::threads_of_group(&db, &ana_group).await;
        threads.sort();
        let mut expected = vec![(seed.account.to_string(), known.to_string()), (branch.to_string(), elsewhere.to_string())];
        expected.sort();
        assert_eq!(threads, expected, "the joined group has one thread on each account");
        check(&db).await;

        let done = merges::list_of_contact(&db, &seed.tenant, &ana).await.unwrap().remove(0);
        assert_eq!(done.kind, MergeKind::Automatic);
        let undone = undo(&db, &seed.tenant, &done.id).await.unwrap();
        assert!(undone.contains(&"account sync:reset".to_owned()), "{undone:?}");
        assert_eq!(without_terms(picture(&db).await), without_terms(before));
        check(&db).await;
    }

    async fn messages_that_came_after_a_fold_stay_and_reading_counts_for_both(db: Db) {
        let seed = seed(&db).await;
        let (ana, ana_group) = stranger(&db, &seed.tenant, "Ana", "BR.11111111").await;
        let bia = person(&db, &seed.tenant, "Bia", "+5511987654321").await.summary.id;
        let bia_group = group_of(&db, &bia).await;
        let hidden = thread(&db, &seed.tenant, &seed.account, &ana, &ana_group, "bsuid").await;
        let known = thread(&db, &seed.tenant, &seed.account, &bia, &bia_group, "phone").await;
        message(&db, &seed.tenant, &known, "one", 10).await;
        message(&db, &seed.tenant, &hidden, "two", 20).await;
        message(&db, &seed.tenant, &hidden, "three", 30).await;
        merge_automatic(&db, &seed.tenant, (&ana, &ana_group), (&bia, &bia_group)).await;
        sql(&db, &format!("UPDATE conversations SET unread_count = 0 WHERE id = '{known}'")).await;
        let late = message(&db, &seed.tenant, &known, "four", 40).await;
        let done = merges::list_of_contact(&db, &seed.tenant, &ana).await.unwrap().remove(0);

        undo(&db, &seed.tenant, &done.id).await.unwrap();

        let known = conversations::get(&db, &seed.tenant, &known).await.unwrap();
        let hidden = conversations::get(&db, &seed.tenant, &hidden).await.unwrap();
        assert_eq!((known.message_count, hidden.message_count), (2, 2));
        assert_eq!(known.last_message.unwrap().id, late);
        assert_eq!(hidden.last_message.unwrap().text, "three");
        assert_eq!(known.unread_count + hidden.unread_count, 1, "what was read stays read");
        check(&db).await;
    }

    async fn ids_of_one_contact_are_joined_without_a_second_contact(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await.summary.id;
        let phone = group_of(&db, &ana).await;
        let bsuid = identity(&db, &seed.tenant, &ana, "bsuid", "BR.11111111", None).await;
        let other = identity(&db, &seed.tenant, &ana, "lid", "77", None).await;
        let known = thread(&db, &seed.tenant, &seed.account, &ana, &phone, "phone").await;
        let hidden = thread(&db, &seed.tenant, &seed.account, &ana, &bsuid, "bsuid").await;
        message(&db, &seed.tenant, &hidden, "two", 20).await;
        let before = picture(&db).await;

        let events = merge_automatic(&db, &seed.tenant, (&ana, &phone), (&ana, &bsuid)).await;

        assert_eq!(names(&events), ["tenant contact:updated", "account conversation:updated"]);
        assert_eq!(group_count(&db, &phone).await, 2);
        assert_eq!(group_count(&db, &other).await, 1, "ids that were not in the payload stay apart");
        assert_eq!(conversations::get(&db, &seed.tenant, &known).await.unwrap().message_count, 1);
        check(&db).await;
        assert!(merge_automatic(&db, &seed.tenant, (&ana, &phone), (&ana, &phone)).await.is_empty());
        let done = merges::list_of_contact(&db, &seed.tenant, &ana).await.unwrap().remove(0);
        undo(&db, &seed.tenant, &done.id).await.unwrap();
        assert_eq!(without_terms(picture(&db).await), without_terms(before));
    }

    async fn an_automatic_merge_follows_the_group_when_its_contact_was_merged_a_moment_ago(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await.summary.id;
        let ana_group = group_of(&db, &ana).await;
        let (bia, one) = stranger(&db, &seed.tenant, "Bia", "BR.1").await;
        let two = identity(&db, &seed.tenant, &bia, "lid", "77", None).await;
        merge_automatic(&db, &seed.tenant, (&ana, &ana_group), (&bia, &one)).await;
        merge_automatic(&db, &seed.tenant, (&ana, &ana_group), (&bia, &two)).await;
        assert_eq!(group_count(&db, &ana_group).await, 3);
        check(&db).await;
    }

    async fn what_cannot_be_merged_is_refused(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await.summary.id;
        let bia = person(&db, &seed.tenant, "Bia", "+5511987654322").await.summary.id;
        let group = person(&db, &seed.tenant, "Family", "+5511987654323").await.summary.id;
        sql(&db, &format!("UPDATE contacts SET is_group = true WHERE id = '{group}'")).await;
        let attempt = async |tenant: &TenantId, a: &ContactId, b: &ContactId| {
            let mut tx = db.begin().await.unwrap();
            merges::merge(&mut tx, tenant, a, b, &seed.agent, NOW).await
        };
        assert!(matches!(attempt(&seed.tenant, &ana, &ana).await, Err(MergeError::SameContact)));
        assert!(matches!(attempt(&seed.tenant, &ana, &group).await, Err(MergeError::GroupAndPerson)));
        let unknown = ContactId::new(NOW);
        assert!(matches!(attempt(&seed.tenant, &ana, &unknown).await, Err(MergeError::Db(DbError::NotFound))));
        assert!(matches!(attempt(&TenantId::new(NOW), &ana, &bia).await, Err(MergeError::Db(DbError::NotFound))));
        let done = merge(&db, &seed, &ana, &bia).await;
        assert!(matches!(attempt(&seed.tenant, &ana, &bia).await, Err(MergeError::Db(DbError::NotFound))));
        assert!(matches!(undo(&db, &TenantId::new(NOW), &done.id).await, Err(MergeError::Db(DbError::NotFound))));
        undo(&db, &seed.tenant, &done.id).await.unwrap();
        assert!(matches!(undo(&db, &seed.tenant, &done.id).await, Err(MergeError::AlreadyUndone)));
        check(&db).await;
    }

    async fn merges_are_undone_newest_first(db: Db) {
        let seed = seed(&db).await;
        let mut people = Vec::new();
        for at in 0..4 {
            people.push(person(&db, &seed.tenant, &format!("P{at}"), &format!("+49151000000{at}")).await.summary.id);
        }
        let before = picture(&db).await;
        let first = merge(&db, &seed, &people[0], &people[1]).await.id;
        let second = merge(&db, &seed, &people[0], &people[2]).await.id;
        let third = merge(&db, &seed, &people[3], &people[0]).await.id;
        assert!(matches!(undo(&db, &seed.tenant, &first).await, Err(MergeError::NewerMerge)));
        assert!(matches!(undo(&db, &seed.tenant, &second).await, Err(MergeError::NewerMerge)));
        for id in [&third, &second, &first] {
            undo(&db, &seed.tenant, id).await.unwrap();
            check(&db).await;
        }
        assert_eq!(picture(&db).await, before);
    }
}

fn without_terms(picture: Vec<String>) -> Vec<String> {
    // Strangers of these tests are written past the index, undoing puts them into it.
    picture
        .into_iter()
        .filter(|row| !row.starts_with("term "))
        .collect()
}

async fn group_count(db: &Db, group: &GroupId) -> i64 {
    number(
        db,
        &format!("SELECT count(*) FROM identities WHERE group_id = '{group}'"),
    )
    .await
}

async fn reindex(db: &Db, tenant: &TenantId, id: &ContactId) {
    for name in ["x", ""] {
        let mut tx = db.begin().await.unwrap();
        let changes = contacts::Changes {
            name: Some(name.into()),
            ..Default::default()
        };
        contacts::update(&mut tx, tenant, id, &changes, NOW)
            .await
            .unwrap();
        tx.commit(NOW).await.unwrap();
    }
}
