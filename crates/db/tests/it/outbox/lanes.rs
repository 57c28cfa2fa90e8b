//! Lanes: one node at a time; and claims that nobody knows of are given back.

use hoopoe_db::{
    Id, contract,
    ids::{AccountId, TenantId},
    outbox,
    testing::{NOW, number},
};

use super::{accept, accepted, claim, due, new, open, settle};

contract! {
    async fn a_lane_is_one_nodes_until_its_lease_ends(db: Db) {
        let (tenant, account) = (TenantId::new(NOW), AccountId::new(NOW));
        let hold = async |node, now| outbox::hold_lane(&db, (&tenant, &account), node, now, now + 10).await.unwrap();
        assert_eq!(hold("n1", NOW).await, None);
        assert_eq!(hold("n2", NOW + 5).await, Some(NOW + 10), "and tells until when");
        assert_eq!(hold("n1", NOW + 8).await, None, "renewed");
        assert_eq!(hold("n2", NOW + 17).await, Some(NOW + 18));
        assert_eq!(hold("n2", NOW + 18).await, None, "taken over");
        assert_eq!(hold("n1", NOW + 19).await, Some(NOW + 28));
        outbox::release_lane(&db, (&tenant, &account), "n1", NOW + 20).await.unwrap();
        assert_eq!(hold("n1", NOW + 20).await, Some(NOW + 28), "nobody lets go of another's");
        outbox::release_lane(&db, (&tenant, &account), "n2", NOW + 21).await.unwrap();
        assert_eq!(hold("n1", NOW + 21).await, None);
        let stranger = TenantId::new(NOW);
        let foreign = outbox::hold_lane(&db, (&stranger, &account), "n3", NOW + 99, NOW + 100).await.unwrap();
        assert_eq!(foreign, Some(NOW + 100), "not another tenant's");
        outbox::prune_lanes(&db, NOW + 31).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM outbox_lanes").await, 1);
        outbox::prune_lanes(&db, NOW + 32).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM outbox_lanes").await, 0);
    }

    async fn claims_in_doubt_are_given_back_by_the_claimer_only(db: Db) {
        let (shop, thread) = open(&db).await;
        let first = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        claim(&shop, &first, NOW).await;
        let ids = std::slice::from_ref(&first);
        let give_back = async |tenant: &TenantId, node| {
            outbox::give_back(&db, (tenant, shop.account()), node, ids, NOW + 1).await.unwrap()
        };
        assert_eq!(give_back(shop.tenant(), "n2").await, 0);
        assert_eq!(give_back(&TenantId::new(NOW), "n1").await, 0);
        assert_eq!(give_back(shop.tenant(), "n1").await, 1);
        assert_eq!(due(&shop, NOW + 1).await, ids);
        let job = claim(&shop, &first, NOW + 1).await;
        settle(&shop, &job, accepted("w1"), NOW + 2).await;
        assert_eq!(give_back(shop.tenant(), "n1").await, 0, "what is done stays so");
    }
}
