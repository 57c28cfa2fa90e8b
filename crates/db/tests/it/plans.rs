//! What is read all the time is read by an index, however large a tenant is.

use hoopoe_db::{
    Db, Engine, contract, conversations,
    ids::ConversationId,
    messages,
    testing::{NOW, Seed, explain, seed, sql, texts},
};

/// So many conversations of as many contacts, and as many messages in one of them; with what the planner has to know.
async fn crowd(db: &Db, seed: &Seed, n: i64) {
    let Seed {
        tenant, account, ..
    } = seed;
    let numbers = match db.engine() {
        Engine::Sqlite => format!(
            "(WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {n}) SELECT n FROM i) AS i"
        ),
        Engine::Postgres => format!("generate_series(1, {n}) AS i(n)"),
    };
    let id = |prefix: &str| {
        format!("'{prefix}_' || substr('00000000000000000000000000' || CAST(i.n AS TEXT), -26)")
    };
    let id = |prefix: &str| match db.engine() {
        Engine::Sqlite => id(prefix),
        Engine::Postgres => format!("'{prefix}_' || lpad(CAST(i.n AS TEXT), 26, '0')"),
    };
    let (con, grp, cnv, msg) = (id("con"), id("grp"), id("cnv"), id("msg"));
    sql(db, &format!(
        "INSERT INTO contacts (id, tenant_id, name, name_source, last_seen_at, created_at, updated_at)
         SELECT {con}, '{tenant}', 'Ana', 'profile', {NOW} + i.n * 1000, {NOW}, {NOW} FROM {numbers}"
    )).await;
    sql(db, &format!(
        "INSERT INTO conversations (id, tenant_id, account_id, contact_id, group_id, reply_kind, reply_value, last_message_id, last_message_at,
           last_message_type, last_message_direction, last_message_text, last_message_status, created_at, updated_at)
         SELECT {cnv}, '{tenant}', '{account}', {con}, {grp}, 'phone', 'x', {msg}, {NOW} + i.n * 60000, 'text', 'in', '', 'received', {NOW}, {NOW}
         FROM {numbers}"
    )).await;
    sql(db, &format!(
        "INSERT INTO messages (id, tenant_id, account_id, conversation_id, direction, source, type, text, content, provider_id, status,
           status_rank, provider_at, received_at)
         SELECT {msg}, '{tenant}', '{account}', (SELECT min(id) FROM conversations), 'in', 'live', 'text', 'x', '{{}}', {msg}, 'received', 100,
           {NOW} + i.n, {NOW} FROM {numbers}"
    )).await;
    for table in ["contacts", "conversations", "messages"] {
        sql(db, &format!("ANALYZE {table}")).await;
    }
}

/// Whether all rows that match are put in order before the first is given out. A few that share their place in the index may be.
fn sorts_all(plan: &str) -> bool {
    let mut steps = plan
        .lines()
        .map(|line| line.trim_start_matches([' ', '-', '>']));
    steps.any(|step| step.starts_with("Sort  (")) || plan.contains("USE TEMP B-TREE FOR ORDER BY")
}

contract! {
    async fn the_conversation_list_is_read_by_its_index(db: Db) {
        let seed = seed(&db).await;
        crowd(&db, &seed, 20_000).await;
        let plan = conversations::explain_list(&db, &seed.tenant, &seed.account).await.unwrap();
        assert!(plan.contains("conversations_list"), "{plan}");
        assert!(!sorts_all(&plan), "{plan}");
    }

    async fn a_page_of_a_thread_is_read_by_its_index_without_sorting(db: Db) {
        let seed = seed(&db).await;
        crowd(&db, &seed, 20_000).await;
        let thread: ConversationId = texts(&db, "SELECT min(id) FROM conversations").await[0].parse().unwrap();
        let plan = messages::explain_page(&db, &seed.tenant, &thread).await.unwrap();
        assert!(plan.contains("messages_thread"), "{plan}");
        assert!(!sorts_all(&plan), "{plan}");
        let bad = explain(&db, "SELECT id FROM messages ORDER BY text LIMIT 50").await;
        assert!(sorts_all(&bad), "this test would see it: {bad}");
    }
}
