//! Whatever is merged, and in whatever order it is undone, all comes back.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    ByHand(usize, usize),
    Automatic(usize, usize),
    Undo(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..5_usize, 0..5_usize).prop_map(|(a, b)| Step::ByHand(a, b)),
        3 => (0..5_usize, 0..5_usize).prop_map(|(a, b)| Step::Automatic(a, b)),
        3 => (0..8_usize).prop_map(Step::Undo),
    ]
}

struct World {
    db: Db,
    seed: Seed,
    people: Vec<(ContactId, GroupId, ConversationId)>,
    done: Vec<MergeId>,
}

impl World {
    async fn new(db: Db) -> Self {
        let seed = seed(&db).await;
        let mut people = Vec::new();
        for at in 0..5_i64 {
            let kind = if at % 2 == 0 { "phone" } else { "bsuid" };
            let id = person(
                &db,
                &seed.tenant,
                &format!("P{at}"),
                &format!("+49151000000{at}"),
            )
            .await
            .summary
            .id;
            let group = group_of(&db, &id).await;
            let line = thread(&db, &seed.tenant, &seed.account, &id, &group, kind).await;
            message(&db, &seed.tenant, &line, &format!("m{at}"), at * 10).await;
            people.push((id, group, line));
        }
        Self {
            db,
            seed,
            people,
            done: Vec::new(),
        }
    }

    async fn run(&mut self, step: &Step) {
        let known = number(&self.db, "SELECT count(*) FROM contact_merges").await;
        match step {
            Step::ByHand(a, b) => self.by_hand(*a, *b).await,
            Step::Automatic(a, b) => {
                let (a, b) = (&self.people[*a], &self.people[*b]);
                // Only groups that still have ids can come in a payload.
                if group_count(&self.db, &a.1).await > 0 && group_count(&self.db, &b.1).await > 0 {
                    merge_automatic(&self.db, &self.seed.tenant, (&a.0, &a.1), (&b.0, &b.1)).await;
                }
            }
            Step::Undo(at) => {
                if let Some(id) = self.done.get(*at).cloned() {
                    self.undo(&id).await;
                }
            }
        }
        if number(&self.db, "SELECT count(*) FROM contact_merges").await > known {
            let newest = texts(
                &self.db,
                "SELECT id FROM contact_merges ORDER BY id DESC LIMIT 1",
            )
            .await;
            self.done.push(newest[0].parse().unwrap());
        }
    }

    async fn by_hand(&self, a: usize, b: usize) {
        let (a, b) = (&self.people[a].0, &self.people[b].0);
        let mut tx = self.db.begin().await.unwrap();
        match merges::merge(&mut tx, &self.seed.tenant, a, b, &UserId::new(NOW), NOW).await {
            Ok(_) => drop(tx.commit(NOW).await.unwrap()),
            Err(MergeError::SameContact | MergeError::Db(DbError::NotFound)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn undo(&self, id: &MergeId) -> bool {
        match undo(&self.db, &self.seed.tenant, id).await {
            Ok(_) => true,
            Err(MergeError::NewerMerge | MergeError::AlreadyUndone) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Undoes all that is left, going round as often as it takes.
    async fn undo_all(&self) {
        loop {
            let mut any = false;
            for id in &self.done {
                any |= self.undo(id).await;
            }
            if !any {
                return;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn merges_and_undos_in_any_order_end_where_they_began(steps in prop::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let test = testing::sqlite().await;
            let mut world = World::new(test.db.clone()).await;
            let before = picture(&world.db).await;
            for step in &steps {
                world.run(step).await;
                check(&world.db).await;
            }
            world.undo_all().await;
            check(&world.db).await;
            assert_eq!(picture(&world.db).await, before);
            test.db.close().await;
        });
    }
}
