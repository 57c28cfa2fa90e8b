//! Media jobs: claimed once, settled by who holds the lease, told to those who may see the account.

use hoopoe_db::{
    Db, DbError, Engine, Id, contract,
    ids::{MediaId, MessageId, TenantId},
    media::{self, Fetched, Job},
    model::{MediaState, Message},
    testing::{NOW, Seed, explain, number, seed, sql, texts},
};

use crate::people::{group_of, message, names, person, thread};

/// A message with a picture that is to be fetched.
async fn pending(db: &Db, seed: &Seed, phone: &str) -> MediaId {
    let ana = person(db, &seed.tenant, "Ana", phone).await.summary.id;
    let group = group_of(db, &ana).await;
    let line = thread(db, &seed.tenant, &seed.account, &ana, &group, "phone").await;
    let message: MessageId = message(db, &seed.tenant, &line, "look", 0).await;
    let id = MediaId::new(NOW);
    sql(
        db,
        &format!(
            "INSERT INTO media (id, tenant_id, account_id, conversation_id, message_id, provider_media_id, state, mime, filename,
               next_attempt_at, created_at)
             VALUES ('{id}', '{}', '{}', '{line}', '{message}', 'm1', 'pending', 'image/jpeg', 'a.jpg', {NOW}, {NOW})",
            seed.tenant, seed.account
        ),
    )
    .await;
    sql(
        db,
        &format!("UPDATE messages SET media_id = '{id}' WHERE id = '{message}'"),
    )
    .await;
    id
}

async fn claim(db: &Db, node: &str, now: i64) -> Vec<Job> {
    media::claim(db, node, now, now + 100, 10).await.unwrap()
}

fn file() -> Fetched {
    Fetched {
        mime: "image/png".into(),
        size: 1234,
        sha256: "ab".repeat(32),
        width: Some(640),
        height: Some(480),
        object_key: "t/ab/key".into(),
        thumbnail_key: Some("t/ab/key.small.jpg".into()),
    }
}

async fn ready(db: &Db, job: &Job) -> (Option<Message>, Vec<String>) {
    let mut tx = db.begin().await.unwrap();
    let message = media::mark_ready(&mut tx, job, &file()).await.unwrap();
    (message, names(&tx.commit(NOW).await.unwrap()))
}

contract! {
    async fn a_job_is_claimed_once_and_again_when_its_lease_ends(db: Db) {
        let seed = seed(&db).await;
        let id = pending(&db, &seed, "+4915100000001").await;
        assert!(claim(&db, "n1", NOW - 1).await.is_empty(), "not due yet");
        let jobs = claim(&db, "n1", NOW).await;
        assert_eq!(jobs.len(), 1);
        assert_eq!((&jobs[0].id, jobs[0].attempts, jobs[0].provider_media_id.as_deref()), (&id, 1, Some("m1")));
        assert!(claim(&db, "n2", NOW + 99).await.is_empty(), "leased");
        assert_eq!(media::next_due(&db, NOW).await.unwrap(), Some(NOW + 100));
        let again = claim(&db, "n2", NOW + 100).await;
        assert_eq!(again[0].attempts, 2);
        let (stale, events) = ready(&db, &jobs[0]).await;
        assert!(stale.is_none() && events.is_empty(), "who lost the lease settles nothing");
        assert!(ready(&db, &again[0]).await.0.is_some());
        assert_eq!(media::next_due(&db, NOW).await.unwrap(), None);
    }

    async fn files_of_a_linked_device_are_left_to_the_node_that_has_it_and_go_at_once_when_another_gets_it(db: Db) {
        let seed = seed(&db).await;
        let id = pending(&db, &seed, "+4915100000001").await;
        let lease = |node: &str| format!("UPDATE accounts SET channel = 'linked', claimed_by = '{node}', lease_until = {}", NOW + 1_000);
        sql(&db, &lease("n2")).await;
        assert!(claim(&db, "n1", NOW).await.is_empty(), "n2 has the connection");
        assert_eq!(media::next_due(&db, NOW).await.unwrap(), None, "nothing that n1 could wait for");
        assert_eq!(claim(&db, "n2", NOW).await[0].id, id);
        sql(&db, &lease("n3")).await;
        let whose = (&seed.tenant, &seed.account);
        assert_eq!(media::hasten(&db, whose, "n2", NOW + 1).await.unwrap(), 0, "its own work goes on");
        assert_eq!(media::hasten(&db, (&TenantId::new(NOW), &seed.account), "n3", NOW + 1).await.unwrap(), 0);
        assert_eq!(media::hasten(&db, whose, "n3", NOW + 1).await.unwrap(), 1);
        assert_eq!(claim(&db, "n3", NOW + 1).await[0].attempts, 2);
        sql(&db, &lease("n4")).await;
        assert_eq!(media::hasten(&db, whose, "n4", NOW + 2).await.unwrap(), 1);
        assert_eq!(claim(&db, "n1", NOW + 1_001).await.len(), 1, "whose lease has ended has it no more");
    }

    async fn several_nodes_that_claim_at_once_share_the_work(db: Db) {
        let seed = seed(&db).await;
        for at in 0..6 {
            pending(&db, &seed, &format!("+49151000000{at}")).await;
        }
        let (one, two, three) = tokio::join!(
            media::claim(&db, "n1", NOW, NOW + 100, 2),
            media::claim(&db, "n2", NOW, NOW + 100, 2),
            media::claim(&db, "n3", NOW, NOW + 100, 2)
        );
        let mut ids: Vec<MediaId> = [one, two, three].into_iter().flat_map(Result::unwrap).map(|job| job.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }

    async fn a_file_that_is_here_is_told_to_those_who_see_the_account(db: Db) {
        let seed = seed(&db).await;
        let id = pending(&db, &seed, "+4915100000001").await;
        let job = claim(&db, "n1", NOW).await.remove(0);
        let (message, events) = ready(&db, &job).await;
        assert_eq!(events, ["account message:updated"]);
        let shown = message.unwrap().media.unwrap();
        assert_eq!((shown.state, shown.size, shown.width), (MediaState::Ready, Some(1234), Some(640)));
        assert_eq!(shown.mime, "image/png");
        assert_eq!(shown.thumbnail_url, Some(format!("/api/v1/media/{id}/thumbnail")));
        let stored = media::get(&db, &seed.tenant, &id).await.unwrap();
        assert_eq!((stored.account_id, stored.object_key.as_deref()), (seed.account.clone(), Some("t/ab/key")));
        assert_eq!(stored.filename.as_deref(), Some("a.jpg"));
        let again = media::get(&db, &TenantId::new(NOW), &id).await;
        assert!(matches!(again, Err(DbError::NotFound)));
    }

    async fn a_failed_attempt_is_put_off_silently_and_the_last_one_is_told(db: Db) {
        let seed = seed(&db).await;
        pending(&db, &seed, "+4915100000001").await;
        let job = claim(&db, "n1", NOW).await.remove(0);
        let mut tx = db.begin().await.unwrap();
        assert!(media::postpone(&mut tx, &job, "out of reach", NOW + 5).await.unwrap());
        assert!(tx.commit(NOW).await.unwrap().is_empty());
        assert!(claim(&db, "n1", NOW + 4).await.is_empty());
        let job = claim(&db, "n1", NOW + 5).await.remove(0);
        assert_eq!(job.attempts, 2);
        let mut tx = db.begin().await.unwrap();
        let message = media::mark_failed(&mut tx, &job, "it is gone").await.unwrap().unwrap();
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["account message:updated"]);
        let shown = message.media.unwrap();
        assert_eq!((shown.state, shown.failure.as_deref()), (MediaState::Failed, Some("it is gone")));
        assert_eq!(media::next_due(&db, NOW).await.unwrap(), None);
    }

    async fn a_failed_file_is_fetched_again_on_demand_and_others_are_left_alone(db: Db) {
        let seed = seed(&db).await;
        let id = pending(&db, &seed, "+4915100000001").await;
        let retry = async |tenant: &TenantId| {
            let mut tx = db.begin().await.unwrap();
            let message = media::retry(&mut tx, tenant, &id, NOW + 50).await?;
            Ok::<_, DbError>((message.media.unwrap().state, names(&tx.commit(NOW).await.unwrap())))
        };
        assert_eq!(retry(&seed.tenant).await.unwrap(), (MediaState::Pending, vec![]), "under way");
        let job = claim(&db, "n1", NOW).await.remove(0);
        let mut tx = db.begin().await.unwrap();
        media::mark_failed(&mut tx, &job, "it is gone").await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert!(matches!(retry(&TenantId::new(NOW)).await, Err(DbError::NotFound)));
        let told = vec!["account message:updated".to_owned()];
        assert_eq!(retry(&seed.tenant).await.unwrap(), (MediaState::Pending, told));
        let job = claim(&db, "n1", NOW + 50).await.remove(0);
        assert_eq!(job.attempts, 1, "with all its attempts");
        ready(&db, &job).await;
        assert_eq!(retry(&seed.tenant).await.unwrap(), (MediaState::Ready, vec![]));
    }

    async fn claiming_reads_only_what_is_due(db: Db) {
        let seed = seed(&db).await;
        let (tenant, account) = (&seed.tenant, &seed.account);
        let many = format!(
            "INSERT INTO media (id, tenant_id, account_id, conversation_id, message_id, state, mime, created_at)
             WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             SELECT 'med_' || i, '{tenant}', '{account}', 'c', 'm', 'ready', 'image/png', {NOW} FROM n"
        );
        sql(&db, &many).await;
        sql(&db, "ANALYZE").await;
        assert_eq!(number(&db, "SELECT count(*) FROM media").await, 5000);
        let statement = format!("SELECT id FROM media WHERE next_attempt_at <= {NOW} ORDER BY next_attempt_at LIMIT 6");
        let plan = explain(&db, &statement).await;
        assert!(plan.contains("media_due"), "{plan}");
    }

    async fn a_lease_is_renewed_by_its_holder_only(db: Db) {
        let seed = seed(&db).await;
        pending(&db, &seed, "+4915100000001").await;
        let job = claim(&db, "n1", NOW).await.remove(0);
        assert!(media::renew(&db, &job, NOW + 500, NOW).await.unwrap());
        assert!(claim(&db, "n2", NOW + 499).await.is_empty(), "still leased");
        let taken_over = claim(&db, "n2", NOW + 500).await.remove(0);
        assert!(!media::renew(&db, &job, NOW + 900, NOW).await.unwrap(), "it is another's now");
        let stranger = Job { tenant_id: TenantId::new(NOW), ..taken_over.clone() };
        assert!(!media::renew(&db, &stranger, NOW + 900, NOW).await.unwrap());
        ready(&db, &taken_over).await;
        assert!(!media::renew(&db, &taken_over, NOW + 900, NOW).await.unwrap(), "it is done");
    }

    async fn objects_that_no_row_names_are_told_from_the_others(db: Db) {
        let seed = seed(&db).await;
        pending(&db, &seed, "+4915100000001").await;
        let job = claim(&db, "n1", NOW).await.remove(0);
        ready(&db, &job).await;
        let keys = ["t/ab/key", "t/ab/key.small.jpg", "t/ab/orphan"].map(str::to_owned);
        let mut named = media::list_named(&db, &keys).await.unwrap();
        named.sort();
        assert_eq!(named, keys[..2]);
    }

    async fn every_column_that_names_an_object_is_asked_before_objects_are_deleted(db: Db) {
        let columns = match db.engine() {
            Engine::Sqlite => "SELECT t.name || '.' || c.name AS found FROM sqlite_master t JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND c.name IN ('object_key', 'thumbnail_key') ORDER BY found",
            Engine::Postgres => "SELECT table_name || '.' || column_name AS found FROM information_schema.columns
               WHERE table_schema = 'public' AND column_name IN ('object_key', 'thumbnail_key') ORDER BY found",
        };
        assert_eq!(texts(&db, columns).await, ["contact_pictures.object_key", "media.object_key", "media.thumbnail_key", "uploads.object_key", "uploads.thumbnail_key"], "`media::list_named` has to ask them all");
    }
}
