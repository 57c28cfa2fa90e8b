//! Two contacts that turn out to be one person, and taking that back.
//!
//! A merge by hand joins the contacts and leaves each conversation with its own address for answers. An automatic one, on the evidence
//! of one signed payload, also joins the groups of ids, and with them the two conversations of one account. Both keep what they moved, so that
//! undoing moves back exactly that, whatever came later. Merges of one contact are undone newest first.

mod fold;
mod join;
mod moved;
mod part;
mod threads;

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    event::{Audience, ContactMerged, Draft, Event, FoldedConversation},
    ids::{ContactId, GroupId, MergeId, TenantId, UserId},
    model::{Contact, Merge, MergeKind},
    sql::{execute, fetch_all},
};
use join::Plan;
use moved::{Fold, Moved};

/// Why a merge can't be made or undone.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A contact can't be merged with itself.
    #[error("a contact can't be merged with itself")]
    SameContact,
    /// A chat group and a person are never one.
    #[error("a group and a person can't be merged")]
    GroupAndPerson,
    /// It was undone before.
    #[error("this merge was undone already")]
    AlreadyUndone,
    /// A newer merge builds on it.
    #[error("a newer merge of this contact has to be undone first")]
    NewerMerge,
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<serde_json::Error> for MergeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Joins two contacts by hand and notes `contact:merged` and `conversation:updated`.
///
/// # Errors
/// [`DbError::NotFound`] when one of them is not there or was merged before.
pub async fn merge(
    tx: &mut Tx,
    tenant_id: &TenantId,
    survivor_id: &ContactId,
    merged_id: &ContactId,
    actor_id: &UserId,
    now: Millis,
) -> Result<Merge, MergeError> {
    if survivor_id == merged_id {
        return Err(MergeError::SameContact);
    }
    let plan = Plan {
        tenant_id,
        survivor_id,
        merged_id,
        groups: None,
        kind: MergeKind::Manual,
        reason: "Merged by hand",
        actor_id: Some(actor_id),
        now,
    };
    join::run(tx, &plan).await
}

/// Joins two groups of ids, and their contacts, whose ids came together in one signed payload. Each side is named by a contact and a group of
/// ids; the group decides. Returns the contact that remains, or `None` where the two were one already.
pub(crate) async fn merge_automatic(
    tx: &mut Tx,
    tenant_id: &TenantId,
    survivor: (&ContactId, &GroupId),
    merged: (&ContactId, &GroupId),
    reason: &str,
    now: Millis,
) -> DbResult<Option<Contact>> {
    if survivor.1 == merged.1 {
        return Ok(None);
    }
    let owners = owners_of(tx, tenant_id, survivor.1, merged.1).await?;
    let owner = |(contact, group): (&ContactId, &GroupId)| {
        let found = owners.iter().find(|(id, _)| id == group);
        found.map_or_else(|| contact.clone(), |(_, owner)| owner.clone())
    };
    let (survivor_id, merged_id) = (owner(survivor), owner(merged));
    let plan = Plan {
        tenant_id,
        survivor_id: &survivor_id,
        merged_id: &merged_id,
        groups: Some(fold::Groups {
            survivor: survivor.1,
            merged: merged.1,
        }),
        kind: MergeKind::Automatic,
        reason,
        actor_id: None,
        now,
    };
    match join::run(tx, &plan).await {
        Ok(_) => {}
        Err(MergeError::Db(error)) => return Err(error),
        // Ids of a group are of another kind than those of people: they never come together in a payload.
        Err(_) => return Ok(None),
    }
    Ok(crate::contacts::load(tx, tenant_id, &[survivor_id])
        .await?
        .pop())
}

/// Who holds the ids of two groups at this moment.
async fn owners_of(
    tx: &mut Tx,
    tenant_id: &TenantId,
    one: &GroupId,
    other: &GroupId,
) -> DbResult<Vec<(GroupId, ContactId)>> {
    fetch_all!(
        tx,
        (GroupId, ContactId),
        "SELECT DISTINCT group_id, contact_id FROM identities WHERE tenant_id = $1 AND group_id IN ($2, $3)",
        tenant_id,
        one,
        other
    )
}

/// Takes a merge back and notes it: `contact:new` for the one that is there again, `contact:updated`, `conversation:updated`, and
/// `sync:reset` for accounts where messages moved back.
///
/// # Errors
/// [`MergeError::NewerMerge`] when merges of the same contact have to be undone before.
pub async fn undo(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MergeId,
    now: Millis,
) -> Result<Merge, MergeError> {
    part::run(tx, tenant_id, id, now).await
}

/// Merges that a contact was part of, newest first; at most 100.
pub async fn list_of_contact(
    db: &Db,
    tenant_id: &TenantId,
    contact_id: &ContactId,
) -> DbResult<Vec<Merge>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Merge,
        "SELECT id, survivor_id, merged_id, kind, reason, actor_id, created_at, undone_at FROM contact_merges
         WHERE tenant_id = $1 AND (survivor_id = $2 OR merged_id = $2) ORDER BY id DESC LIMIT 100",
        tenant_id,
        contact_id
    )
}

/// Marks contacts as merged into another, or as alive again.
async fn set_merged_into(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ContactId,
    into: Option<&ContactId>,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "UPDATE contacts SET merged_into = $3, updated_at = $4 WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id,
        into,
        now
    )
    .map(drop)
}

/// Notes `contact:merged`. Conversations are told of on their accounts' streams, because not everybody may see them.
fn announce_merged(
    tx: &mut Tx,
    tenant_id: &TenantId,
    survivor: &Contact,
    merged_id: &ContactId,
    folds: &[Fold],
) {
    let folded = folds
        .iter()
        .map(|fold| FoldedConversation {
            from: fold.from.clone(),
            into: fold.into.clone(),
        })
        .collect();
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::ContactMerged(ContactMerged {
            survivor: survivor.clone(),
            merged_id: merged_id.clone(),
            conversations: Vec::new(),
            folded,
        }),
    });
}

/// Keeps a merge with what it moved.
async fn insert(tx: &mut Tx, plan: &Plan<'_>, moved: &Moved) -> Result<Merge, MergeError> {
    let merge = Merge {
        id: MergeId::new(plan.now),
        survivor_id: plan.survivor_id.clone(),
        merged_id: plan.merged_id.clone(),
        kind: plan.kind,
        reason: plan.reason.to_owned(),
        actor_id: plan.actor_id.cloned(),
        created_at: plan.now,
        undone_at: None,
    };
    execute!(
        tx,
        "INSERT INTO contact_merges (id, tenant_id, survivor_id, merged_id, kind, reason, actor_id, moved, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &merge.id,
        plan.tenant_id,
        &merge.survivor_id,
        &merge.merged_id,
        merge.kind.as_str(),
        &merge.reason,
        &merge.actor_id,
        serde_json::to_string(moved)?,
        plan.now
    )?;
    Ok(merge)
}
