//! Contacts: entered and changed by hand, listed, found, counted.

use hoopoe_db::{
    DbError, Id, contacts, contract,
    ids::{ContactId, TenantId},
    model::{IdentityKind, NameSource},
    testing::{NOW, number, seed, sql, texts},
};

use crate::people::{identity, message, names, person, stranger, thread};

contract! {
    async fn a_contact_entered_by_hand_has_its_number_as_an_id_and_is_announced(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        let new = contacts::New { name: "Ana Lima".into(), phone: "+5511987654321".into() };
        let ana = contacts::insert(&mut tx, &seed.tenant, &new, NOW).await.unwrap();
        let events = tx.commit(NOW).await.unwrap();
        assert_eq!(names(&events), ["tenant contact:new"]);
        assert_eq!(ana.summary.name_source, NameSource::Manual);
        assert_eq!(ana.identities.len(), 1);
        assert_eq!(ana.identities[0].kind, IdentityKind::Phone);
        assert_eq!(ana.identities[0].value, "5511987654321");
        assert_eq!(contacts::get(&db, &seed.tenant, &ana.summary.id).await.unwrap(), ana);
    }

    async fn a_number_that_somebody_has_is_refused_by_name(db: Db) {
        let seed = seed(&db).await;
        person(&db, &seed.tenant, "Ana", "+5511987654321").await;
        let mut tx = db.begin().await.unwrap();
        let new = contacts::New { name: "Other".into(), phone: "+5511987654321".into() };
        let refused = contacts::insert(&mut tx, &seed.tenant, &new, NOW).await;
        assert!(matches!(refused, Err(DbError::Conflict("phone"))), "{refused:?}");
        drop(tx);
        assert_eq!(number(&db, "SELECT count(*) FROM contacts").await, 1);
    }

    async fn a_contact_of_another_tenant_is_not_found_nor_changed(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await;
        let stranger = TenantId::new(NOW);
        let found = contacts::get(&db, &stranger, &ana.summary.id).await;
        assert!(matches!(found, Err(DbError::NotFound)));
        let mut tx = db.begin().await.unwrap();
        let changes = contacts::Changes { blocked: Some(true), ..Default::default() };
        let changed = contacts::update(&mut tx, &stranger, &ana.summary.id, &changes, NOW).await;
        assert!(matches!(changed, Err(DbError::NotFound)));
        assert!(contacts::list(&db, &stranger, None, 10).await.unwrap().items.is_empty());
        assert!(contacts::search(&db, &stranger, "ana", None, 10).await.unwrap().items.is_empty());
    }

    async fn a_name_of_our_own_is_found_and_a_blank_one_gives_the_profiles_back(db: Db) {
        let seed = seed(&db).await;
        let (id, _) = stranger(&db, &seed.tenant, "Bia", "BR.12345678").await;
        let rename = async |name: &str| {
            let mut tx = db.begin().await.unwrap();
            let changes = contacts::Changes { name: Some(name.into()), ..Default::default() };
            let contact = contacts::update(&mut tx, &seed.tenant, &id, &changes, NOW + 5).await.unwrap();
            (contact, names(&tx.commit(NOW + 5).await.unwrap()))
        };
        let (renamed, events) = rename("Beatriz Souza").await;
        assert_eq!((renamed.summary.name_source, renamed.updated_at), (NameSource::Manual, NOW + 5));
        assert_eq!(events, ["tenant contact:updated"]);
        assert_eq!(found(&db, &seed.tenant, "souza").await, ["Beatriz Souza"]);
        let (_, unchanged) = rename("Beatriz Souza").await;
        assert!(unchanged.is_empty(), "what changes nothing is not announced");
        let (back, _) = rename("  ").await;
        assert_eq!((back.summary.name.as_str(), back.summary.name_source), ("Bia", NameSource::Profile));
        assert!(found(&db, &seed.tenant, "souza").await.is_empty());
    }

    async fn notes_and_blocking_are_kept(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await;
        let mut tx = db.begin().await.unwrap();
        let changes = contacts::Changes { notes: Some("VIP".into()), blocked: Some(true), ..Default::default() };
        contacts::update(&mut tx, &seed.tenant, &ana.summary.id, &changes, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        let ana = contacts::get(&db, &seed.tenant, &ana.summary.id).await.unwrap();
        assert_eq!((ana.notes.as_str(), ana.blocked), ("VIP", true));
    }

    async fn a_change_by_hand_keeps_what_messages_added_at_the_same_time(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await.summary.id;
        let count = format!("UPDATE contacts SET messages_in = messages_in + 1 WHERE id = '{ana}'");
        let counting = async {
            for _ in 0..20 {
                sql(&db, &count).await;
            }
        };
        let changing = async {
            for at in 0..20 {
                let mut tx = db.begin().await.unwrap();
                let changes = contacts::Changes { notes: Some(format!("note {at}")), ..Default::default() };
                contacts::update(&mut tx, &seed.tenant, &ana, &changes, NOW).await.unwrap();
                tx.commit(NOW).await.unwrap();
            }
        };
        tokio::join!(counting, changing);
        let ana = contacts::get(&db, &seed.tenant, &ana).await.unwrap();
        assert_eq!((ana.messages_in, ana.notes.as_str()), (20, "note 19"));
    }

    async fn the_list_pages_through_everybody_once_latest_first(db: Db) {
        let seed = seed(&db).await;
        let mut expected = Vec::new();
        for at in 0..7_i64 {
            let contact = person(&db, &seed.tenant, &format!("P{at}"), &format!("+49151000000{at}")).await;
            if at % 2 == 0 {
                // Two of them wrote at the very same time.
                let seen = NOW + at / 4;
                sql(&db, &format!("UPDATE contacts SET last_seen_at = {seen} WHERE id = '{}'", contact.summary.id)).await;
                expected.push((Some(seen), contact.summary.id));
            } else {
                expected.push((None, contact.summary.id));
            }
        }
        expected.sort_by(|a, b| b.cmp(a));
        for limit in [1, 2, 3, 7, 50] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = contacts::list(&db, &seed.tenant, after.as_ref(), limit).await.unwrap();
                assert!(page.items.len() <= usize::try_from(limit).unwrap());
                seen.extend(page.items.into_iter().map(|contact| (contact.last_seen_at, contact.summary.id)));
                // The cursor survives its way through a URL.
                after = page.next.map(|place| place.to_string().parse().unwrap());
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, expected, "limit {limit}");
        }
    }

    async fn people_are_found_by_words_numbers_and_last_digits(db: Db) {
        let seed = seed(&db).await;
        person(&db, &seed.tenant, "José da Silva", "+5511987654321").await;
        person(&db, &seed.tenant, "Josefa Müller", "+4915112345678").await;
        let (bia, _) = stranger(&db, &seed.tenant, "王小明", "CN.13491208655302741918").await;
        reindex(&db, &seed.tenant, &bia).await;
        for (query, expected) in [
            ("jose", vec!["Josefa Müller", "José da Silva"]),
            ("JOSÉ silva", vec!["José da Silva"]),
            ("muller jos", vec!["Josefa Müller"]),
            ("+55 11 98765", vec!["José da Silva"]),
            ("11 98765-4321", vec!["José da Silva"]),
            ("4321", vec!["José da Silva"]),
            ("0151 1234", vec!["Josefa Müller"]),
            ("小明", vec!["王小明"]),
            ("CN.13491208655302741918", vec!["王小明"]),
            ("jose 4321", vec!["José da Silva"]),
            ("jose nobody", vec![]),
            ("%", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(found(&db, &seed.tenant, query).await, expected, "{query:?}");
        }
    }

    async fn search_pages_by_name(db: Db) {
        let seed = seed(&db).await;
        for (at, name) in ["Ana C", "ana B", "Ana A", "Ana B"].iter().enumerate() {
            person(&db, &seed.tenant, name, &format!("+49151000000{at}")).await;
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = contacts::search(&db, &seed.tenant, "ana", after.as_ref(), 1).await.unwrap();
            seen.extend(page.items.into_iter().map(|contact| contact.summary.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["Ana A", "ana B", "Ana B", "Ana C"]);
    }

    async fn search_by_number_reads_the_index(db: Db) {
        let seed = seed(&db).await;
        crowd(&db, &seed.tenant, 20_000).await;
        let plan = contacts::explain_search(&db, &seed.tenant, "4321").await.unwrap();
        let terms_by_range = plan.contains("SEARCH t USING PRIMARY KEY (tenant_id=? AND term>? AND term<?)")
            || plan.contains("Index Cond: ((tenant_id = ") && plan.contains("AND (term >= r.since) AND (term < r.until))");
        let contacts_by_id = plan.contains("SEARCH c USING INDEX sqlite_autoindex_contacts_1 (id=?)")
            || plan.contains("Index Scan using contacts_pkey on contacts");
        assert!(terms_by_range && contacts_by_id, "{plan}");
    }

    async fn the_list_reads_the_index_and_sorts_no_more_than_ten_minutes(db: Db) {
        let seed = seed(&db).await;
        crowd(&db, &seed.tenant, 20_000).await;
        let plan = contacts::explain_list(&db, &seed.tenant).await.unwrap();
        let by_slot = plan.contains("USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY") || plan.contains("Presorted Key: last_seen_slot");
        assert!(plan.contains("contacts_list") && by_slot, "{plan}");
    }

    async fn statistics_count_names_numbers_and_today(db: Db) {
        let seed = seed(&db).await;
        person(&db, &seed.tenant, "Ana", "+5511987654321").await;
        person(&db, &seed.tenant, "Ana", "+4915112345678").await;
        let third = person(&db, &seed.tenant, "+4915100000001", "+4915100000001").await;
        sql(&db, &format!("UPDATE contacts SET name_source = 'number', created_at = {} WHERE id = '{}'", NOW - 1, third.summary.id)).await;
        let counted = contacts::statistics(&db, &seed.tenant, NOW).await.unwrap();
        let expected = contacts::Statistics { total: 3, new_today: 2, named: 2, number_only: 1, duplicates: 1 };
        assert_eq!(counted, expected);
        let empty = contacts::statistics(&db, &TenantId::new(NOW), NOW).await.unwrap();
        assert_eq!(empty.total, 0);
    }

    async fn doubles_share_a_name_or_a_line(db: Db) {
        let seed = seed(&db).await;
        person(&db, &seed.tenant, "José Silva", "+4915100000001").await;
        person(&db, &seed.tenant, "JOSE  SILVA", "+4915100000002").await;
        person(&db, &seed.tenant, "With nine", "+5511987654321").await;
        person(&db, &seed.tenant, "Without", "+551187654321").await;
        person(&db, &seed.tenant, "Alone", "+4915100000003").await;
        let doubles = contacts::duplicates(&db, &seed.tenant).await.unwrap();
        let groups: Vec<Vec<&str>> = doubles
            .iter()
            .map(|group| group.contacts.iter().map(|contact| contact.summary.name.as_str()).collect())
            .collect();
        assert_eq!(groups, [vec!["With nine", "Without"], vec!["José Silva", "JOSE  SILVA"]]);
        assert!(doubles[0].reason.contains("same line"), "{}", doubles[0].reason);
        assert!(doubles[1].reason.contains("same name"), "{}", doubles[1].reason);
        assert!(contacts::duplicates(&db, &TenantId::new(NOW)).await.unwrap().is_empty());
    }

    async fn a_contact_shows_all_its_ids_current_ones_first(db: Db) {
        let seed = seed(&db).await;
        let ana = person(&db, &seed.tenant, "Ana", "+5511987654321").await.summary.id;
        let group = identity(&db, &seed.tenant, &ana, "phone", "5511900000000", None).await;
        identity(&db, &seed.tenant, &ana, "bsuid", "BR.1", Some(&group)).await;
        sql(&db, "UPDATE identities SET is_current = false WHERE value = '5511900000000'").await;
        let shown = contacts::get(&db, &seed.tenant, &ana).await.unwrap();
        let values: Vec<&str> = shown.identities.iter().map(|id| id.value.as_str()).collect();
        assert_eq!(values, ["5511987654321", "BR.1", "5511900000000"]);
        let line = thread(&db, &seed.tenant, &seed.account, &ana, &group, "phone").await;
        message(&db, &seed.tenant, &line, "hi", 0).await;
        assert_eq!(contacts::get(&db, &seed.tenant, &ana).await.unwrap().messages_in, 1);
    }
}

async fn found(db: &hoopoe_db::Db, tenant: &TenantId, query: &str) -> Vec<String> {
    let page = contacts::search(db, tenant, query, None, 50).await.unwrap();
    page.items
        .into_iter()
        .map(|contact| contact.summary.name)
        .collect()
}

/// Strangers are written past the functions that index; a change of name and back indexes them.
async fn reindex(db: &hoopoe_db::Db, tenant: &TenantId, id: &ContactId) {
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
    assert!(
        !texts(
            db,
            &format!("SELECT term FROM contact_terms WHERE contact_id = '{id}'")
        )
        .await
        .is_empty()
    );
}

/// Many contacts with a number each, written in bulk, and the engine's statistics about them.
async fn crowd(db: &hoopoe_db::Db, tenant: &TenantId, size: i64) {
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {size})"
    );
    sql(
        db,
        &format!(
            "INSERT INTO contacts (id, tenant_id, name, name_source, last_seen_at, created_at, updated_at)
             {numbers} SELECT 'con_' || i, '{tenant}', 'P' || i, 'profile', {NOW} - i * 60000, {NOW}, {NOW} FROM n"
        ),
    )
    .await;
    for term in [
        "CAST(4915100000000 + i AS TEXT)",
        "'~' || CAST(i * 7919 AS TEXT)",
    ] {
        let insert = format!(
            "INSERT INTO contact_terms (tenant_id, term, contact_id) {numbers} SELECT '{tenant}', {term}, 'con_' || i FROM n"
        );
        sql(db, &insert).await;
    }
    sql(db, "ANALYZE").await;
}
