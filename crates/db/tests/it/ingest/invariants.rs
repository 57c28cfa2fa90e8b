//! Whatever is seen in whatever order: an id has one living contact, and a message lies with the contact of its ids.

use std::collections::BTreeMap;

use hoopoe_db::{
    ingest::{IdentityKey, Incoming},
    testing::{number, sqlite},
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::shop::{Shop, bsuid, phone, who};

/// Checks what holds at any time. Each statement counts what must not be there.
pub async fn check(shop: &Shop) {
    for (what, statement) in [
        (
            "ids of a contact that is not there",
            "SELECT count(*) FROM identities i WHERE NOT EXISTS
               (SELECT 1 FROM contacts c WHERE c.id = i.contact_id AND c.merged_into IS NULL)",
        ),
        (
            "groups of ids with two contacts",
            "SELECT count(*) FROM (SELECT group_id FROM identities GROUP BY group_id HAVING count(DISTINCT contact_id) > 1) AS g",
        ),
        (
            "living conversations whose contact is not the one of their ids",
            "SELECT count(*) FROM conversations v WHERE v.merged_into IS NULL AND NOT EXISTS
               (SELECT 1 FROM identities i WHERE i.group_id = v.group_id AND i.contact_id = v.contact_id)",
        ),
        (
            "messages in a conversation that is no more",
            "SELECT count(*) FROM messages m WHERE NOT EXISTS
               (SELECT 1 FROM conversations v WHERE v.id = m.conversation_id AND v.merged_into IS NULL)",
        ),
        (
            "conversations that miscount their messages",
            "SELECT count(*) FROM conversations v WHERE v.merged_into IS NULL AND v.message_count <>
               (SELECT count(*) FROM messages m WHERE m.conversation_id = v.id)",
        ),
        (
            "contacts that miscount their messages",
            "SELECT count(*) FROM contacts c WHERE c.merged_into IS NULL AND c.is_group = FALSE AND c.messages_in <>
               (SELECT count(*) FROM messages m JOIN conversations v ON v.id = m.conversation_id
                WHERE v.contact_id = c.id AND m.direction = 'in')",
        ),
        (
            "people with two conversations",
            "SELECT count(*) FROM (SELECT contact_id FROM conversations WHERE merged_into IS NULL
               GROUP BY contact_id, account_id HAVING count(*) > 1) AS v",
        ),
    ] {
        assert_eq!(number(&shop.db, statement).await, 0, "{what}");
    }
}

/// What may happen to a person who has one phone and two user ids, one after the other.
#[derive(Debug, Clone, Copy)]
enum Sighting {
    Phone(usize),
    First(usize),
    Second(usize),
    PhoneAndFirst(usize),
    PhoneAndSecond(usize),
    Rotation(usize),
}

fn sighting() -> impl Strategy<Value = Sighting> {
    let person = 0..4_usize;
    prop_oneof![
        person.clone().prop_map(Sighting::Phone),
        person.clone().prop_map(Sighting::First),
        person.clone().prop_map(Sighting::Second),
        person.clone().prop_map(Sighting::PhoneAndFirst),
        person.clone().prop_map(Sighting::PhoneAndSecond),
        person.prop_map(Sighting::Rotation),
    ]
}

impl Sighting {
    fn person(self) -> usize {
        match self {
            Self::Phone(n)
            | Self::First(n)
            | Self::Second(n)
            | Self::PhoneAndFirst(n)
            | Self::PhoneAndSecond(n)
            | Self::Rotation(n) => n,
        }
    }

    fn keys(self) -> Vec<IdentityKey> {
        let n = self.person();
        let (number, first, second) = (
            phone(&format!("4072200011{n}")),
            bsuid(&format!("RO.A{n}")),
            bsuid(&format!("RO.B{n}")),
        );
        match self {
            Self::Phone(_) => vec![number],
            Self::First(_) => vec![first],
            Self::Second(_) => vec![second],
            Self::PhoneAndFirst(_) => vec![number, first],
            Self::PhoneAndSecond(_) => vec![number, second],
            Self::Rotation(_) => vec![first, second],
        }
    }

    fn incoming(self, shop: &Shop, id: &str) -> Incoming {
        let keys = self.keys();
        match self {
            Self::Rotation(_) => shop.replaces(&keys[..1], &who(&keys[1..])),
            _ => shop.text(&who(&keys), id),
        }
    }
}

/// Sets of ids that came together, over all that was seen: who must be one contact in the end, and who must not.
fn expected(seen: &[Sighting]) -> BTreeMap<IdentityKey, usize> {
    let mut set_of: BTreeMap<IdentityKey, usize> = BTreeMap::new();
    for (n, keys) in seen.iter().map(|sighting| sighting.keys()).enumerate() {
        let held: Vec<usize> = keys
            .iter()
            .filter_map(|key| set_of.get(key).copied())
            .collect();
        for set in set_of.values_mut().filter(|set| held.contains(set)) {
            *set = n;
        }
        set_of.extend(keys.into_iter().map(|key| (key, n)));
    }
    set_of
}

async fn play(seen: Vec<Sighting>, batch: usize) {
    let test = sqlite().await;
    let shop = Shop::open(&test.db).await;
    for (n, part) in seen.chunks(batch).enumerate() {
        let all: Vec<_> = part
            .iter()
            .enumerate()
            .map(|(i, sighting)| sighting.incoming(&shop, &format!("{n}.{i}")))
            .collect();
        shop.takes(&all).await;
        check(&shop).await;
    }
    let sets = expected(&seen);
    let mut owners = BTreeMap::new();
    for (key, set) in &sets {
        owners.insert(key.clone(), (set, shop.owner(key).await));
    }
    for (a, (set_a, owner_a)) in &owners {
        for (b, (set_b, owner_b)) in &owners {
            assert_eq!(set_a == set_b, owner_a == owner_b, "{a:?} and {b:?}");
        }
    }
    for (n, part) in seen.chunks(batch).enumerate() {
        for (i, sighting) in part
            .iter()
            .enumerate()
            .filter(|(_, sighting)| !matches!(sighting, Sighting::Rotation(_)))
        {
            let message = shop.stored(&format!("{n}.{i}")).await;
            let thread = shop.thread(&sighting.keys()[0]).await;
            assert_eq!(message.conversation_id, thread.id, "{sighting:?}");
        }
    }
    test.db.close().await;
}

#[test]
fn any_order_of_sightings_ends_with_the_same_people() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 64,
        ..Config::default()
    });
    runner
        .run(&(vec(sighting(), 1..24), 1..7_usize), |(seen, batch)| {
            runtime.block_on(play(seen, batch));
            Ok(())
        })
        .unwrap();
}
