//! Undoing a merge: one transaction, a fixed number of statements.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    MergeError, fold, join,
    moved::{Change, Face, Moved, MovedIdentity},
    set_merged_into,
    threads::{self, Order},
};
use crate::{
    DbError, DbResult, Millis, Tx, contacts,
    event::{Audience, Draft, Event, SyncReset},
    ids::{AccountId, ContactId, ConversationId, MergeId, MessageId, TenantId},
    model::Merge,
    per_engine::locking,
    sql::{Rows, batch, execute, fetch_one},
};

locking!(
    FIND,
    "SELECT id, survivor_id, merged_id, kind, reason, actor_id, created_at, undone_at, moved
     FROM contact_merges WHERE tenant_id = $1 AND id = $2"
);

#[derive(Debug, sqlx::FromRow)]
struct Stored {
    #[sqlx(flatten)]
    merge: Merge,
    moved: String,
}

pub(super) async fn run(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MergeId,
    now: Millis,
) -> Result<Merge, MergeError> {
    let Stored { mut merge, moved } = fetch_one!(tx, Stored, FIND, tenant_id, id)?;
    check_can_be_undone(tx, tenant_id, &merge).await?;
    let moved: Moved = serde_json::from_str(&moved)?;
    let undoing = Undoing {
        tenant_id,
        merge: &merge,
        moved: &moved,
        now,
    };
    undoing.return_identities(tx).await?;
    undoing.return_senders(tx).await?;
    let accounts = undoing.return_threads(tx).await?;
    if let Some(face) = &moved.face {
        undoing.part_contacts(tx, face).await?;
    }
    undoing.announce(tx, accounts).await?;
    execute!(
        tx,
        "UPDATE contact_merges SET undone_at = $3 WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id,
        now
    )?;
    merge.undone_at = Some(now);
    Ok(merge)
}

/// Only the newest merge of a contact can be taken back, and only while that contact is there.
async fn check_can_be_undone(
    tx: &mut Tx,
    tenant_id: &TenantId,
    merge: &Merge,
) -> Result<(), MergeError> {
    if merge.undone_at.is_some() {
        return Err(MergeError::AlreadyUndone);
    }
    let survivor = &merge.survivor_id;
    match join::lock(tx, tenant_id, survivor, survivor).await {
        Err(MergeError::Db(DbError::NotFound)) => return Err(MergeError::NewerMerge),
        other => other?,
    }
    let (newer,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM contact_merges WHERE tenant_id = $1 AND survivor_id = $2 AND undone_at IS NULL AND id > $3",
        tenant_id,
        survivor,
        &merge.id
    )?;
    if newer > 0 {
        return Err(MergeError::NewerMerge);
    }
    Ok(())
}

struct Undoing<'a> {
    tenant_id: &'a TenantId,
    merge: &'a Merge,
    moved: &'a Moved,
    now: Millis,
}

batch!(
    RETURN_IDENTITIES,
    "UPDATE identities SET contact_id = r.contact_id, group_id = r.group_id
     FROM {rows: kind TEXT, scope TEXT, value TEXT, contact_id TEXT, group_id TEXT}
     WHERE identities.tenant_id = $2 AND identities.kind = r.kind AND identities.scope = r.scope AND identities.value = r.value
       AND identities.contact_id = $3"
);

batch!(
    RETURN_SENDERS,
    "UPDATE messages SET sender_contact_id = $3 FROM {rows: id TEXT}
     WHERE messages.id = r.id AND messages.tenant_id = $2 AND messages.sender_contact_id = $4"
);

impl Undoing<'_> {
    async fn return_identities(&self, tx: &mut Tx) -> DbResult<()> {
        let rows: &[MovedIdentity] = &self.moved.identities;
        if rows.is_empty() {
            return Ok(());
        }
        execute!(
            tx,
            &RETURN_IDENTITIES,
            Rows(rows),
            self.tenant_id,
            &self.merge.survivor_id
        )
        .map(drop)
    }

    async fn return_senders(&self, tx: &mut Tx) -> DbResult<()> {
        #[derive(Serialize)]
        struct Row<'a> {
            id: &'a MessageId,
        }
        if self.moved.senders.is_empty() {
            return Ok(());
        }
        let rows: Vec<Row> = self.moved.senders.iter().map(|id| Row { id }).collect();
        execute!(
            tx,
            &RETURN_SENDERS,
            Rows(&rows),
            self.tenant_id,
            &self.merge.merged_id,
            &self.merge.survivor_id
        )
        .map(drop)
    }

    /// Returns the accounts in which messages moved.
    async fn return_threads(&self, tx: &mut Tx) -> DbResult<BTreeSet<AccountId>> {
        let survivor = &self.merge.survivor_id;
        let before = threads::of_contacts(tx, self.tenant_id, survivor, survivor).await?;
        let mut after = before.clone();
        let (moved, folds) = (&self.moved.threads, &self.moved.folds);
        fold::part(&mut after, moved, folds);
        let order = Order::FoldedLast;
        threads::write(tx, self.tenant_id, &before, &after, order, self.now).await?;
        threads::return_messages(tx, self.tenant_id, folds).await?;
        Ok(before
            .iter()
            .filter(|thread| folds.iter().any(|fold| fold.into == thread.id))
            .map(|thread| thread.account_id.clone())
            .collect())
    }

    async fn part_contacts(&self, tx: &mut Tx, face: &Change<Face>) -> Result<(), MergeError> {
        let (survivor_id, merged_id) = (&self.merge.survivor_id, &self.merge.merged_id);
        set_merged_into(tx, self.tenant_id, merged_id, None, self.now).await?;
        let ids: [ContactId; 2] = [survivor_id.clone(), merged_id.clone()];
        let mut found = contacts::load(tx, self.tenant_id, &ids).await?;
        let (Some(merged), Some(mut survivor)) = (found.pop(), found.pop()) else {
            return Err(DbError::NotFound.into());
        };
        face.taken_back(&Face::of(&survivor)).put_on(&mut survivor);
        survivor.messages_in = (survivor.messages_in - merged.messages_in).max(0);
        survivor.messages_out = (survivor.messages_out - merged.messages_out).max(0);
        survivor.updated_at = self.now;
        contacts::write(tx, self.tenant_id, &survivor, self.now).await?;
        contacts::renew_terms(tx, self.tenant_id, &[&survivor, &merged], &[]).await?;
        contacts::announce(tx, self.tenant_id, Event::ContactNew, &merged);
        contacts::announce(tx, self.tenant_id, Event::ContactUpdated, &survivor);
        Ok(())
    }

    async fn announce(&self, tx: &mut Tx, accounts: BTreeSet<AccountId>) -> DbResult<()> {
        let folds = self.moved.folds.iter();
        let changed: Vec<ConversationId> = self
            .moved
            .threads
            .iter()
            .map(|thread| thread.id.clone())
            .chain(folds.flat_map(|fold| [fold.from.clone(), fold.into.clone()]))
            .collect();
        threads::announce(tx, self.tenant_id, &changed).await?;
        for account_id in accounts {
            tx.record(Draft {
                tenant_id: self.tenant_id.clone(),
                audience: Audience::Account(account_id),
                event: Event::SyncReset(SyncReset {}),
            });
        }
        Ok(())
    }
}
