//! Updates whose message is not here yet: statuses before our own response, reactions and edits before the message. Kept until it comes.

use serde::{Deserialize, Serialize};

use super::{
    Amendment, Change, IngestError, Round,
    by_provider_id::{MessageKey, ProviderKeyRow},
    ledger::Member,
    messages::Stored,
};
use crate::{
    Millis,
    ids::{AccountId, TenantId},
    model::{MessageError, MessageStatus, ReactionBy},
    sql::{Rows, batch, execute, fetch_all},
};

/// A status that waited.
#[derive(Debug, Clone)]
pub(super) struct ParkedStatus {
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    pub provider_id: String,
    pub status: MessageStatus,
    pub at: Millis,
    pub error: Option<MessageError>,
    /// What we gave the provider when sending; by it the status is matched at once or never.
    pub callback: Option<String>,
    /// The member that it is about, if the message went to a group.
    pub member: Option<Member>,
}

impl ParkedStatus {
    /// The message that it is about.
    pub(super) fn key(&self) -> MessageKey {
        (
            self.tenant_id.clone(),
            self.account_id.clone(),
            self.provider_id.clone(),
        )
    }

    /// What is kept once until the message comes: a status, in a group each member's.
    fn kind(&self) -> String {
        let word = self.status.as_str();
        match &self.member {
            None => format!("status:{word}"),
            Some(member) => format!("status:{word}:{}", member.label()),
        }
    }
}

/// An amendment with its account.
#[derive(Debug, Clone)]
pub(super) struct PlacedAmendment {
    pub tenant_id: TenantId,
    pub account_id: AccountId,
    pub amendment: Amendment,
}

/// What waited for the messages of this batch.
#[derive(Debug, Default)]
pub(super) struct Waited {
    pub statuses: Vec<ParkedStatus>,
    pub amendments: Vec<PlacedAmendment>,
}

#[derive(Serialize, Deserialize, Default)]
struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<MessageError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<DetailReaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<DetailEdit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<Member>,
}

#[derive(Serialize, Deserialize)]
struct DetailReaction {
    emoji: String,
    by: ReactionBy,
    actor: String,
    name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct DetailEdit {
    text: Option<String>,
    content: String,
}

#[derive(Serialize)]
struct Row<'a> {
    account_id: &'a AccountId,
    provider_id: &'a str,
    kind: String,
    tenant_id: &'a TenantId,
    at: Millis,
    detail: String,
    now: Millis,
}

batch!(
    PARK,
    "INSERT INTO parked_updates (account_id, provider_id, kind, tenant_id, at, detail, received_at)
     SELECT r.account_id, r.provider_id, r.kind, r.tenant_id, r.at, r.detail, r.now
     FROM {rows: account_id TEXT, provider_id TEXT, kind TEXT, tenant_id TEXT, at BIGINT, detail TEXT, now BIGINT} WHERE true
     ON CONFLICT (account_id, provider_id, kind) DO UPDATE SET at = excluded.at, detail = excluded.detail
       WHERE excluded.at >= parked_updates.at"
);

/// Keeps updates for later.
pub(super) async fn park(
    round: &mut Round<'_>,
    statuses: &[&ParkedStatus],
    amendments: &[&PlacedAmendment],
) -> Result<(), IngestError> {
    if statuses.is_empty() && amendments.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(statuses.len() + amendments.len());
    for status in statuses {
        rows.push(Row {
            account_id: &status.account_id,
            provider_id: &status.provider_id,
            kind: status.kind(),
            tenant_id: &status.tenant_id,
            at: status.at,
            detail: serde_json::to_string(&Detail {
                error: status.error.clone(),
                member: status.member.clone(),
                ..Detail::default()
            })?,
            now: round.now,
        });
    }
    for placed in amendments {
        rows.push(amendment_row(placed, round.now)?);
    }
    // One statement may not touch a row twice: of several with one key the last stands.
    rows.sort_by(|a, b| {
        (a.account_id, a.provider_id, &a.kind, a.at).cmp(&(
            b.account_id,
            b.provider_id,
            &b.kind,
            b.at,
        ))
    });
    rows.reverse();
    rows.dedup_by(|a, b| {
        (a.account_id, a.provider_id, &a.kind) == (b.account_id, b.provider_id, &b.kind)
    });
    execute!(round.tx, &PARK, Rows(&rows))?;
    Ok(())
}

fn amendment_row(placed: &PlacedAmendment, now: Millis) -> Result<Row<'_>, IngestError> {
    let (kind, detail) = match &placed.amendment.change {
        Change::Reaction {
            emoji,
            by,
            actor,
            name,
        } => {
            let reaction = DetailReaction {
                emoji: emoji.clone(),
                by: *by,
                actor: actor.clone(),
                name: name.clone(),
            };
            (
                format!("reaction:{actor}"),
                Detail {
                    reaction: Some(reaction),
                    ..Detail::default()
                },
            )
        }
        Change::Edit { text, content } => {
            let edit = DetailEdit {
                text: text.clone(),
                content: content.clone(),
            };
            (
                "edit".to_owned(),
                Detail {
                    edit: Some(edit),
                    ..Detail::default()
                },
            )
        }
        Change::Revoke => ("revoke".to_owned(), Detail::default()),
    };
    Ok(Row {
        account_id: &placed.account_id,
        provider_id: &placed.amendment.provider_id,
        kind,
        tenant_id: &placed.tenant_id,
        at: placed.amendment.at,
        detail: serde_json::to_string(&detail)?,
        now,
    })
}

batch!(
    pub(super) TAKE,
    "DELETE FROM parked_updates WHERE (account_id, provider_id) IN
       (SELECT r.account_id, r.provider_id FROM {rows: tenant_id TEXT, account_id TEXT, provider_id TEXT})
     RETURNING tenant_id, account_id, provider_id, kind, at, detail"
);

/// A row of [`TAKE`].
pub(super) type TakenRow = (TenantId, AccountId, String, String, Millis, Option<String>);

/// Takes out what waited for messages that were stored just now.
pub(super) async fn take(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
) -> Result<Waited, IngestError> {
    take_keys(round, &keys(stored)).await
}

/// The provider's ids of messages that were stored just now.
pub(super) fn keys<'a>(stored: &'a Stored<'_>) -> Vec<ProviderKeyRow<'a>> {
    let new = stored.new.iter();
    new.map(|new| ProviderKeyRow {
        tenant_id: &new.arrival.incoming.tenant_id,
        account_id: &new.arrival.incoming.account_id,
        provider_id: &new.arrival.message.provider_id,
    })
    .collect()
}

/// Takes out what waited for messages whose ids the provider told just now.
pub(super) async fn take_keys(
    round: &mut Round<'_>,
    rows: &[ProviderKeyRow<'_>],
) -> Result<Waited, IngestError> {
    if rows.is_empty() {
        return Ok(Waited::default());
    }
    Waited::sorted(fetch_all!(round.tx, TakenRow, &TAKE, Rows(rows))?)
}

impl Waited {
    pub(super) fn sorted(taken: impl IntoIterator<Item = TakenRow>) -> Result<Self, IngestError> {
        let mut waited = Self::default();
        for row in taken {
            sort_in(row, &mut waited)?;
        }
        Ok(waited)
    }
}

fn sort_in(row: TakenRow, waited: &mut Waited) -> Result<(), IngestError> {
    let (tenant_id, account_id, provider_id, kind, at, detail) = row;
    let detail: Detail = serde_json::from_str(detail.as_deref().unwrap_or("{}"))?;
    if let Some(status) = kind.strip_prefix("status:").and_then(|rest| {
        let word = rest.split_once(':').map_or(rest, |(word, _)| word);
        word.parse().ok()
    }) {
        waited.statuses.push(ParkedStatus {
            tenant_id,
            account_id,
            provider_id,
            status,
            at,
            error: detail.error,
            callback: None,
            member: detail.member,
        });
        return Ok(());
    }
    let change = match (detail.reaction, detail.edit) {
        (
            Some(DetailReaction {
                emoji,
                by,
                actor,
                name,
            }),
            _,
        ) => Change::Reaction {
            emoji,
            by,
            actor,
            name,
        },
        (None, Some(DetailEdit { text, content })) => Change::Edit { text, content },
        (None, None) => Change::Revoke,
    };
    waited.amendments.push(PlacedAmendment {
        tenant_id,
        account_id,
        amendment: Amendment {
            provider_id,
            at,
            change,
        },
    });
    Ok(())
}

/// Forgets what waited in vain. Returns how many went.
pub async fn prune(db: &crate::Db, before: Millis) -> Result<u64, crate::DbError> {
    let mut tx = db.begin().await?;
    let gone = execute!(
        &mut tx,
        "DELETE FROM parked_updates WHERE received_at < $1",
        before
    )?;
    tx.commit(before).await?;
    Ok(gone)
}
