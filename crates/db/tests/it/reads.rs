//! What was read on the phone of a linked device.

use hoopoe_db::{
    Id, Millis, contract, conversations,
    ids::TenantId,
    linked::{self, Holder, ReadMark},
    testing::{NOW, seed, sql},
};

use crate::people::{group_of, message, names, person, thread};

const LATER: Millis = NOW + 1000;

contract! {
    async fn what_was_read_on_the_phone_is_read_up_to_there(db: Db) {
        let seed = seed(&db).await;
        let holder = Holder { tenant_id: seed.tenant.clone(), account_id: seed.account.clone(), node_id: "n1".into() };
        let ana = person(&db, &seed.tenant, "Ana", "+40721000001").await.summary.id;
        let group = group_of(&db, &ana).await;
        let thread = thread(&db, &seed.tenant, &seed.account, &ana, &group, "phone").await;
        for (minute, id) in [(1, "A|in"), (2, "AB|in"), (3, "C|77@lid")] {
            let message = message(&db, &seed.tenant, &thread, "x", minute * 60_000).await;
            sql(&db, &format!("UPDATE messages SET provider_id = '{id}' WHERE id = '{message}'")).await;
        }
        let read_in = async |told: bool, ids: &[&str], until: Option<Millis>| {
            let mut tx = db.begin().await.unwrap();
            let mark = ReadMark { ids: ids.iter().map(|id| (*id).to_owned()).collect(), until };
            let all = linked::mark_read(&mut tx, &holder, told.then_some(&thread), &mark, LATER).await.unwrap();
            let events = names(&tx.commit(LATER).await.unwrap());
            (all, events, conversations::get(&db, &seed.tenant, &thread).await.unwrap().unread_count)
        };
        let read = async |ids: &[&str], until| read_in(true, ids, until).await;
        assert_eq!(read(&["B"], None).await, (false, vec![], 3), "an id that is not here");
        assert_eq!(read_in(false, &["A"], None).await, (true, vec!["account conversation:read".to_owned()], 2), "and not AB");
        assert_eq!(read(&["A", "X"], None).await, (false, vec![], 2), "read before");
        assert_eq!(read(&[], Some(NOW + 60_000)).await, (true, vec![], 2));
        assert_eq!(read(&[], Some(NOW + 130_000)).await, (true, vec!["account conversation:read".to_owned()], 1));
        assert_eq!(read(&["C", "A"], None).await, (true, vec!["account conversation:read".to_owned()], 0), "whoever wrote it");
        assert_eq!(read(&[], Some(0)).await, (true, vec![], 0), "nothing is unread again");
        let other = Holder { tenant_id: TenantId::new(NOW), ..holder.clone() };
        let mut tx = db.begin().await.unwrap();
        let mark = ReadMark { ids: vec!["A".into()], until: None };
        assert!(!linked::mark_read(&mut tx, &other, Some(&thread), &mark, LATER).await.unwrap(), "of another tenant");
    }
}
