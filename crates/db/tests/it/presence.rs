//! Presence: who is online on any node, until a row expires.

use hoopoe_db::{
    Id, contract,
    ids::{ConversationId, TenantId, UserId},
    presence::{self, Lost, Row},
    testing::{NOW, number, seed},
};

fn row(node: &str, connection: &str, tenant: &TenantId, user: &UserId, expires_at: i64) -> Row {
    Row {
        connection_id: connection.into(),
        node_id: node.into(),
        tenant_id: tenant.clone(),
        user_id: user.clone(),
        account_id: None,
        conversation_id: None,
        expires_at,
    }
}

contract! {
    async fn several_tabs_on_several_nodes_count_once(db: Db) {
        let seed = seed(&db).await;
        let (ana, bia) = (UserId::new(NOW), UserId::new(NOW));
        let here = [row("n1", "c1", &seed.tenant, &ana, NOW + 10), row("n1", "c2", &seed.tenant, &ana, NOW + 10)];
        let there = [row("n2", "c3", &seed.tenant, &ana, NOW + 10), row("n2", "c4", &seed.tenant, &bia, NOW + 10)];
        presence::replace_node(&db, "n1", &here, NOW).await.unwrap();
        presence::replace_node(&db, "n2", &there, NOW).await.unwrap();
        assert_eq!(presence::list_online(&db, &seed.tenant, "node_elsewhere", NOW).await.unwrap(), [ana.clone(), bia]);
        assert!(presence::list_online(&db, &TenantId::new(NOW), "node_elsewhere", NOW).await.unwrap().is_empty());
        presence::replace_node(&db, "n2", &[], NOW).await.unwrap();
        assert_eq!(presence::list_online(&db, &seed.tenant, "node_elsewhere", NOW).await.unwrap(), [ana]);
    }

    async fn a_node_that_died_takes_nobody_along_for_long(db: Db) {
        let seed = seed(&db).await;
        let ana = UserId::new(NOW);
        presence::replace_node(&db, "n1", &[row("n1", "c1", &seed.tenant, &ana, NOW + 10)], NOW).await.unwrap();
        assert_eq!(presence::list_online(&db, &seed.tenant, "node_elsewhere", NOW + 9).await.unwrap().len(), 1);
        assert!(presence::list_online(&db, &seed.tenant, "node_elsewhere", NOW + 10).await.unwrap().is_empty());
        let lost = presence::replace_node(&db, "n2", &[], NOW + 10).await.unwrap();
        assert_eq!(lost, [Lost { tenant_id: seed.tenant, user_id: ana, account_id: None, conversation_id: None }]);
        assert_eq!(number(&db, "SELECT count(*) FROM presence").await, 0);
    }

    async fn a_renewal_holds_longer_and_a_closed_connection_goes(db: Db) {
        let seed = seed(&db).await;
        let (ana, bia) = (UserId::new(NOW), UserId::new(NOW));
        let both = [row("n1", "c1", &seed.tenant, &ana, NOW + 10), row("n1", "c2", &seed.tenant, &bia, NOW + 10)];
        presence::replace_node(&db, "n1", &both, NOW).await.unwrap();
        presence::replace_node(&db, "n1", &[row("n1", "c1", &seed.tenant, &ana, NOW + 50)], NOW + 5).await.unwrap();
        assert_eq!(presence::list_online(&db, &seed.tenant, "node_elsewhere", NOW + 40).await.unwrap(), [ana]);
    }

    async fn viewers_are_those_of_other_nodes_until_they_look_elsewhere_or_leave(db: Db) {
        let seed = seed(&db).await;
        let (ana, bia) = (UserId::new(NOW), UserId::new(NOW));
        let (one, other) = (ConversationId::new(NOW), ConversationId::new(NOW));
        let look = async |node: &str, connection: &str, user: &UserId, at: &ConversationId| {
            let (account_id, conversation_id) = (Some(seed.account.clone()), Some(at.clone()));
            let row = Row { account_id, conversation_id, ..row(node, connection, &seed.tenant, user, NOW + 10) };
            presence::upsert(&db, &row, NOW).await.unwrap();
        };
        let viewers = async |at: &ConversationId, from: &str| presence::list_viewers(&db, &seed.tenant, at, from, NOW).await.unwrap();
        look("n1", "c1", &ana, &one).await;
        look("n1", "c2", &ana, &one).await;
        look("n2", "c3", &bia, &one).await;
        assert_eq!(viewers(&one, "n3").await, [ana.clone(), bia.clone()]);
        assert_eq!(viewers(&one, "n2").await, std::slice::from_ref(&ana), "a node knows its own better");
        assert!(presence::list_viewers(&db, &TenantId::new(NOW), &one, "n3", NOW).await.unwrap().is_empty());
        assert!(presence::list_viewers(&db, &seed.tenant, &one, "n3", NOW + 10).await.unwrap().is_empty(), "expired");
        look("n2", "c3", &bia, &other).await;
        let viewed = async |from: &str| presence::list_viewed(&db, &seed.tenant, &seed.account, from, NOW).await.unwrap();
        let mut both = vec![one.clone(), other.clone()];
        both.sort();
        assert_eq!((viewed("n3").await, viewed("n2").await), (both, vec![one.clone()]));
        assert!(presence::list_viewed(&db, &TenantId::new(NOW), &seed.account, "n3", NOW).await.unwrap().is_empty());
        assert!(presence::list_viewed(&db, &seed.tenant, &seed.account, "n3", NOW + 10).await.unwrap().is_empty(), "expired");
        assert_eq!((viewers(&one, "n3").await, viewers(&other, "n3").await), (vec![ana.clone()], vec![bia]));
        presence::delete(&db, "c1", NOW).await.unwrap();
        presence::delete(&db, "c2", NOW).await.unwrap();
        assert!(viewers(&one, "n3").await.is_empty());
        let lost = presence::replace_node(&db, "n1", &[], NOW + 10).await.unwrap();
        assert_eq!((lost.len(), lost[0].conversation_id.as_ref()), (1, Some(&other)), "so that colleagues can be told");
    }
}
