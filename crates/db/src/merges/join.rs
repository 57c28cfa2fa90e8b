//! Making a merge: one transaction, a fixed number of statements.

use super::{
    MergeError, announce_merged,
    fold::{self, Groups},
    insert,
    moved::{Change, Face, Moved, MovedIdentity, MovedThread},
    set_merged_into,
    threads::{self, Order, Thread},
};
use crate::{
    DbError, DbResult, Millis, Tx, contacts,
    event::Event,
    ids::{ContactId, ConversationId, MessageId, TenantId, UserId},
    model::{Contact, Merge, MergeKind},
    per_engine::locking,
    sql::{execute, fetch_all},
};

/// A merge that is wanted.
pub(super) struct Plan<'a> {
    pub tenant_id: &'a TenantId,
    pub survivor_id: &'a ContactId,
    /// The same as the survivor where only two groups of its ids become one.
    pub merged_id: &'a ContactId,
    pub groups: Option<Groups<'a>>,
    pub kind: MergeKind,
    pub reason: &'a str,
    pub actor_id: Option<&'a UserId>,
    pub now: Millis,
}

impl Plan<'_> {
    fn joins_contacts(&self) -> bool {
        self.survivor_id != self.merged_id
    }
}

pub(super) async fn run(tx: &mut Tx, plan: &Plan<'_>) -> Result<Merge, MergeError> {
    lock(tx, plan.tenant_id, plan.survivor_id, plan.merged_id).await?;
    let identities = move_identities(tx, plan).await?;
    let (threads, folds) = move_threads(tx, plan).await?;
    let mut moved = Moved {
        identities,
        threads,
        folds,
        ..Moved::default()
    };
    if plan.joins_contacts() {
        moved.senders = move_senders(tx, plan).await?;
        moved.face = Some(join_contacts(tx, plan, &moved).await?);
    } else {
        announce_joined_ids(tx, plan).await?;
    }
    let changed: Vec<ConversationId> = moved
        .threads
        .iter()
        .map(|thread| thread.id.clone())
        .chain(moved.folds.iter().map(|fold| fold.into.clone()))
        .collect();
    threads::announce(tx, plan.tenant_id, &changed).await?;
    insert(tx, plan, &moved).await
}

locking!(
    LOCK,
    "SELECT id, is_group FROM contacts WHERE tenant_id = $1 AND id IN ($2, $3) AND merged_into IS NULL ORDER BY id"
);

/// Keeps others from merging the same contacts at the same time.
pub(super) async fn lock(
    tx: &mut Tx,
    tenant_id: &TenantId,
    one: &ContactId,
    other: &ContactId,
) -> Result<(), MergeError> {
    let live = fetch_all!(tx, (ContactId, bool), LOCK, tenant_id, one, other)?;
    let find = |id: &ContactId| live.iter().find(|row| row.0 == *id).map(|row| row.1);
    match (find(one), find(other)) {
        (Some(a), Some(b)) if a == b => Ok(()),
        (Some(_), Some(_)) => Err(MergeError::GroupAndPerson),
        _ => Err(DbError::NotFound.into()),
    }
}

async fn move_identities(tx: &mut Tx, plan: &Plan<'_>) -> DbResult<Vec<MovedIdentity>> {
    // Where only groups are joined, ids of the contact's other groups stay as they are.
    let contact = plan.joins_contacts().then_some(plan.merged_id);
    let (into, group) = plan.groups.map_or((None, None), |groups| {
        (Some(groups.survivor), Some(groups.merged))
    });
    let moved = fetch_all!(
        tx,
        MovedIdentity,
        "SELECT kind, scope, value, contact_id, group_id FROM identities
         WHERE tenant_id = $1 AND (contact_id = $2 OR group_id = $3) ORDER BY kind, scope, value",
        plan.tenant_id,
        contact,
        group
    )?;
    execute!(
        tx,
        "UPDATE identities SET contact_id = $4, group_id = CASE WHEN group_id = $3 THEN $5 ELSE group_id END
         WHERE tenant_id = $1 AND (contact_id = $2 OR group_id = $3)",
        plan.tenant_id,
        contact,
        group,
        plan.survivor_id,
        into
    )?;
    Ok(moved)
}

async fn move_threads(
    tx: &mut Tx,
    plan: &Plan<'_>,
) -> DbResult<(Vec<MovedThread>, Vec<super::Fold>)> {
    let before = threads::of_contacts(tx, plan.tenant_id, plan.survivor_id, plan.merged_id).await?;
    let mut after = before.clone();
    let folds = fold::join(&mut after, plan.survivor_id, plan.groups, plan.now);
    let order = Order::FoldedFirst;
    threads::write(tx, plan.tenant_id, &before, &after, order, plan.now).await?;
    threads::move_messages(tx, plan.tenant_id, &folds).await?;
    let has_moved = |(before, after): &(&Thread, &Thread)| {
        before.contact_id != after.contact_id || before.group_id != after.group_id
    };
    let moved = before
        .iter()
        .zip(&after)
        .filter(has_moved)
        .map(|(before, _)| MovedThread {
            id: before.id.clone(),
            contact_id: before.contact_id.clone(),
            group_id: before.group_id.clone(),
        })
        .collect();
    Ok((moved, folds))
}

/// Messages that the merged contact wrote in groups.
async fn move_senders(tx: &mut Tx, plan: &Plan<'_>) -> DbResult<Vec<MessageId>> {
    let rows = fetch_all!(
        tx,
        (MessageId,),
        "UPDATE messages SET sender_contact_id = $3 WHERE sender_contact_id = $2 AND tenant_id = $1 RETURNING id",
        plan.tenant_id,
        plan.merged_id,
        plan.survivor_id
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

async fn join_contacts(
    tx: &mut Tx,
    plan: &Plan<'_>,
    moved: &Moved,
) -> Result<Change<Face>, MergeError> {
    let ids = [plan.survivor_id.clone(), plan.merged_id.clone()];
    let mut found = contacts::load(tx, plan.tenant_id, &ids).await?;
    let (Some(merged), Some(mut survivor)) = (found.pop(), found.pop()) else {
        return Err(DbError::NotFound.into());
    };
    let before = Face::of(&survivor);
    let after = before.joined(&Face::of(&merged));
    after.clone().put_on(&mut survivor);
    survivor.messages_in += merged.messages_in;
    survivor.messages_out += merged.messages_out;
    survivor.updated_at = plan.now;
    contacts::write(tx, plan.tenant_id, &survivor, plan.now).await?;
    let into = Some(plan.survivor_id);
    set_merged_into(tx, plan.tenant_id, plan.merged_id, into, plan.now).await?;
    contacts::renew_terms(tx, plan.tenant_id, &[&survivor], &[plan.merged_id]).await?;
    announce_merged(tx, plan.tenant_id, &survivor, plan.merged_id, &moved.folds);
    Ok(Change { before, after })
}

/// The contact is the same as before, but its ids are one group now.
async fn announce_joined_ids(tx: &mut Tx, plan: &Plan<'_>) -> DbResult<()> {
    let ids = [plan.survivor_id.clone()];
    let found: Option<Contact> = contacts::load(tx, plan.tenant_id, &ids).await?.pop();
    if let Some(contact) = found {
        contacts::announce(tx, plan.tenant_id, Event::ContactUpdated, &contact);
    }
    Ok(())
}
