//! This process among the nodes on one PostgreSQL. Each says again and again that it serves, and with which media store: nodes with folders
//! of their own would each have only the files that they fetched themselves, so the second one is refused.
//!
//! On SQLite there is one node, and the lock on the database's file sees to it (`cli`).

use std::time::Duration;

use anyhow::bail;
use hoopoe_db::{Db, DbResult, Engine, Millis, nodes, nodes::Node};

use crate::app::App;

/// How long a node counts as live without saying so, and how often it does.
const HOLDS_MS: Millis = 90_000;
const EVERY: Duration = Duration::from_secs(30);

/// Begins to serve among the others.
///
/// # Errors
/// When a node serves already whose media are elsewhere.
pub async fn join(app: &App) -> anyhow::Result<()> {
    if app.db.engine() == Engine::Sqlite {
        return Ok(());
    }
    let now = app.clock.now();
    say(app).await?;
    if let Some(other) = nodes::find_other_store(&app.db, &node(app), now).await? {
        leave(app).await;
        bail!(
            "another node ({}) serves this database and keeps media elsewhere ({}; here it is {}). Nodes have to share their media: set \
             media.storage = \"s3\" on all of them, or put data_dir/media of all on storage that they share. A node that died is in the way \
             for {} seconds",
            other.id,
            other.media_store,
            app.media.identity(),
            HOLDS_MS / 1000
        );
    }
    let app = app.clone();
    app.clone().tasks.every(EVERY, move || {
        let app = app.clone();
        async move {
            if let Err(error) = say(&app).await {
                tracing::warn!(%error, "this node could not say that it serves");
            }
        }
    });
    Ok(())
}

fn node(app: &App) -> Node {
    Node {
        id: app.node_id.clone(),
        media_store: app.media.identity().to_owned(),
        started_at: app.started_at,
        expires_at: app.clock.now() + HOLDS_MS,
    }
}

async fn say(app: &App) -> DbResult<()> {
    nodes::upsert(&app.db, &node(app), app.clock.now()).await
}

/// This node serves no more.
pub async fn leave(app: &App) {
    if app.db.engine() == Engine::Sqlite {
        return;
    }
    if let Err(error) = nodes::delete(&app.db, &app.node_id, app.clock.now()).await {
        tracing::debug!(%error, "this node could not say that it stops");
    }
}

/// Whether somebody serves a PostgreSQL database now. One that no node ever joined has no table to ask.
pub async fn any_live(db: &Db, now: Millis) -> DbResult<bool> {
    Ok(db.engine() == Engine::Postgres && !nodes::list_live(db, now).await?.is_empty())
}
