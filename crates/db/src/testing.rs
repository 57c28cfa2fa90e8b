//! Databases for tests: fresh, migrated, of both engines, gone afterwards. Behind the feature `testing`; used by the contract tests of
//! this crate and by the server's feature tests.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test that has no database can only stop"
)]

use std::path::PathBuf;

use crate::{
    Db, Engine,
    ids::{AccountId, Id, TenantId, UserId},
    sql::{Statement, execute},
};

/// Names a PostgreSQL server on which databases may be created, such as `postgres://postgres@127.0.0.1:5432/postgres`.
pub const POSTGRES_URL: &str = "HOOPOE_TEST_POSTGRES_URL";

/// Set to 1, a missing [`POSTGRES_URL`] fails the tests rather than leaving PostgreSQL out.
pub const REQUIRE_POSTGRES: &str = "HOOPOE_TEST_REQUIRE_POSTGRES";

/// A fresh, migrated database that goes when it is dropped.
#[derive(Debug)]
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// Where it is, for a server that is to be started on it.
    pub url: String,
    _gone: Gone,
}

impl TestDb {
    /// Which engine it is, for messages of failed tests.
    pub fn name(&self) -> &'static str {
        self.db.engine().name()
    }
}

/// What is to be cleaned away.
#[derive(Debug)]
enum Gone {
    Folder { _folder: tempfile::TempDir },
    Database { server: String, name: String },
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Self::Database { server, name } = self {
            let (server, name) = (server.clone(), name.clone());
            // The test's own runtime may be shutting down: a thread with a runtime of its own is sure to finish.
            let dropping = std::thread::spawn(move || drop_database(&server, &name));
            drop(dropping.join());
        }
    }
}

fn drop_database(server: &str, name: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    runtime.block_on(async {
        if let Ok(db) = Db::open(server, 2).await {
            drop(run_outside(&db, &statement).await);
            db.close().await;
        }
    });
}

/// Runs a statement outside of a transaction, as `CREATE DATABASE` demands.
async fn run_outside(db: &Db, statement: &str) -> Result<(), sqlx::Error> {
    let Some(pool) = db.postgres() else {
        return Ok(());
    };
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(pool)
        .await
        .map(drop)
}

/// A fresh database of every engine that can be had: SQLite always, PostgreSQL where [`POSTGRES_URL`] names a server.
///
/// # Panics
/// When a database can't be made, or PostgreSQL is [required](REQUIRE_POSTGRES) and not named.
pub async fn engines() -> Vec<TestDb> {
    let mut engines = vec![sqlite().await];
    engines.extend(postgres().await);
    engines
}

/// A fresh SQLite database in a folder of its own.
///
/// # Panics
/// When it can't be made.
pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path: PathBuf = folder.path().join("hoopoe.db");
    let url = format!("sqlite:{}", path.display());
    let gone = Gone::Folder { _folder: folder };
    open(url, gone).await
}

/// A fresh PostgreSQL database, or `None` where there is no server.
///
/// # Panics
/// When it can't be made, or is [required](REQUIRE_POSTGRES) and no server is named.
pub async fn postgres() -> Option<TestDb> {
    let Ok(server) = std::env::var(POSTGRES_URL) else {
        let required = std::env::var(REQUIRE_POSTGRES).is_ok_and(|word| word == "1");
        assert!(
            !required,
            "{REQUIRE_POSTGRES}=1, but {POSTGRES_URL} names no server: run the tests through scripts/with-postgres"
        );
        return None;
    };
    // The server's clock would do as well; ids are random enough to be names and need nothing else.
    let name = TenantId::new(0).as_str().replace("ten_", "hoopoe_test_");
    let maker = Db::open(&server, 2)
        .await
        .unwrap_or_else(|error| panic!("{POSTGRES_URL} can't be reached: {error}"));
    run_outside(&maker, &format!("CREATE DATABASE {name}"))
        .await
        .expect("a fresh PostgreSQL database");
    maker.close().await;
    let url = with_database(&server, &name);
    let gone = Gone::Database { server, name };
    Some(open(url, gone).await)
}

async fn open(url: String, gone: Gone) -> TestDb {
    let db = Db::open(&url, 8).await.expect("a database that opens");
    db.migrate().await.expect("a migrated database");
    TestDb {
        db,
        url,
        _gone: gone,
    }
}

/// The address of another database on the same server.
fn with_database(server: &str, name: &str) -> String {
    let (address, options) = server
        .split_once('?')
        .map_or((server, None), |(address, options)| {
            (address, Some(options))
        });
    let from = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(from);
    let host = rest.split('/').next().unwrap_or_default();
    let options = options
        .map(|options| format!("?{options}"))
        .unwrap_or_default();
    format!("{scheme}{host}/{name}{options}")
}

/// A tenant with an account and an agent who is a member of it: what most tests start from.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The tenant.
    pub tenant: TenantId,
    /// Its account, a number of the Cloud API.
    pub account: AccountId,
    /// An agent.
    pub agent: UserId,
}

/// Time of all seeds: 2026-09-21, 16:53:20 UTC.
pub const NOW: crate::Millis = 1_790_000_000_000;

/// Adds a tenant as [`Seed`] says.
///
/// # Panics
/// When the database refuses.
pub async fn seed(db: &Db) -> Seed {
    let seed = Seed {
        tenant: TenantId::new(NOW),
        account: AccountId::new(NOW),
        agent: UserId::new(NOW),
    };
    let (tenant, account, agent) = (&seed.tenant, &seed.account, &seed.agent);
    sql(
        db,
        &format!("INSERT INTO tenants (id, name, created_at) VALUES ('{tenant}', 'Test', {NOW})"),
    )
    .await;
    sql(
        db,
        &format!(
            "INSERT INTO users (id, tenant_id, email, name, role, password_hash, created_at)
             VALUES ('{agent}', '{tenant}', '{agent}@example.com', 'Agent', 'agent', '', {NOW})"
        ),
    )
    .await;
    sql(
        db,
        &format!(
            "INSERT INTO accounts (id, tenant_id, channel, name, color, phone_number_id, state, state_since, created_at)
             VALUES ('{account}', '{tenant}', 'cloud', 'Shop', '#336699', '{account}', 'connected', {NOW}, {NOW})"
        ),
    )
    .await;
    sql(
        db,
        &format!("INSERT INTO account_members (account_id, user_id, tenant_id) VALUES ('{account}', '{agent}', '{tenant}')"),
    )
    .await;
    seed
}

/// Runs a statement that has no function in this crate, for set-ups that only tests need.
///
/// # Panics
/// When the database refuses.
pub async fn sql(db: &Db, statement: &str) {
    let text: &'static str = statement.to_owned().leak();
    let mut tx = db.begin().await.expect("a transaction");
    execute!(&mut tx, text).unwrap_or_else(|error| panic!("{statement}: {error}"));
    tx.commit(NOW).await.expect("a commit");
}

/// Reads one number, for assertions about rows that no function shows.
///
/// # Panics
/// When the database refuses or there is no row.
pub async fn number(db: &Db, statement: &str) -> i64 {
    let text: &'static str = statement.to_owned().leak();
    let mut reader = db.read().await.expect("a reader");
    let (number,) = crate::sql::fetch_one!(&mut reader, (i64,), text)
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    number
}

/// Reads one text per row.
///
/// # Panics
/// When the database refuses.
pub async fn texts(db: &Db, statement: &str) -> Vec<String> {
    let text: &'static str = statement.to_owned().leak();
    let mut reader = db.read().await.expect("a reader");
    let rows = crate::sql::fetch_all!(&mut reader, (String,), text)
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.into_iter().map(|(text,)| text).collect()
}

/// How the engine would run a statement, as text.
///
/// # Panics
/// When the database refuses.
pub async fn explain(db: &Db, statement: &str) -> String {
    match db.engine() {
        Engine::Sqlite => {
            let text: &'static str = format!("EXPLAIN QUERY PLAN {statement}").leak();
            let mut reader = db.read().await.expect("a reader");
            let rows = crate::sql::fetch_all!(&mut reader, (i64, i64, i64, String), text)
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
            rows.into_iter()
                .map(|row| row.3)
                .collect::<Vec<_>>()
                .join("\n")
        }
        Engine::Postgres => {
            let text: &'static str = format!("EXPLAIN {statement}").leak();
            let mut tx = db.begin().await.expect("a transaction");
            let rows = crate::sql::fetch_all!(&mut tx, (String,), text)
                .unwrap_or_else(|error| panic!("{statement}: {error}"));
            rows.into_iter()
                .map(|row| row.0)
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

/// A statement that asks how another would be run.
pub(crate) struct Explained<S>(pub S);

impl<S: Statement> Statement for Explained<S> {
    fn sqlite(&self, rows: usize) -> &'static str {
        format!("EXPLAIN QUERY PLAN {}", self.0.sqlite(rows)).leak()
    }
    fn postgres(&self) -> &'static str {
        format!("EXPLAIN {}", self.0.postgres()).leak()
    }
    fn columns(&self) -> &'static [crate::columns::ColumnName] {
        self.0.columns()
    }
}

/// How the engine would run one of our own statements, with its parameters: `explained!(db, statement, binds…)`.
macro_rules! explained {
    ($db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let mut reader = $db.read().await?;
        let plan: Vec<String> = match $db.engine() {
            $crate::Engine::Sqlite => {
                let plan = $crate::testing::Explained($statement);
                let rows = fetch_all!(&mut reader, (i64, i64, i64, String), plan $(, $bind)*)?;
                rows.into_iter().map(|row| row.3).collect()
            }
            $crate::Engine::Postgres => {
                let plan = $crate::testing::Explained($statement);
                let rows = fetch_all!(&mut reader, (String,), plan $(, $bind)*)?;
                rows.into_iter().map(|row| row.0).collect()
            }
        };
        Ok(plan.join("\n"))
    }};
}
pub(crate) use explained;

/// Declares a test that runs on both engines, each as a test of its own, so that a failure names its engine:
/// `contract! { async fn a_sentence(db: Db) { … } }`.
#[macro_export]
macro_rules! contract {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Db) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            async fn contract($db: $crate::Db) $body

            #[tokio::test]
            async fn on_sqlite() {
                let test = $crate::testing::sqlite().await;
                contract(test.db.clone()).await;
                test.db.close().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(test) = $crate::testing::postgres().await {
                    contract(test.db.clone()).await;
                    test.db.close().await;
                }
            }
        }
    )* };
}

/// Joins two contacts as ingest does when their ids come together; each side is a contact and one of its groups of ids.
///
/// # Panics
/// When the database refuses.
pub async fn merge_automatic(
    db: &Db,
    tenant: &TenantId,
    survivor: (&crate::ids::ContactId, &crate::ids::GroupId),
    merged: (&crate::ids::ContactId, &crate::ids::GroupId),
) -> Vec<crate::event::Committed> {
    let mut tx = db.begin().await.expect("a transaction");
    let reason = "their ids came together";
    crate::merges::merge_automatic(&mut tx, tenant, survivor, merged, reason, NOW)
        .await
        .expect("a merge");
    tx.commit(NOW).await.expect("a commit")
}

/// The conversations of a group of ids: account and conversation.
///
/// # Panics
/// When the database refuses.
pub async fn threads_of_group(db: &Db, group: &crate::ids::GroupId) -> Vec<(String, String)> {
    let mut tx = db.begin().await.expect("a transaction");
    let found = crate::merges::threads_of_group(&mut tx, group)
        .await
        .expect("threads");
    let ids = found.into_iter();
    ids.map(|(account, (thread, ..))| (account.to_string(), thread.to_string()))
        .collect()
}
