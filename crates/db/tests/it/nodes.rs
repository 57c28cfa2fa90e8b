//! Nodes: who serves the database, and with which media store.

use hoopoe_db::{
    Db, contract,
    nodes::{self, Node},
    testing::NOW,
};

fn node(id: &str, media_store: &str, started_at: i64, expires_at: i64) -> Node {
    Node {
        id: id.into(),
        media_store: media_store.into(),
        started_at,
        expires_at,
    }
}

async fn live(db: &Db, now: i64) -> Vec<String> {
    let found = nodes::list_live(db, now).await.unwrap();
    found.into_iter().map(|node| node.id).collect()
}

contract! {
    async fn a_node_is_live_until_it_stops_or_no_longer_says_so(db: Db) {
        let (one, other) = (node("n1", "folder:a", NOW, NOW + 10), node("n2", "folder:a", NOW + 1, NOW + 10));
        nodes::upsert(&db, &other, NOW).await.unwrap();
        nodes::upsert(&db, &one, NOW).await.unwrap();
        assert_eq!(live(&db, NOW).await, ["n1", "n2"]);
        nodes::upsert(&db, &Node { expires_at: NOW + 20, ..one.clone() }, NOW).await.unwrap();
        assert_eq!(live(&db, NOW + 10).await, ["n1"]);
        nodes::delete(&db, "n1", NOW).await.unwrap();
        assert!(live(&db, NOW).await.iter().all(|id| id == "n2"));
    }

    async fn of_two_with_different_stores_the_later_one_finds_the_other(db: Db) {
        let (first, second) = (node("n1", "folder:a", NOW, NOW + 10), node("n2", "folder:b", NOW, NOW + 10));
        let third = node("n3", "folder:a", NOW + 5, NOW + 10);
        for node in [&first, &second, &third] {
            nodes::upsert(&db, node, NOW).await.unwrap();
        }
        let found = async |node: &Node, now| nodes::find_other_store(&db, node, now).await.unwrap().map(|other| other.id);
        assert_eq!(found(&first, NOW).await, None);
        assert_eq!(found(&second, NOW).await.as_deref(), Some("n1"));
        assert_eq!(found(&third, NOW).await.as_deref(), Some("n2"));
        assert_eq!(found(&second, NOW + 10).await, None, "a node that died is in nobody's way for long");
    }
}
