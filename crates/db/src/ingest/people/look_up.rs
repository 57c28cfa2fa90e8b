//! Whose the ids of a batch are: one statement finds contacts and, along with them, their conversations.

use serde::Serialize;

use super::{
    super::{IngestError, Round},
    Cluster, KnownThread, KnownThreads,
};
use crate::{
    ids::{AccountId, ContactId, ConversationId, GroupId, TenantId},
    model::{IdentityKind, NameSource},
    sql::{Rows, batch, fetch_all},
};

// Rows answer with the number of the question: what was asked is not sent back.
batch!(
    LOOK_UP,
    "SELECT r.n, i.is_current, i.group_id, c.id AS contact_id, c.name, c.name_source, c.profile_name, c.username, c.phone, c.is_group,
       c.picture, c.blocked, c.version, v.id AS conversation_id, v.reply_kind, v.reply_value
     FROM {rows: n BIGINT, tenant_id TEXT, kind TEXT, scope TEXT, value TEXT, account_id TEXT}
     JOIN identities i ON i.tenant_id = r.tenant_id AND i.kind = r.kind AND i.scope = r.scope AND i.value = r.value
     JOIN contacts c ON c.id = i.contact_id
     LEFT JOIN conversations v ON v.account_id = r.account_id AND v.group_id = i.group_id"
);

/// Whose an id is: the contact as it was found, and the group of ids.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Owner {
    pub is_current: bool,
    pub group_id: GroupId,
    pub contact_id: ContactId,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub name_source: NameSource,
    pub profile_name: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
    pub is_group: bool,
    pub picture: Option<String>,
    pub blocked: bool,
    /// Changes with anything that is said here.
    pub version: i64,
}

/// An id and an account, as asked for.
#[derive(Serialize)]
struct Question<'a> {
    n: i64,
    tenant_id: &'a TenantId,
    kind: IdentityKind,
    scope: &'a str,
    value: &'a str,
    account_id: &'a AccountId,
}

#[derive(sqlx::FromRow)]
struct Answer {
    n: i64,
    #[sqlx(flatten)]
    owner: Owner,
    conversation_id: Option<ConversationId>,
    reply_kind: Option<String>,
    reply_value: Option<String>,
}

/// Gives every id its owner whom memory has not given, and returns the conversations of the groups of ids on the accounts of the batch.
pub(super) async fn look_up(
    round: &mut Round<'_>,
    clusters: &mut [Cluster],
) -> Result<KnownThreads, IngestError> {
    let questions = questions(clusters);
    if questions.is_empty() {
        return Ok(KnownThreads::new());
    }
    let mut answers = fetch_all!(round.tx, Answer, &LOOK_UP, Rows(&questions))?;
    answers.sort_unstable_by_key(|answer| answer.n);
    let mut threads = KnownThreads::with_capacity(answers.len());
    let mut answers = answers.into_iter().peekable();
    let mut numbers = 0..;
    for cluster in clusters.iter_mut().filter(|cluster| !cluster.is_recalled) {
        for mention in cluster.keys.values_mut() {
            mention.owner = None;
            for (account_id, n) in cluster.accounts.iter().zip(&mut numbers) {
                let Some(answer) = answers.next_if(|answer| answer.n == n) else {
                    continue;
                };
                if let (Some(id), Some(reply_kind), Some(reply_value)) = (
                    answer.conversation_id,
                    answer.reply_kind,
                    answer.reply_value,
                ) {
                    let thread = KnownThread {
                        id,
                        reply_kind,
                        reply_value,
                    };
                    let group_id = answer.owner.group_id.clone();
                    threads.insert((account_id.clone(), group_id), thread);
                }
                mention.owner = Some(answer.owner);
            }
        }
    }
    Ok(threads)
}

/// Numbered in the order in which the answers are taken: clusters, their ids, their accounts.
fn questions(clusters: &[Cluster]) -> Vec<Question<'_>> {
    let unknown = clusters.iter().filter(|cluster| !cluster.is_recalled);
    let asked = unknown.flat_map(|cluster| {
        let keys = cluster.keys.keys();
        keys.flat_map(|key| cluster.accounts.iter().map(move |account| (key, account)))
    });
    (0..)
        .zip(asked)
        .map(|(n, ((tenant_id, key), account_id))| Question {
            n,
            tenant_id,
            kind: key.kind,
            scope: &key.scope,
            value: &key.value,
            account_id,
        })
        .collect()
}
